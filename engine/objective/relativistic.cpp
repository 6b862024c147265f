// Jolicoeur-Martineau 2019 (RSGAN); Huang et al. 2024 (R3GAN), who pair as here and add R1 and R2: D is asked which of a
// real and a generated image is the real one, and sigmoid(D(x) - D(G(z))) is its answer.
#include "engine/objective/objective.h"
#include "kernels/core/contract/error.h"

namespace gan {

namespace {

class Relativistic final : public Objective {
 public:
  std::string name() const override { return "relativistic"; }
  bool is_paired() const override { return true; }

  void declare_readings(Builder& b) const override {
    for (const char* name : {"loss_d", "loss_g", "d_pair_before", "d_pair_after"}) b.reading(name);
    b.gauge({.label = "loss D", .short_label = "D", .readings = {"loss_d"}, .rank = 3});
    b.gauge({.label = "G", .short_label = "G", .readings = {"loss_g"}, .rank = 4});
    b.gauge({.label = "D(x>G(z))",
             .short_label = "D(x>G(z))",
             .readings = {"d_pair_before", "d_pair_after"},
             .joined = Gauge::Joined::SideBySide,
             .decimals = 2,
             .rank = 6});
  }

  Logits d_loss(Builder& b, const Logits& logits, const Logits& into) const override {
    return paired(b, logits, into, {.loss = "loss_d", .answer = "d_pair_before", .sign = 1, .for_real = true});
  }
  Tensor g_loss(Builder& b, const Logits& logits) const override {
    return paired(b, logits, {}, {.loss = "loss_g", .answer = "d_pair_after", .sign = -1, .for_real = false}).fake;
  }

 private:
  struct Side {
    const char* loss;
    const char* answer;  ///< the reading of D's mean answer
    float sign;
    bool for_real;  ///< whether the gradient for real images' logits is wanted, too
  };

  static Logits paired(Builder& b, const Logits& logits, const Logits& into, const Side& side) {
    require(logits.real.present() && logits.fake.present(), "the relativistic losses need logits of both kinds");
    Logits gradients;
    if (side.for_real) gradients.real = gradient_of(b, logits.real, into.real);
    gradients.fake = gradient_of(b, logits.fake, into.fake);
    b.emit(RelativisticLoss{.real = logits.real,
                            .fake = logits.fake,
                            .loss = b.reading(side.loss),
                            .dreal = gradients.real,
                            .dfake = gradients.fake,
                            .mean_sigmoid = b.reading(side.answer),
                            .sign = side.sign});
    return gradients;
  }
};

}  // namespace

std::unique_ptr<Objective> make_relativistic(const ObjectiveOptions&) { return std::make_unique<Relativistic>(); }

}  // namespace gan
