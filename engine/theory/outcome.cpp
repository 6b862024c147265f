#include "engine/theory/outcome.h"

#include <fmt/format.h>

#include <cmath>

#include "engine/plot/number_text.h"

namespace gan::theory {

std::string band_text(const Measurement& measurement) {
  const std::string low = plot::significant(measurement.low), high = plot::significant(measurement.high);
  const bool from = !std::isinf(measurement.low), to = !std::isinf(measurement.high);
  if (from && to) return measurement.low == measurement.high ? low : fmt::format("from {} to {}", low, high);
  if (from) return fmt::format("at least {}", low);
  return to ? fmt::format("at most {}", high) : "any number";
}

}  // namespace gan::theory
