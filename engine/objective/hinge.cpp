// Lim & Ye 2017 and Miyato et al. 2018: D separates real from generated images by a margin and looks no more at those
// beyond it; G raises D's output, which nothing squashes.
#include "engine/objective/objective.h"
#include "engine/objective/verdicts.h"

namespace gan {

namespace {

/// Where a loss term leaves its two numbers.
struct Names {
  const char* loss;
  const char* mean;  ///< of D's output
};

void hinge(Builder& b, const Tensor& logits, const Tensor& dlogits, const Names& names, float label) {
  b.emit(HingeLoss{.logits = logits,
                   .loss = b.reading(names.loss),
                   .dlogits = dlogits,
                   .mean_logit = b.reading(names.mean),
                   .label = label});
}

class Hinge final : public Objective {
 public:
  std::string name() const override { return "hinge"; }

  // What D makes of generated images after its update is the opposite of loss_g.
  void declare_readings(Builder& b) const override { declare_verdicts(b, {"d_fake"}); }

  Logits d_loss(Builder& b, const Logits& logits, const Logits& into) const override {
    Logits gradients;
    if (logits.real.present()) {
      gradients.real = gradient_of(b, logits.real, into.real);
      hinge(b, logits.real, gradients.real, {"loss_d_real", "d_real"}, 1);
    }
    if (logits.fake.present()) {
      gradients.fake = gradient_of(b, logits.fake, into.fake);
      hinge(b, logits.fake, gradients.fake, {"loss_d_fake", "d_fake"}, -1);
    }
    return gradients;
  }

  Tensor g_loss(Builder& b, const Logits& logits) const override {
    const Tensor dlogits = gradient_of(b, logits.fake, {});
    b.emit(WassersteinLoss{.logits = logits.fake, .loss = b.reading("loss_g"), .dlogits = dlogits, .weight = -1});
    return dlogits;
  }
};

}  // namespace

std::unique_ptr<Objective> make_hinge(const ObjectiveOptions&) { return std::make_unique<Hinge>(); }

}  // namespace gan
