#include "engine/evaluation/parzen.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

#include "kernels/core/contract/error.h"
#include "kernels/core/cpu/parallel.h"

namespace gan {

namespace {

/// Points and samples whose distances are computed together: a square of registers that each loaded number serves.
constexpr std::int64_t kPointsAtOnce = 4, kSamplesAtOnce = 4;
/// Samples that a group of points meets before the next group comes: their values stay in the cache.
constexpr std::int64_t kBlockBytes = 1 << 18;

/// |x_i - s_j|^2 for kPoints points and kSamples samples of `dimension`, one behind the other; distances (kPoints, kSamples).
template <std::int64_t kPoints, std::int64_t kSamples>
void squared_distances(const double* __restrict x, const double* __restrict s, std::int64_t dimension,
                       double* __restrict distances, std::int64_t row) {
  constexpr std::int64_t kLanes = 8;
  double sums[kPoints][kSamples][kLanes] = {};
  std::int64_t d = 0;
  for (; d + kLanes <= dimension; d += kLanes)
    for (std::int64_t i = 0; i < kPoints; ++i)
      for (std::int64_t j = 0; j < kSamples; ++j)
#if defined(_OPENMP)
#pragma omp simd
#endif
        for (std::int64_t lane = 0; lane < kLanes; ++lane) {
          const double difference = x[i * dimension + d + lane] - s[j * dimension + d + lane];
          sums[i][j][lane] += difference * difference;
        }
  for (std::int64_t i = 0; i < kPoints; ++i)
    for (std::int64_t j = 0; j < kSamples; ++j) {
      double sum = 0;
      for (std::int64_t lane = 0; lane < kLanes; ++lane) sum += sums[i][j][lane];
      for (std::int64_t rest = d; rest < dimension; ++rest) {
        const double difference = x[i * dimension + rest] - s[j * dimension + rest];
        sum += difference * difference;
      }
      distances[i * row + j] = sum;
    }
}

/// The same for any numbers of points and samples: distances (points, row).
void squared_distances(const double* x, std::int64_t points, const double* s, std::int64_t samples,
                       std::int64_t dimension, double* distances, std::int64_t row) {
  const std::int64_t whole_points = points / kPointsAtOnce * kPointsAtOnce;
  const std::int64_t whole_samples = samples / kSamplesAtOnce * kSamplesAtOnce;
  for (std::int64_t i = 0; i < points; i += i < whole_points ? kPointsAtOnce : 1)
    for (std::int64_t j = 0; j < samples; j += j < whole_samples && i < whole_points ? kSamplesAtOnce : 1) {
      const double *xi = x + i * dimension, *sj = s + j * dimension;
      double* const at = distances + i * row + j;
      if (i < whole_points && j < whole_samples)
        squared_distances<kPointsAtOnce, kSamplesAtOnce>(xi, sj, dimension, at, row);
      else if (i < whole_points) squared_distances<kPointsAtOnce, 1>(xi, sj, dimension, at, row);
      else squared_distances<1, 1>(xi, sj, dimension, at, row);
    }
}

/// sum_j exp(-(q_j - nearest) / (2 sigma^2)) of one point, while samples come in blocks: relative to the nearest so far.
class KernelSums {
 public:
  KernelSums(std::span<const double> sigmas, std::int64_t samples) : scales_(sigmas.size()), sums_(sigmas.size(), 0) {
    std::transform(sigmas.begin(), sigmas.end(), scales_.begin(), [](double sigma) { return -0.5 / (sigma * sigma); });
    // n terms of less than 2^-60 / n add up to less than 2^-60 beside the nearest sample's 1: rounded away in any case.
    negligible_ = -(60 * std::numbers::ln2 + std::log(static_cast<double>(samples)));
  }

  void add(std::span<const double> squared) {
    const double least = *std::min_element(squared.begin(), squared.end());
    if (least < nearest_) move_to(least);
    for (std::size_t k = 0; k < scales_.size(); ++k)
      for (const double q : squared)
        if (const double exponent = (q - nearest_) * scales_[k]; exponent > negligible_) sums_[k] += std::exp(exponent);
  }

  /// log sum_j exp(-q_j / (2 sigma^2)) for the sigma of that number.
  double logarithm(std::size_t k) const { return nearest_ * scales_[k] + std::log(sums_[k]); }

