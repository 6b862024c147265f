// How often a two-sample test rejects where there is nothing to reject, exactly: what its calibration is judged by.
#pragma once

#include <cstdint>
#include <span>

namespace gan {

/// The size of the classifier two-sample test (two_sample.h) at level `alpha` by its binomial p-value, given that the
/// classifier says A to `says_a` of the 2 `tested` held-out images. Under equality every deal of these images to A and B is
/// as likely; the images of A among those said to be A are hypergeometric, and with x of them tested - says_a + 2 x verdicts
/// are right (Fisher 1935: the margins of the 2x2 table are fixed). Never above alpha where says_a = tested, and smaller than
/// alpha in most cases: counts are whole, and right answers come in steps of two.
double exact_size(std::int64_t tested, std::int64_t says_a, double alpha);

/// A range of counts, both ends included.
struct CountInterval {
  std::int64_t low = 0, high = 0;
};

/// The narrowest counts such that the number of successes in independent trials, each with a probability of its own, lies
/// below with probability at most (1 - confidence) / 2, and above with no more: a central interval of the Poisson binomial
/// distribution, by convolution. At least one trial.
CountInterval central_interval(std::span<const double> probabilities, double confidence);

}  // namespace gan
