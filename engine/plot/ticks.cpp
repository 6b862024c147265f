#include "engine/plot/ticks.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "engine/plot/number_text.h"
#include "kernels/core/contract/error.h"

namespace gan::plot {
namespace {

/// A whole number up to 9 times a power of ten.
std::string multiple_label(int multiple, int exponent, bool plain) {
  if (plain) return number_label(multiple * std::pow(10.0, exponent), std::max(0, -exponent));
  return multiple == 1 ? power_of_ten(exponent) : fmt::format("{}·{}", multiple, power_of_ten(exponent));
}

/// How many multiples of `step` lie in [low, high]; an end that is one up to rounding counts.
struct Multiples {
  double first = 0, last = -1;
  Multiples(double low, double high, double step)
      : first(std::ceil(low / step - 1e-9)), last(std::floor(high / step + 1e-9)) {}
  double count() const { return last - first + 1; }
};

/// The smallest of 1, 2, 5 times a power of ten with no more than `at_most` multiples in [low, high].
double tick_step(double low, double high, int at_most) {
  for (int exponent = static_cast<int>(std::floor(std::log10((high - low) / at_most))) - 1;; ++exponent)
    for (const int multiple : {1, 2, 5}) {
      const double step = multiple * std::pow(10.0, exponent);
      if (Multiples(low, high, step).count() <= at_most) return step;
    }
}

std::vector<Tick> linear_ticks(double low, double high, int at_most) {
  const double step = tick_step(low, high, std::max(2, at_most));
  const int decimals = std::max(0, -static_cast<int>(std::floor(std::log10(step) + 1e-9)));
  const Multiples multiples(low, high, step);
  std::vector<Tick> ticks;
  for (double k = multiples.first; k <= multiples.last; ++k) {
    const double at = k == 0 ? 0 : k * step;  // not -0
    ticks.push_back({.at = at, .label = number_label(at, decimals)});
  }
  return ticks;
}

std::vector<Tick> logarithmic_ticks(double low, double high, int at_most) {
  const double slack = 1e-9;
  const int first = static_cast<int>(std::ceil(std::log10(low) - slack));
  const int last = static_cast<int>(std::floor(std::log10(high) + slack));
  const int decades = last - first + 1;
  const int stride = std::max(1, (decades + std::max(at_most, 2) - 1) / std::max(at_most, 2));
  const bool plain = first >= -3 && last <= 3;
  const bool few = decades < 3;
  std::vector<Tick> ticks;
  int labels = 0;
  for (int exponent = first - 1; exponent <= last; ++exponent) {
    for (int multiple = 1; multiple <= (stride == 1 ? 9 : 1); ++multiple) {
      const double at = multiple * std::pow(10.0, exponent);
      if (at < low * (1 - slack) || at > high * (1 + slack)) continue;
      const bool labelled = multiple == 1 ? (exponent - first) % stride == 0 : few && (multiple == 2 || multiple == 5);
      labels += labelled ? 1 : 0;
      ticks.push_back({.at = at, .label = labelled ? multiple_label(multiple, exponent, plain) : ""});
    }
  }
  return labels >= 2 ? ticks : linear_ticks(low, high, at_most);
}

}  // namespace

std::vector<Tick> axis_ticks(double low, double high, Scale scale, int at_most) {
  require(std::isfinite(low) && std::isfinite(high) && low < high && (scale == Scale::Linear || low > 0),
          "an axis from {} to {}", low, high);
  return scale == Scale::Linear ? linear_ticks(low, high, at_most) : logarithmic_ticks(low, high, at_most);
}

}  // namespace gan::plot
