// The Parzen-window estimate of a generator's log-likelihood, with which Goodfellow et al. 2014 (section 5, table 1) compare
// generators, after Breuleux, Bengio & Vincent 2011.
//
// Fitted to samples s_1 ... s_n of dimension d, the density is a mixture of Gaussians:
//   p(x) = 1/n sum_j N(x; s_j, sigma^2 I)
//   log p(x) = log sum_j exp(-|x - s_j|^2 / (2 sigma^2)) - log n - d/2 log(2 pi sigma^2)
// in nats. The paper chooses sigma on a validation set. A known caution (Theis, van den Oord & Bethge 2016, section 3.2): in
// many dimensions the estimate is far below the truth, and may prefer the worse of two models.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "engine/evaluation/overseer.h"

namespace gan {

/// Points one after the other, (count, dimension).
struct Points {
  std::vector<double> values;
  std::int64_t dimension = 1;

  std::int64_t count() const { return static_cast<std::int64_t>(values.size()) / dimension; }
};

/// log p(x) of every point of `points` for every sigma: (sigmas, points). All in double; squared distances are sums of
/// squared differences, which no cancellation spoils; the sum over kernels is taken relative to the nearest sample, so that
/// the result is finite and right where every kernel underflows. Distances are computed once for all sigmas: about
/// 3 * points * samples * dimension FLOPs. The bits do not depend on `threads`.
/// `overseer` has begun a part of as many items as there are points. Error unless there are samples, dimensions agree and
/// every sigma is positive.
std::vector<double> parzen_log_likelihoods(const Points& samples, const Points& points, std::span<const double> sigmas,
                                           int threads, Overseer& overseer);

/// A mean over points, with its standard error: the points' standard deviation over the square root of their number.
struct MeanAndError {
  double mean = 0;
  double standard_error = 0;  ///< 0 for a single point
};
MeanAndError mean_and_error(std::span<const double> values);

/// What the validation set makes of each sigma, and the one with the highest mean: the first of equals.
struct SigmaChoice {
  std::vector<double> means;  ///< by sigma
  std::size_t best = 0;
};
/// `log_likelihoods` (sigmas, points), as parzen_log_likelihoods() returns them.
SigmaChoice choose_sigma(std::span<const double> log_likelihoods, std::size_t sigmas);

}  // namespace gan
