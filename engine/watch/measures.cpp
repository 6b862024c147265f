#include "engine/watch/measures.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "kernels/core/contract/error.h"

namespace gan {

std::vector<std::pair<const char*, double>> named(const Measures& m) {
  std::vector<std::pair<const char*, double>> all = {{"gap", m.gap()},
                                                     {"d_gradient_norm", m.gradient_norm},
                                                     {"d_gradient_norm_spread", m.gradient_norm_spread},
                                                     {"g_weight_gradient_norm", m.generator_gradient},
                                                     {"diversity", m.diversity},
                                                     {"real_diversity", m.real_diversity}};
  if (m.on_held_out) all.emplace_back("memorised", m.memorised());
  if (m.clipped_share) all.emplace_back("clipped_share", *m.clipped_share);
  return all;
}

double mean(const std::vector<double>& values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

double spread(const std::vector<double>& values) {
  const double middle = mean(values);
  double squares = 0;
  for (const double v : values) squares += (v - middle) * (v - middle);
  return std::sqrt(squares / static_cast<double>(values.size()));
}

double median(std::vector<double> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

double mean_sigmoid(const std::vector<double>& values) {
  double sum = 0;
  for (const double v : values) sum += 1 / (1 + std::exp(-v));
  return sum / static_cast<double>(values.size());
}

double norm(const std::vector<double>& values) {
  return std::sqrt(std::inner_product(values.begin(), values.end(), values.begin(), 0.0));
}

double standard_error(const std::vector<double>& a, const std::vector<double>& b) {
  const auto of_mean = [](const std::vector<double>& v) {
    return spread(v) * spread(v) / static_cast<double>(v.size());
  };
  return std::sqrt(of_mean(a) + of_mean(b));
}

double share_at_bound(const std::vector<double>& values, double bound) {
  constexpr double kNearly = 0.999;
  const auto there =
      std::count_if(values.begin(), values.end(), [&](double v) { return std::abs(v) >= kNearly * bound; });
  return static_cast<double>(there) / static_cast<double>(values.size());
}

double mean_distance(const std::vector<double>& pixels, std::int64_t count) {
  require(count >= 2 && static_cast<std::int64_t>(pixels.size()) % count == 0, "{} numbers are not {} images or more",
          pixels.size(), std::max<std::int64_t>(count, 2));
  const std::int64_t size = static_cast<std::int64_t>(pixels.size()) / count;
  double sum = 0;
  for (std::int64_t i = 0; i < count; ++i)
    for (std::int64_t j = 0; j < i; ++j) {
      double squares = 0;
      for (std::int64_t k = 0; k < size; ++k) {
        const double difference =
            pixels[static_cast<std::size_t>(i * size + k)] - pixels[static_cast<std::size_t>(j * size + k)];
        squares += difference * difference;
      }
      sum += std::sqrt(squares / static_cast<double>(size));
    }
  return sum / (static_cast<double>(count) * static_cast<double>(count - 1) / 2);
}

}  // namespace gan
