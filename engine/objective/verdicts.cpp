#include "engine/objective/verdicts.h"

namespace gan {

void declare_verdicts(Builder& b, const std::vector<std::string>& of_fake) {
  for (const char* name : {"loss_d_real", "loss_d_fake", "loss_g", "d_real"}) b.reading(name);
  for (const std::string& name : of_fake) b.reading(name);
  b.gauge({.label = "loss D", .short_label = "D", .readings = {"loss_d_real", "loss_d_fake"}, .rank = 3});
  b.gauge({.label = "G", .short_label = "G", .readings = {"loss_g"}, .rank = 4});
  b.gauge({.label = "D(x)", .short_label = "D(x)", .readings = {"d_real"}, .decimals = 2, .rank = 5});
  b.gauge({.label = "D(G(z))",
           .short_label = "D(G(z))",
           .readings = of_fake,
           .joined = Gauge::Joined::SideBySide,
           .decimals = 2,
           .rank = 6});
}

}  // namespace gan
