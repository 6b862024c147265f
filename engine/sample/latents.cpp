#include "engine/sample/latents.h"

#include <algorithm>
#include <cmath>

#include "engine/algorithm/draws.h"
#include "kernels/core/contract/error.h"
#include "kernels/random/distributions.h"

namespace gan {

namespace {

/// The four normals of a block of four elements in an iteration.
void draw_block(std::uint64_t seed, std::uint64_t iteration, std::size_t block, float normals[4]) {
  normals_from_block(
      stream_words(seed, static_cast<std::uint32_t>(StreamBlock::Seeds), iteration, static_cast<std::uint32_t>(block)),
      /*mean=*/0, /*standard_deviation=*/1, normals);
}

double dot(std::span<const float> a, std::span<const float> b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += double{a[i]} * b[i];
  return sum;
}

/// What the two ends count in a mixture.
struct Shares {
  double from, to;
};

Shares slerp_shares(std::span<const float> from, std::span<const float> to, double s) {
  constexpr double kLeastSine = 1e-6;  // below, the quotients would be rounding errors
  const double lengths = std::sqrt(dot(from, from) * dot(to, to));
  if (!(lengths > 0)) return {1 - s, s};
  const double angle = std::acos(std::clamp(dot(from, to) / lengths, -1.0, 1.0));
  if (std::sin(angle) < kLeastSine) return {1 - s, s};
  return {std::sin((1 - s) * angle) / std::sin(angle), std::sin(s * angle) / std::sin(angle)};
}

}  // namespace

void draw_latent(std::uint64_t seed, double truncation, std::span<float> z) {
  constexpr std::size_t kBlock = kElementsPerPhiloxBlock;
  float normals[kBlock];
  for (std::size_t first = 0; first < z.size(); first += kBlock) {
    const std::span<float> part = z.subspan(first, std::min(kBlock, z.size() - first));
    draw_block(seed, 0, first / kBlock, normals);
    std::copy_n(normals, part.size(), part.begin());
    if (truncation <= 0) continue;
    const auto outside = [truncation](float value) { return std::abs(value) > truncation; };
    for (std::uint64_t iteration = 1; std::any_of(part.begin(), part.end(), outside); ++iteration) {
      draw_block(seed, iteration, first / kBlock, normals);
      for (std::size_t i = 0; i < part.size(); ++i)
        if (outside(part[i])) part[i] = normals[i];
    }
  }
}

void walk_between(WalkKind kind, std::span<const float> from, std::span<const float> to, double s, std::span<float> z) {
  require(from.size() == to.size() && from.size() == z.size() && s >= 0 && s <= 1,
          "a walk from {} to {} numbers, at {}, into {}", from.size(), to.size(), s, z.size());
  const Shares shares = s == 0                    ? Shares{1, 0}
                        : s == 1                  ? Shares{0, 1}
                        : kind == WalkKind::Slerp ? slerp_shares(from, to, s)
                                                  : Shares{1 - s, s};
  for (std::size_t i = 0; i < z.size(); ++i) z[i] = static_cast<float>(shares.from * from[i] + shares.to * to[i]);
}

}  // namespace gan
