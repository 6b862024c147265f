// Goodfellow et al. 2014: V(D, G) = E[log D(x)] + E[log(1 - D(G(z)))], in terms of logits.
#include "engine/objective/objective.h"
#include "kernels/core/contract/error.h"

namespace gan {

namespace {

Tensor cross_entropy(Builder& b, const Tensor& logits, const LossReadings& readings, float target, float weight) {
  const Tensor dlogits = b.transient("d(" + b.table().name_of(logits) + ")", logits.shape);
  b.emit(SigmoidCrossEntropy{.logits = logits,
                             .loss = readings.loss,
                             .dlogits = dlogits,
                             .mean_sigmoid = readings.mean_sigmoid,
                             .target = target,
                             .weight = weight});
  return dlogits;
}

/// The discriminator ascends V, that is, descends the two cross-entropies.
class CrossEntropyDiscriminator : public Objective {
 public:
  explicit CrossEntropyDiscriminator(double label_smoothing) : real_target_(static_cast<float>(1 - label_smoothing)) {}

  Tensor d_real(Builder& b, const Tensor& logits, const LossReadings& readings) const override {
    return cross_entropy(b, logits, readings, real_target_, 1);
  }
  Tensor d_fake(Builder& b, const Tensor& logits, const LossReadings& readings) const override {
    return cross_entropy(b, logits, readings, 0, 1);
  }

 private:
  float real_target_;
};

/// The generator descends log(1 - D(G(z))): the zero-sum game of equation 1. Its gradient vanishes where D wins.
class Minimax final : public CrossEntropyDiscriminator {
 public:
  using CrossEntropyDiscriminator::CrossEntropyDiscriminator;
  std::string name() const override { return "minimax"; }
  Tensor g_fake(Builder& b, const Tensor& logits, const LossReadings& readings) const override {
    return cross_entropy(b, logits, readings, 0, -1);
  }
};

/// The generator descends -log D(G(z)): the same fixed point, strong gradients early (section 3 of the paper).
class NonSaturating final : public CrossEntropyDiscriminator {
 public:
  using CrossEntropyDiscriminator::CrossEntropyDiscriminator;
  std::string name() const override { return "non-saturating"; }
  Tensor g_fake(Builder& b, const Tensor& logits, const LossReadings& readings) const override {
    return cross_entropy(b, logits, readings, 1, 1);
  }
};

}  // namespace

std::unique_ptr<Objective> make_objective(const std::string& name, double label_smoothing) {
  if (!(label_smoothing >= 0 && label_smoothing < 0.5))
    throw InputError(
        fmt::format("--label-smoothing: {} is out of range; accepted are 0 to below 0.5", label_smoothing));
  if (name == "non-saturating") return std::make_unique<NonSaturating>(label_smoothing);
  if (name == "minimax") return std::make_unique<Minimax>(label_smoothing);
  throw InputError(fmt::format("--objective: '{}' is unknown; accepted are non-saturating, minimax", name));
}

}  // namespace gan
