// What a look at the players amounts to in numbers, and how they are made of verdicts, norms and images.
#pragma once

#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

namespace gan {

/// One look. Verdicts are D's logits, or the critic's values.
struct Measures {
  double on_training = 0, on_generated = 0;  ///< mean verdicts
  std::optional<double> on_held_out;         ///< on images that training never sees
  double memorised_error = 0;                ///< standard error of memorised(), from the spread of both batches
  double probability_of_training = 0, probability_of_generated = 0;  ///< means of sigmoid(verdict)
  double gradient_norm = 0, gradient_norm_spread = 0;  ///< of D's gradient, image by image: mean, standard deviation
  double diversity = 0, real_diversity = 0;            ///< mean_distance() of generated and of real images
  double generator_gradient = 0;                       ///< norm of the last gradient of the generator's weights
  std::optional<double> clipped_share;                 ///< of the critic's weights that lie at the bounds of clipping

  /// E[D(x)] - E[D(G(z))] on training images: the critic's estimate of the distance.
  double gap() const { return on_training - on_generated; }
  /// E[D(x)] on training images - E[D(x')] on held-out ones: what the critic knows by heart.
  double memorised() const { return on_held_out ? on_training - *on_held_out : 0; }
};

/// The numbers of a look under their names in the log.
std::vector<std::pair<const char*, double>> named(const Measures& measures);

/// Mean, and root of the mean squared deviation from it; of at least one value.
double mean(const std::vector<double>& values);
double spread(const std::vector<double>& values);
/// The middle value; of an even number, the larger of the two in the middle. Of at least one value.
double median(std::vector<double> values);
/// The mean of 1 / (1 + exp(-v)).
double mean_sigmoid(const std::vector<double>& values);
/// The L2 norm.
double norm(const std::vector<double>& values);
/// The standard error of mean(a) - mean(b), for independent values.
double standard_error(const std::vector<double>& a, const std::vector<double>& b);
/// The share of values with |v| >= 0.999 bound: where clipping has left them (an update's first step back is larger).
double share_at_bound(const std::vector<double>& values, double bound);

/// The mean over all pairs of `count` images of the root mean square difference of their pixels: 0 where all are the same.
/// `pixels`: image after image, at least two.
double mean_distance(const std::vector<double>& pixels, std::int64_t count);

}  // namespace gan
