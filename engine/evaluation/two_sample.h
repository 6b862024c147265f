// Whether two sets come from one distribution: the classifier two-sample test.
//
// Lopez-Paz & Oquab 2017, "Revisiting classifier two-sample tests", section 3: train a classifier on half of both sets; if
// they come from one distribution, it can do no better than guess on the other halves. A discriminator is such a classifier:
// trained with the cross-entropy of the 2014 game on equally many of both, its logit estimates log p_A(x) / p_B(x).
#pragma once

#include <vector>

#include "engine/data/dataset.h"
#include "engine/evaluation/binomial.h"
#include "engine/evaluation/overseer.h"
#include "engine/network/models/models.h"
#include "engine/optimizer/optimizer.h"

namespace gan {

/// How the test is done.
struct TwoSampleSettings {
  ModelOptions model;  ///< its discriminator is the classifier; `image` is that of both sets
  OptimizerOptions optimizer;
  std::int64_t most = 10'000;  ///< images of each set, chosen at random, that take part
  std::int64_t batch = 64;     ///< of each set
  std::int64_t iterations = 500;
  std::int64_t permutations = 999;
  std::uint64_t seed = 1;  ///< of choice, split, initial weights, batches and permutations
  std::string device = "auto";
  int threads = 0;
};

/// The verdicts on a set's held-out half.
struct HeldOut {
  std::vector<std::int64_t> rows;  ///< of the set
  std::vector<float> logits;       ///< in the same order: above 0 says A
};

/// What came out.
struct TwoSampleResult {
  std::int64_t trained = 0;  ///< images of each set that the classifier was trained on
  std::int64_t tested = 0;   ///< images of each set that it was tested on
  HeldOut a, b;

  std::int64_t correct = 0;  ///< of 2 tested: logits above 0 on A, at most 0 on B
  double accuracy = 0;
  ProbabilityInterval interval;  ///< of the accuracy: Clopper-Pearson, 95 %
  /// P(X >= correct), X ~ Binomial(2 tested, 1/2). Where both sets come from one distribution and the classifier says A with
  /// probability q, its right answers are Binomial(tested, q) + Binomial(tested, 1 - q), whose mean is `tested` whatever q
  /// is; by Hoeffding 1956 (independent trials with unequal chances) its upper tail above that is at most the binomial one,
  /// and equal for q = 1/2. So the test's size is at most its level.
  double binomial_p = 1;
  /// permutation_p_value() of the logits: exact under exchangeability, and it sees more than right and wrong.
  double permutation_p = 1;
};

/// Trains, tests. Both sets are images (or points) of `settings.model.image`, at least kFewestForTest of each. Throws
/// Interrupted, MachineError where device or memory are not there, and DivergedError when a logit is not finite.
TwoSampleResult two_sample_test(const Dataset& a, const Dataset& b, const TwoSampleSettings& settings,
                                Overseer& overseer);
inline constexpr std::int64_t kFewestForTest = 20;

}  // namespace gan
