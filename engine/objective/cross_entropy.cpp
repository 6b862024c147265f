// Goodfellow et al. 2014: V(D, G) = E[log D(x)] + E[log(1 - D(G(z)))], in terms of logits.
#include "engine/objective/objective.h"
#include "engine/objective/verdicts.h"
#include "kernels/core/contract/error.h"

namespace gan {

namespace {

/// Where a loss term leaves its two numbers.
struct Names {
  const char* loss;
  const char* mean_sigmoid;  ///< D(x) or D(G(z))
};

void cross_entropy(Builder& b, const Tensor& logits, const Tensor& dlogits, const Names& names, float target,
                   float weight) {
  b.emit(SigmoidCrossEntropy{.logits = logits,
                             .loss = b.reading(names.loss),
                             .dlogits = dlogits,
                             .mean_sigmoid = b.reading(names.mean_sigmoid),
                             .target = target,
                             .weight = weight});
}

/// The discriminator ascends V, that is, descends the two cross-entropies.
class CrossEntropyDiscriminator : public Objective {
 public:
  explicit CrossEntropyDiscriminator(const ObjectiveOptions& options)
      : real_target_(static_cast<float>(1 - options.label_smoothing)) {
    require(options.label_smoothing >= 0 && options.label_smoothing < 0.5, "label smoothing is {}, not in [0, 0.5)",
            options.label_smoothing);
  }

  void declare_readings(Builder& b) const override { declare_verdicts(b, {"d_fake_before", "d_fake_after"}); }

  Logits d_loss(Builder& b, const Logits& logits, const Logits& into) const override {
    Logits gradients;
    if (logits.real.present()) {
      gradients.real = gradient_of(b, logits.real, into.real);
      cross_entropy(b, logits.real, gradients.real, {"loss_d_real", "d_real"}, real_target_, 1);
    }
    if (logits.fake.present()) {
      gradients.fake = gradient_of(b, logits.fake, into.fake);
      cross_entropy(b, logits.fake, gradients.fake, {"loss_d_fake", "d_fake_before"}, 0, 1);
    }
    return gradients;
  }

 protected:
  static Tensor g_cross_entropy(Builder& b, const Logits& logits, float target, float weight) {
    const Tensor dlogits = gradient_of(b, logits.fake, {});
    cross_entropy(b, logits.fake, dlogits, {"loss_g", "d_fake_after"}, target, weight);
    return dlogits;
  }

 private:
  float real_target_;
};

/// The generator descends log(1 - D(G(z))): the zero-sum game of equation 1. Its gradient vanishes where D wins.
class Minimax final : public CrossEntropyDiscriminator {
 public:
  using CrossEntropyDiscriminator::CrossEntropyDiscriminator;
  std::string name() const override { return "minimax"; }
  Tensor g_loss(Builder& b, const Logits& logits) const override { return g_cross_entropy(b, logits, 0, -1); }
};

/// The generator descends -log D(G(z)): the same fixed point, strong gradients early (section 3 of the paper).
class NonSaturating final : public CrossEntropyDiscriminator {
 public:
  using CrossEntropyDiscriminator::CrossEntropyDiscriminator;
  std::string name() const override { return "non-saturating"; }
  Tensor g_loss(Builder& b, const Logits& logits) const override { return g_cross_entropy(b, logits, 1, 1); }
};

}  // namespace

std::unique_ptr<Objective> make_non_saturating(const ObjectiveOptions& options) {
  return std::make_unique<NonSaturating>(options);
}
std::unique_ptr<Objective> make_minimax(const ObjectiveOptions& options) { return std::make_unique<Minimax>(options); }

}  // namespace gan
