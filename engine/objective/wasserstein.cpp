// Arjovsky, Chintala & Bottou 2017: W(p, q) = sup over 1-Lipschitz f of E_p[f(x)] - E_q[f(G(z))] (Kantorovich and
// Rubinstein). The critic f, called D here as everywhere, ascends it; what keeps it Lipschitz is the algorithm's business.
#include "engine/objective/objective.h"

namespace gan {

namespace {

void mean(Builder& b, const Tensor& logits, const Tensor& dlogits, const char* reading, float weight) {
  b.emit(WassersteinLoss{.logits = logits, .loss = b.reading(reading), .dlogits = dlogits, .weight = weight});
}

class Wasserstein : public Objective {
 public:
  void declare_readings(Builder& b) const override {
    for (const char* name : {"loss_d_real", "loss_d_fake", "loss_g"}) b.reading(name);
    // D descends loss_d_real + loss_d_fake = -(E[D(x)] - E[D(G(z))]): the estimate of the distance, without any penalty
    b.gauge({.label = "W",
             .short_label = "W",
             .readings = {"loss_d_real", "loss_d_fake"},
             .joined = Gauge::Joined::NegatedSum,
             .logged_as = "wasserstein",
             .rank = 3});
    b.gauge({.label = "G", .short_label = "G", .readings = {"loss_g"}, .rank = 4});
  }

  Logits d_loss(Builder& b, const Logits& logits, const Logits& into) const override {
    Logits gradients;
    if (logits.real.present()) {
      gradients.real = gradient_of(b, logits.real, into.real);
      mean(b, logits.real, gradients.real, "loss_d_real", -1);
    }
    if (logits.fake.present()) {
      gradients.fake = gradient_of(b, logits.fake, into.fake);
      mean(b, logits.fake, gradients.fake, "loss_d_fake", 1);
    }
    return gradients;
  }
  Tensor g_loss(Builder& b, const Logits& logits) const override {
    const Tensor dlogits = gradient_of(b, logits.fake, {});
    mean(b, logits.fake, dlogits, "loss_g", -1);
    return dlogits;
  }
};

/// Weights are clipped: Algorithm 1 of the paper.
class Wgan final : public Wasserstein {
 public:
  std::string name() const override { return "wgan"; }
};

/// Gulrajani et al. 2017, Algorithm 1.
class WganGp final : public Wasserstein {
 public:
  std::string name() const override { return "wgan-gp"; }
  void declare_readings(Builder& b) const override {
    Wasserstein::declare_readings(b);
    b.reading("penalty");
    b.reading("gradient_norm");
    b.gauge({.label = "penalty", .short_label = "gp", .readings = {"penalty"}, .rank = 6});
    b.gauge({.label = "|grad|", .short_label = "|g|", .readings = {"gradient_norm"}, .decimals = 2, .rank = 5});
  }
};

}  // namespace

std::unique_ptr<Objective> make_wgan(const ObjectiveOptions&) { return std::make_unique<Wgan>(); }
std::unique_ptr<Objective> make_wgan_gp(const ObjectiveOptions&) { return std::make_unique<WganGp>(); }

}  // namespace gan
