// Densities on the line, on a grid of points: what an experiment is compared with.
#pragma once

#include <cstddef>
#include <functional>
#include <vector>

#include "engine/theory/lab.h"

namespace gan::theory {

/// Equally spaced places on an interval, and integrals over them.
struct Grid {
  double low = 0, high = 1;
  std::size_t count = 2;  ///< at least 2; both ends are among them

  double step() const { return (high - low) / static_cast<double>(count - 1); }
  std::vector<double> places() const;
  /// f at every place.
  std::vector<double> sample(const std::function<double(double)>& f) const;
  /// The integral of sampled values by the trapezium rule: for smooth densities that have died away at both ends its error
  /// is far below 1e-6 with some steps a standard deviation.
  double integrate(const std::vector<double>& values) const;
};

/// The density of N(mean, deviation^2) at x.
double normal_density(double x, double mean, double deviation);

/// KL(p || q) = integral of p log(p / q), in nats. Places without p count nothing; q that vanishes (below 1e-300) under p is
/// taken as 1e-300.
double kullback_leibler(const Grid& grid, const std::vector<double>& p, const std::vector<double>& q);

/// JSD(p, q) = (KL(p || m) + KL(q || m)) / 2 with m = (p + q) / 2: between 0 and log 2.
double jensen_shannon(const Grid& grid, const std::vector<double>& p, const std::vector<double>& q);

/// D* = p_data / (p_data + p_g) (Goodfellow et al. 2014, proposition 1); 1/2 where both vanish.
std::vector<double> best_discriminator(const std::vector<double>& p_data, const std::vector<double>& p_g);

/// V(D, G) = E_data[log D] + E_g[log(1 - D)] for D given on the grid as logits: log sigmoid is exact for all of them.
double game_value(const Grid& grid, const std::vector<double>& p_data, const std::vector<double>& p_g,
                  const std::vector<double>& logits);

/// The density of samples at the places of the grid: shares of the intervals of one step around each place, divided by the
/// step. Samples outside are left out of the numerator only.
std::vector<double> density_of(const Grid& grid, const Numbers& samples);

/// Doubles as floats, and back.
Numbers as_numbers(const std::vector<double>& values);
std::vector<double> as_doubles(const Numbers& values);

/// 1 / (1 + exp(-v)) of each.
std::vector<double> sigmoid(const std::vector<double>& values);

/// Mean of at least one value; the largest.
double mean_of(const std::vector<double>& values);
double largest_of(const std::vector<double>& values);

}  // namespace gan::theory
