#include "engine/plot/ticks.h"

#include <cmath>
#include <limits>

#include "engine/plot/number_text.h"
#include "tests/support/catch.h"
#include "tests/support/error_message.h"

namespace gan::plot {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

std::vector<std::string> labels(const std::vector<Tick>& ticks) {
  std::vector<std::string> result;
  for (const Tick& tick : ticks)
    if (!tick.label.empty()) result.push_back(tick.label);
  return result;
}

using Labels = std::vector<std::string>;

TEST_CASE("ticks of a linear axis are multiples of 1, 2 or 5 times a power of ten", "[plot]") {
  CHECK(labels(axis_ticks(-5, 5, Scale::Linear, 5)) == Labels{"−4", "−2", "0", "2", "4"});
  CHECK(labels(axis_ticks(0, 1, Scale::Linear, 6)) == Labels{"0", "0.2", "0.4", "0.6", "0.8", "1.0"});
  CHECK(labels(axis_ticks(-0.3, 0.3, Scale::Linear, 7)) == Labels{"−0.3", "−0.2", "−0.1", "0", "0.1", "0.2", "0.3"});
  CHECK(labels(axis_ticks(0, 40000, Scale::Linear, 5)) == Labels{"0", "10,000", "20,000", "30,000", "40,000"});
  CHECK(labels(axis_ticks(0, 4e-6, Scale::Linear, 3)) == Labels{"0", "2·10⁻⁶", "4·10⁻⁶"});
}

// The step below the one that is taken has more than at_most multiples in the range, so the range is at least at_most of
// those steps long; each step is at most 2.5 times the one before: at least floor(at_most / 2.5) multiples are left.
TEST_CASE("a linear axis has neither too many ticks nor too few, wherever it lies", "[plot]") {
  for (const double low : {-1e9, -37.2, -1e-7, 0.0, 0.3, 123456.0})
    for (const double length : {1e-3, 0.07, 1.0, 9.99, 1234.5, 5e7})
      for (const int at_most : {2, 3, 5, 8}) {
        const double high = low + length;
        const std::vector<Tick> ticks = axis_ticks(low, high, Scale::Linear, at_most);
        INFO(low << " to " << high << ", at most " << at_most << ": " << ticks.size());
        CHECK(static_cast<int>(ticks.size()) <= at_most);
        CHECK(static_cast<double>(ticks.size()) >= std::floor(at_most / 2.5));
        for (const Tick& tick : ticks) {
          CHECK(tick.at >= low - 1e-8 * length);
          CHECK(tick.at <= high + 1e-8 * length);
        }
      }
}

TEST_CASE("ticks of a logarithmic axis are powers of ten with their multiples between", "[plot]") {
  const std::vector<Tick> ticks = axis_ticks(0.001, 100, Scale::Logarithmic, 10);
  CHECK(labels(ticks) == Labels{"0.001", "0.01", "0.1", "1", "10", "100"});
  CHECK(ticks.size() == 5 * 9 + 1);
  CHECK(ticks[1].at == Approx(0.002));
  CHECK(labels(axis_ticks(1e-9, 10, Scale::Logarithmic, 6)) == Labels{"10⁻⁹", "10⁻⁷", "10⁻⁵", "10⁻³", "10⁻¹", "10¹"});
  CHECK(labels(axis_ticks(1, 10, Scale::Logarithmic, 6)) == Labels{"1", "2", "5", "10"});
  CHECK(labels(axis_ticks(3.05, 3.95, Scale::Logarithmic, 5)) == Labels{"3.2", "3.4", "3.6", "3.8"});
}

TEST_CASE("an axis of nothing has no ticks", "[plot]") {
  test::require_error<Error>([] { axis_ticks(1, 1, Scale::Linear, 5); }, {"axis", "1"});
  test::require_error<Error>([] { axis_ticks(0, 1, Scale::Logarithmic, 5); }, {"axis", "0"});
  test::require_error<Error>([] { axis_ticks(0, kInfinity, Scale::Linear, 5); }, {"axis", "inf"});
  test::require_error<Error>([] { axis_ticks(std::nan(""), 1, Scale::Linear, 5); }, {"axis", "nan"});
}

TEST_CASE("numbers are written for readers", "[plot]") {
  CHECK(significant(0.69314718) == "0.6931");
  CHECK(significant(-1.5) == "−1.5");
  CHECK(significant(0) == "0");
  CHECK(significant(123456) == "123,456");
  CHECK(significant(999999.7) == "10⁶");
  CHECK(significant(9999.7) == "10,000");
  CHECK(significant(0.00100049) == "0.001");
  CHECK(significant(1.23456e9) == "1.235·10⁹");
  CHECK(significant(9.99999e-10) == "10⁻⁹");
  CHECK(significant(-2e-7) == "−2·10⁻⁷");
  CHECK(significant(kInfinity) == "∞");
  CHECK(significant(-kInfinity) == "−∞");
  CHECK(significant(std::nan("")) == "not a number");
}

}  // namespace
}  // namespace gan::plot
