// An experiment with everything that is hard to write down.
#pragma once

#include <limits>

#include "engine/plot/svg.h"
#include "engine/theory/outcome.h"

namespace gan::test {

inline theory::Experiment example_experiment() {
  return {.name = "parallel-lines",
          .title = "Lines & <distances>",
          .chinese = "平行线",
          .claim = "<p>The divergence is <em>log 2</em>, whatever <i>t</i>.</p>",
          .formula = "<math><mi>W</mi><mo>=</mo><mi>t</mi></math>",
          .setup = "<p>A critic of two layers.</p>",
          .source = "<p>Arjovsky et al. 2017, Example 1.</p>"};
}

/// One number within a band open below, one within a band open above, a NaN, one in a band of one number; one picture.
inline theory::Outcome example_outcome() {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  const plot::Figure figure{.title = "estimates", .panels = {{.layers = {plot::Line{.x = {0, 1}, .y = {0, 1}}}}}};
  return {
      .name = "parallel-lines",
      .conditions = {.seed = 18446744073709551615U, .quick = true},
      .result = {.measurements = {{.name = "mean |D - D*| <b>",
                                   .value = 0.1 + 0.2 - 0.29,
                                   .low = -kInfinity,
                                   .high = 0.02,
                                   .because = "a bound & its proof"},
                                  {.name = "Wasserstein",
                                   .value = 3.14159e-7,
                                   .low = 0,
                                   .high = kInfinity,
                                   .because = "no distance is negative"},
                                  {.name = "diverged",
                                   .value = std::numeric_limits<double>::quiet_NaN(),
                                   .low = -1,
                                   .high = 1,
                                   .because = "\"quotes\""},
                                  {.name = "modes found", .value = 8, .low = 8, .high = 8, .because = "all 8"}},
                 .pictures = {{.name = "estimates", .svg = plot::to_svg(figure), .caption = "Blue: D < 1 & rising."}}},
      .seconds = 12.25};
}

}  // namespace gan::test