 private:
  void move_to(double least) {
    for (std::size_t k = 0; k < scales_.size(); ++k)
      if (sums_[k] > 0) sums_[k] *= std::exp((nearest_ - least) * scales_[k]);
    nearest_ = least;
  }

  std::vector<double> scales_;  ///< -1 / (2 sigma^2)
  std::vector<double> sums_;
  double nearest_ = std::numeric_limits<double>::infinity();
  double negligible_;
};

void require_comparable(const Points& samples, const Points& points, std::span<const double> sigmas) {
  require(samples.dimension >= 1 && samples.dimension == points.dimension && samples.count() >= 1,
          "a Parzen window of {} samples of dimension {} for points of dimension {}", samples.count(),
          samples.dimension, points.dimension);
  for (const double sigma : sigmas) require(sigma > 0 && std::isfinite(sigma), "a Parzen window of sigma {}", sigma);
}

}  // namespace

std::vector<double> parzen_log_likelihoods(const Points& samples, const Points& points, std::span<const double> sigmas,
                                           int threads, Overseer& overseer) {
  require_comparable(samples, points, sigmas);
  const std::int64_t n = samples.count(), m = points.count(), d = samples.dimension;
  const std::int64_t block =
      std::clamp<std::int64_t>(kBlockBytes / (d * 8) / kSamplesAtOnce * kSamplesAtOnce, 16, 4096);
  std::vector<double> log_likelihoods(sigmas.size() * static_cast<std::size_t>(m));
  const auto estimate = [&](std::int64_t first, std::int64_t count) {
    std::vector<KernelSums> sums(static_cast<std::size_t>(count), KernelSums(sigmas, n));
    std::vector<double> squared(static_cast<std::size_t>(count * block));
    for (std::int64_t begin = 0; begin < n; begin += block) {
      const std::int64_t length = std::min(block, n - begin);
      squared_distances(points.values.data() + first * d, count, samples.values.data() + begin * d, length, d,
                        squared.data(), block);
      for (std::int64_t i = 0; i < count; ++i)
        sums[static_cast<std::size_t>(i)].add(
            std::span(squared).subspan(static_cast<std::size_t>(i * block), static_cast<std::size_t>(length)));
    }
    for (std::size_t k = 0; k < sigmas.size(); ++k)
      for (std::int64_t i = 0; i < count; ++i)
        log_likelihoods[k * static_cast<std::size_t>(m) + static_cast<std::size_t>(first + i)] =
            sums[static_cast<std::size_t>(i)].logarithm(k) - std::log(static_cast<double>(n)) -
            0.5 * static_cast<double>(d) * std::log(2 * std::numbers::pi * sigmas[k] * sigmas[k]);
  };
  constexpr std::int64_t kGroup = 16;  // points that go through the samples together
  const std::int64_t at_once = kGroup * std::max(threads, 1);
  for (std::int64_t first = 0; first < m; first += at_once) {
    const std::int64_t count = std::min(at_once, m - first);
    parallel_for(count, kGroup, threads,
                 [&](std::int64_t begin, std::int64_t end) { estimate(first + begin, end - begin); });
    overseer.advance(count);
  }
  return log_likelihoods;
}

MeanAndError mean_and_error(std::span<const double> values) {
  require(!values.empty(), "the mean of no values");
  const auto n = static_cast<double>(values.size());
  MeanAndError result;
  for (const double value : values) result.mean += value / n;
  double squares = 0;
  for (const double value : values) squares += (value - result.mean) * (value - result.mean);
  if (values.size() > 1) result.standard_error = std::sqrt(squares / (n - 1) / n);
  return result;
}

SigmaChoice choose_sigma(std::span<const double> log_likelihoods, std::size_t sigmas) {
  require(sigmas >= 1 && !log_likelihoods.empty() && log_likelihoods.size() % sigmas == 0,
          "{} log-likelihoods for {} sigmas", log_likelihoods.size(), sigmas);
  const std::size_t points = log_likelihoods.size() / sigmas;
  SigmaChoice choice;
  for (std::size_t k = 0; k < sigmas; ++k) {
    choice.means.push_back(mean_and_error(log_likelihoods.subspan(k * points, points)).mean);
    if (choice.means[k] > choice.means[choice.best]) choice.best = k;
  }
  return choice;
}

}  // namespace gan
