#include "engine/theory/densities.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <numeric>

namespace gan::theory {

namespace {

constexpr double kLeastDensity = 1e-300;

/// log(1 + exp(v)), without overflow.
double softplus(double v) { return std::max(v, 0.0) + std::log1p(std::exp(-std::abs(v))); }

}  // namespace

std::vector<double> Grid::places() const {
  std::vector<double> x(count);
  for (std::size_t i = 0; i < count; ++i) x[i] = low + static_cast<double>(i) * step();
  return x;
}

std::vector<double> Grid::sample(const std::function<double(double)>& f) const {
  std::vector<double> values = places();
  for (double& value : values) value = f(value);
  return values;
}

double Grid::integrate(const std::vector<double>& values) const {
  return step() * (std::accumulate(values.begin(), values.end(), 0.0) - (values.front() + values.back()) / 2);
}

double normal_density(double x, double mean, double deviation) {
  const double z = (x - mean) / deviation;
  return std::exp(-z * z / 2) / (deviation * std::sqrt(2 * std::numbers::pi));
}

double kullback_leibler(const Grid& grid, const std::vector<double>& p, const std::vector<double>& q) {
  std::vector<double> integrand(p.size());
  for (std::size_t i = 0; i < p.size(); ++i)
    integrand[i] = p[i] > kLeastDensity ? p[i] * std::log(p[i] / std::max(q[i], kLeastDensity)) : 0;
  return grid.integrate(integrand);
}

double jensen_shannon(const Grid& grid, const std::vector<double>& p, const std::vector<double>& q) {
  std::vector<double> middle(p.size());
  for (std::size_t i = 0; i < p.size(); ++i) middle[i] = (p[i] + q[i]) / 2;
  return (kullback_leibler(grid, p, middle) + kullback_leibler(grid, q, middle)) / 2;
}

std::vector<double> best_discriminator(const std::vector<double>& p_data, const std::vector<double>& p_g) {
  std::vector<double> best(p_data.size());
  for (std::size_t i = 0; i < best.size(); ++i) {
    const double both = p_data[i] + p_g[i];
    best[i] = both > kLeastDensity ? p_data[i] / both : 0.5;
  }
  return best;
}

double game_value(const Grid& grid, const std::vector<double>& p_data, const std::vector<double>& p_g,
                  const std::vector<double>& logits) {
  std::vector<double> integrand(logits.size());
  for (std::size_t i = 0; i < logits.size(); ++i)
    integrand[i] = -p_data[i] * softplus(-logits[i]) - p_g[i] * softplus(logits[i]);
  return grid.integrate(integrand);
}

std::vector<double> density_of(const Grid& grid, const Numbers& samples) {
  std::vector<double> density(grid.count);
  const double share = 1 / (static_cast<double>(samples.size()) * grid.step());
  for (const float sample : samples) {
    const double place = (sample - grid.low) / grid.step() + 0.5;
    if (place >= 0 && place < static_cast<double>(grid.count)) density[static_cast<std::size_t>(place)] += share;
  }
  return density;
}

Numbers as_numbers(const std::vector<double>& values) {
  Numbers numbers(values.size());
  std::transform(values.begin(), values.end(), numbers.begin(), [](double v) { return static_cast<float>(v); });
  return numbers;
}

std::vector<double> as_doubles(const Numbers& values) { return {values.begin(), values.end()}; }

std::vector<double> sigmoid(const std::vector<double>& values) {
  std::vector<double> result(values.size());
  std::transform(values.begin(), values.end(), result.begin(), [](double v) { return 1 / (1 + std::exp(-v)); });
  return result;
}

double mean_of(const std::vector<double>& values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

double largest_of(const std::vector<double>& values) { return *std::max_element(values.begin(), values.end()); }

}  // namespace gan::theory
