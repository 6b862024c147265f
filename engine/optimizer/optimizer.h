// What turns gradients into updates.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "engine/network/network.h"

namespace gan {

/// The counters that every update depends on.
struct TrainingCounters {
  Tensor iteration;              ///< U64: iterations done
  Tensor discriminator_updates;  ///< U64: D's updates done, counted where their number an iteration varies, else 0
  Tensor fault;  ///< U64: 0, or 1 + the iteration whose gradient was first found not finite (see FiniteCheck)
  Tensor zero;   ///< U64 that stays 0: the counter of draws that must not depend on the iteration
};

/// Which of a network's updates in an iteration one is.
struct UpdateNumber {
  int per_iteration = 1;
  int index = 0;       ///< from 0
  Tensor before = {};  ///< U64: updates before this iteration, where their number an iteration varies
};

/// The optimiser of one network, with its state.
class Optimizer {
 public:
  /// A part of the state, laid out as the network's parameters.
  struct State {
    std::string name;  ///< in checkpoints, after the parameter's: "exp_avg", as PyTorch calls it
    Tensor slab;
  };

  virtual ~Optimizer() = default;

  /// "adam"
  virtual std::string name() const = 0;
  const std::vector<State>& states() const { return states_; }

  /// Emits one update of all parameters from the network's gradient slab; none, from then on, when the gradient is not
  /// finite.
  virtual void update(Builder& b, const TrainingCounters& counters, const UpdateNumber& number) const = 0;

 protected:
  std::vector<State> states_;
};

/// What the user asks of an optimiser.
struct OptimizerOptions {
  std::string name = "adam";  ///< a name of optimizer_names()
  double learning_rate = 2e-4;
  double beta1 = 0.5, beta2 = 0.999;  ///< decays of the means of gradients (Adam) and of their squares (Adam, RMSProp)
  double momentum = 0;                ///< SGD's
  double weight_decay = 0;
  LearningRateSchedule schedule;
};

/// "constant", "linear", "cosine".
std::vector<std::string> learning_rate_schedule_names();
/// The schedule of that name over a run of so many iterations, of which a constant rate asks nothing. Throws Error for
/// another name.
LearningRateSchedule learning_rate_schedule(const std::string& name, std::int64_t iterations);

/// "adam", "rmsprop", "sgd".
std::vector<std::string> optimizer_names();

/// The optimiser of that name; declares its state for `network`, which outlives it, in `table`. Throws Error for another
/// name.
std::unique_ptr<Optimizer> make_optimizer(const Network& network, StorageTable& table, const OptimizerOptions& options);

/// Kingma & Ba 2015.
std::unique_ptr<Optimizer> make_adam(const Network& network, StorageTable& table, const OptimizerOptions& options);
/// Hinton's lecture 6e, 2012, as torch.optim.RMSprop computes it.
std::unique_ptr<Optimizer> make_rms_prop(const Network& network, StorageTable& table, const OptimizerOptions& options);
/// Gradient descent, with Polyak's momentum (1964) where it is not 0, as torch.optim.SGD computes it.
std::unique_ptr<Optimizer> make_sgd(const Network& network, StorageTable& table, const OptimizerOptions& options);

}  // namespace gan
