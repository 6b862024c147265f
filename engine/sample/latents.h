// The latent vectors that seeds address, and what lies between two of them.
#pragma once

#include <cstdint>
#include <span>

namespace gan {

/// The latent z ~ N(0, I) of an image's seed: what RandomNormal draws with that seed, the stream StreamBlock::Seeds and
/// iteration 0, bit by bit on every machine. It depends on nothing but the seed and the length; a longer one begins with
/// the shorter one.
///
/// `truncation` t > 0 draws from the normal distribution cut off at +-t: an element outside takes what iteration 1 draws in
/// its place, or 2 ... until it lies inside (Brock, Donahue & Simonyan 2019, section 3.1). Smaller t, more typical and less
/// varied images; elements that lie inside stay as they are, so an image keeps its character. 0: no truncation. The
/// expected number of draws is 1 / P(|z| <= t), about 1.25 / t for small t.
void draw_latent(std::uint64_t seed, double truncation, std::span<float> z);

/// How to get from one latent to another.
enum class WalkKind {
  Lerp,  ///< (1 - s) from + s to: straight on; halfway the vector is shorter than a latent usually is
  Slerp  ///< along the arc between the two directions, lengths going along (Shoemake 1985; White 2016, "Sampling
         ///< generative networks", section 2.1): every latent on the way is a likely one
};

/// The latent at `s` in [0, 1] on the way; exactly `from` at 0 and `to` at 1. Slerp between (nearly) parallel or opposite
/// vectors, where no arc is given, is lerp. All of one length; `z` may not overlap the others.
void walk_between(WalkKind kind, std::span<const float> from, std::span<const float> to, double s, std::span<float> z);

}  // namespace gan
