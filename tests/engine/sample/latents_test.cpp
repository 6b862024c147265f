#include "engine/sample/latents.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "engine/algorithm/draws.h"
#include "kernels/core/contract/error.h"
#include "kernels/core/cpu/cpu_device.h"
#include "tests/support/catch.h"

namespace gan {
namespace {

using Latent = std::vector<float>;

Latent latent(std::uint64_t seed, std::size_t length, double truncation = 0) {
  Latent z(length);
  draw_latent(seed, truncation, z);
  return z;
}

/// What RandomNormal draws: the definition.
Latent drawn_by_instruction(std::uint64_t seed, std::uint64_t iteration, std::int64_t length) {
  Latent z(static_cast<std::size_t>(length));
  Tensor counter{.shape = {}, .dtype = DType::U64}, y{.shape = {length}, .dtype = DType::F32};
  counter.data = &iteration;
  y.data = z.data();
  CpuDevice device({.threads = 1});
  run(RandomNormal{.iteration = counter,
                   .y = y,
                   .stream = {.seed = seed, .stream = static_cast<std::uint32_t>(StreamBlock::Seeds)}},
      device);
  return z;
}

double length_of(const Latent& z) {
  double squares = 0;
  for (const float value : z) squares += double{value} * value;
  return std::sqrt(squares);
}

Latent between(WalkKind kind, const Latent& from, const Latent& to, double s) {
  Latent z(from.size());
  walk_between(kind, from, to, s, z);
  return z;
}

TEST_CASE("a seed's latent is what RandomNormal draws with that seed", "[latents]") {
  for (const std::uint64_t seed : {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{7}, std::uint64_t{1} << 62})
    for (const std::int64_t length : {1, 3, 4, 5, 100}) {
      INFO("seed " << seed << ", length " << length);
      CHECK(latent(seed, static_cast<std::size_t>(length)) == drawn_by_instruction(seed, 0, length));
    }
}

TEST_CASE("a longer latent begins with the shorter one; another seed gives another", "[latents]") {
  const Latent longer = latent(5, 101), shorter = latent(5, 6);
  CHECK(std::equal(shorter.begin(), shorter.end(), longer.begin()));
  CHECK(latent(6, 101) != longer);
}

TEST_CASE("truncation takes the next draw in place of what lies outside, and keeps the rest", "[latents]") {
  constexpr std::int64_t kLength = 4099;
  for (const double t : {0.02, 0.5, 1.0, 2.0}) {
    INFO("truncation " << t);
    Latent expected = drawn_by_instruction(9, 0, kLength);
    const auto outside = [t](float value) { return std::abs(value) > t; };
    for (std::uint64_t iteration = 1; std::any_of(expected.begin(), expected.end(), outside); ++iteration) {
      const Latent next = drawn_by_instruction(9, iteration, kLength);
      for (std::size_t i = 0; i < expected.size(); ++i)
        if (outside(expected[i])) expected[i] = next[i];
    }
    CHECK(latent(9, kLength, t) == expected);
  }
  CHECK(latent(9, kLength, 6.8) == latent(9, kLength));  // no draw lies further out: distributions.h
}

// The variance of the normal distribution cut off at +-t is 1 - 2 t phi(t) / (2 Phi(t) - 1). The mean of n squares that are
// at most t^2 deviates from it by at most t^2 / (2 sqrt(n)) (one standard deviation); five of them are allowed.
TEST_CASE("truncated latents are distributed as the cut-off normal distribution", "[latents]") {
  constexpr std::size_t kLength = 100'000;
  for (const double t : {0.5, 1.0, 1.5}) {
    const double mass = std::erf(t / std::sqrt(2.0));
    const double density = std::exp(-t * t / 2) / std::sqrt(2 * std::acos(-1.0));
    const double length = length_of(latent(3, kLength, t));
    INFO("truncation " << t);
    CHECK(std::abs(length * length / kLength - (1 - 2 * t * density / mass)) < 5 * t * t / (2 * std::sqrt(kLength)));
  }
}

TEST_CASE("both walks start and end exactly at the two latents", "[latents]") {
  const Latent from = latent(1, 100), to = latent(2, 100);
  for (const WalkKind kind : {WalkKind::Lerp, WalkKind::Slerp}) {
    CHECK(between(kind, from, to, 0) == from);
    CHECK(between(kind, from, to, 1) == to);
    CHECK(between(kind, from, to, 0.5) != from);
  }
}

TEST_CASE("lerp goes straight on", "[latents]") {
  CHECK(between(WalkKind::Lerp, {1, 0}, {0, 2}, 0.25) == Latent{0.75F, 0.5F});
}

// Two vectors of length r, at an angle w: at s, slerp stands at the angle s w from the first and has length r.
TEST_CASE("slerp goes along the arc at an even pace", "[latents]") {
  const double w = 1.1, r = 3;
  const Latent from = {static_cast<float>(r), 0},
               to = {static_cast<float>(r * std::cos(w)), static_cast<float>(r * std::sin(w))};
  for (const double s : {0.1, 0.25, 0.5, 0.9}) {
    const Latent z = between(WalkKind::Slerp, from, to, s);
    INFO("at " << s);
    CHECK(std::abs(length_of(z) - r) < 1e-6);  // float: 2^-24 of each number
    CHECK(std::abs(std::atan2(z[1], z[0]) - s * w) < 1e-6);
  }
}

TEST_CASE("slerp where there is no arc is lerp", "[latents]") {
  const Latent z = {1, 2, 3};
  CHECK(between(WalkKind::Slerp, z, z, 0.5) == z);
  CHECK(between(WalkKind::Slerp, z, {2, 4, 6}, 0.5) == Latent{1.5F, 3, 4.5F});
  CHECK(between(WalkKind::Slerp, z, {-1, -2, -3}, 0.25) == Latent{0.5F, 1, 1.5F});
  CHECK(between(WalkKind::Slerp, {0, 0, 0}, z, 0.5) == Latent{0.5F, 1, 1.5F});
}

}  // namespace
}  // namespace gan
