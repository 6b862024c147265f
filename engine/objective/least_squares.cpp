// Mao et al. 2017: D is a regression on 1 for real and 0 for generated images, which punishes verdicts that are right but
// far from the others, too. D's output is not squashed; it is called logits as everywhere.
#include "engine/objective/objective.h"
#include "engine/objective/verdicts.h"

namespace gan {

namespace {

/// Where a loss term leaves its two numbers.
struct Names {
  const char* loss;
  const char* mean;  ///< of D's output
};

void distance(Builder& b, const Tensor& logits, const Tensor& dlogits, const Names& names, float target) {
  b.emit(LeastSquaresLoss{.logits = logits,
                          .loss = b.reading(names.loss),
                          .dlogits = dlogits,
                          .mean_logit = b.reading(names.mean),
                          .target = target});
}

class LeastSquares final : public Objective {
 public:
  std::string name() const override { return "least-squares"; }

  void declare_readings(Builder& b) const override { declare_verdicts(b, {"d_fake_before", "d_fake_after"}); }

  Logits d_loss(Builder& b, const Logits& logits, const Logits& into) const override {
    Logits gradients;
    if (logits.real.present()) {
      gradients.real = gradient_of(b, logits.real, into.real);
      distance(b, logits.real, gradients.real, {"loss_d_real", "d_real"}, 1);
    }
    if (logits.fake.present()) {
      gradients.fake = gradient_of(b, logits.fake, into.fake);
      distance(b, logits.fake, gradients.fake, {"loss_d_fake", "d_fake_before"}, 0);
    }
    return gradients;
  }

  Tensor g_loss(Builder& b, const Logits& logits) const override {
    const Tensor dlogits = gradient_of(b, logits.fake, {});
    distance(b, logits.fake, dlogits, {"loss_g", "d_fake_after"}, 1);
    return dlogits;
  }
};

}  // namespace

std::unique_ptr<Objective> make_least_squares(const ObjectiveOptions&) { return std::make_unique<LeastSquares>(); }

}  // namespace gan
