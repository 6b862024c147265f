// Two players on a bench: small networks, data in memory, and every quantity that the theory speaks of within reach.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "engine/algorithm/algorithm.h"
#include "engine/data/dataset.h"
#include "engine/device/runtime.h"

namespace gan::theory {

/// Numbers of several points, point by point: (N, D).
using Numbers = std::vector<float>;

/// How the players play.
struct LabOptions {
  std::string objective = "non-saturating";
  OptimizerOptions g_optimizer = {.learning_rate = 1e-3}, d_optimizer = {.learning_rate = 1e-3};
  IterationOptions iteration = {.batch = 128};  ///< its seed is that of the weights, too
  double average = 0;                           ///< decay of the generator's moving average; 0: none is kept
};

/// Fully connected networks.
struct PointNetworkOptions {
  std::int64_t dimension = 1, latent = 1;
  std::vector<std::int64_t> g_hidden = {64, 64}, d_hidden = {64, 64};  ///< sizes of the hidden layers
  ActivationKind activation = ActivationKind::LeakyRelu;               ///< after each of them
  float start_within = 0;  ///< D starts with weights and biases from U(-this, this); 0: as PyTorch starts it
};

/// Both players as fully connected networks with PyTorch's start, linear at their ends.
GeneratorAndDiscriminator point_networks(const PointNetworkOptions& options);

/// Points as a data set.
Dataset dataset_of_points(const Numbers& points, std::int64_t dimension);

/// The players, the data and all programs over them, on one CPU thread. Whatever a call does follows from the options and the
/// calls before it.
class Lab {
 public:
  /// `fake`: a second data set of the same kind for train_discriminator(); empty: the generator's images stand there, drawn
  /// anew by imitate_generator().
  Lab(const LabOptions& options, GeneratorAndDiscriminator networks, const Dataset& real, const Dataset& fake = {});
  Lab(const Lab&) = delete;  // players and programs refer to the table
  Lab& operator=(const Lab&) = delete;

  /// Iterations of the objective's own algorithm.
  void train(std::int64_t iterations);
  /// Iterations without their G steps, against the second data set.
  void train_discriminator(std::int64_t iterations);
  /// Fills the second data set, declared by a `fake` of that size, with images of the generator (of points only).
  void imitate_generator(std::uint64_t seed);

  /// Images of the generator (its average where there is one) for given latents (N, latent), and for N fresh ones that
  /// follow from `seed`.
  Numbers generate(const Numbers& latents);
  Numbers draw(std::int64_t count, std::uint64_t seed);
  /// D's logits at images (N, H W C).
  Numbers judge(const Numbers& images);
  /// The gradient of D's logit with respect to its image, at each of them.
  Numbers image_gradients(const Numbers& images);
  /// For the mean logit over one query (judge()'s first kQuery images at most, all of the same number): the norm of its gradient
  /// with respect to the output of every layer of D, from the first to the last.
  std::vector<double> signal_norms(const Numbers& images);
  /// The gradient of G's loss under `objective` ("minimax" or "non-saturating") with respect to all of G's parameters, on
  /// kQuery latents that follow from `seed`, as both players are.
  Numbers generator_gradient(const std::string& objective, std::uint64_t seed);
  /// All parameters of D.
  Numbers critic_parameters();
  /// A reading of the last training iteration: "d_loss_real" ...
  double reading(const std::string& name);

  /// Images a query takes at once.
  static constexpr std::int64_t kQuery = 512;

 private:
  /// Programs in the order in which they are bound.
  enum ProgramNumber : Runtime::ProgramId {
    kInitialize,
    kTrain,
    kJudge,
    kGenerate,
    kMinimax,
    kNonSaturating,
    kDiscriminate
  };

  std::vector<Program> write_programs(const LabOptions& options);
  Program write_judging();
  Program write_generating();
  Program write_generator_gradient(const std::string& objective);
  /// Runs a program over `rows` in parts of kQuery, uploading each to `input`; `take` is told how many rows counted.
  void query(ProgramNumber program, const Tensor& input, const Numbers& rows,
             const std::function<void(std::int64_t rows)>& take);
  /// The first `rows` rows of an output, appended to `all`.
  void append_output(ProgramNumber program, const std::string& output, std::int64_t rows, Numbers& all);

  StorageTable table_;
  std::unique_ptr<Objective> objective_;
  std::unique_ptr<Players> players_;
  Tensor real_, fake_, images_, latents_;
  std::unique_ptr<Runtime> runtime_;
};

/// `count` latents (count, length) ~ N(0, I) that follow from `seed`.
Numbers normal_latents(std::int64_t count, std::int64_t length, std::uint64_t seed);

}  // namespace gan::theory
