// Keyed permutations of [0, count) that need no memory: the order in which an epoch visits the data set. Host and
// device.
//
// A generalised Feistel network (Black & Rogaway 2002, "Ciphers with arbitrary finite domains", section 5): x is
// written as (left, right) on a grid of `columns` x `rows` cells that is barely larger than count; each round adds to
// one coordinate a random function of the other, modulo its extent, which a round can undo: so the network is a
// bijection of the grid. Walking on until a cell inside [0, count) is met makes it one of [0, count) ("cycle walking",
// same paper, section 4).
#pragma once

#include <cmath>
#include <cstdint>

#include "kernels/core/cuda/host_device.h"
#include "kernels/random/philox.h"

namespace gan {

/// The grid of the permutations of [0, count): columns = ceil(sqrt(count)), rows = ceil(count / columns).
struct PermutationGrid {
  std::uint32_t count, columns, rows;
};

/// The grid for 1 <= count < 2^31.
inline PermutationGrid permutation_grid(std::int64_t count) {
  auto columns = static_cast<std::int64_t>(std::ceil(std::sqrt(static_cast<double>(count))));
  const std::int64_t rows = (count + columns - 1) / columns;
  return {static_cast<std::uint32_t>(count), static_cast<std::uint32_t>(columns), static_cast<std::uint32_t>(rows)};
}

/// Where permutation number `epoch` of a stream sends `position` < count. Costs about kRounds Philox blocks: the walk
/// takes 1 + 1/sqrt(count) steps on average. The round number takes the counter's upper half of word 0, the coordinate
/// (below 2^16, as count < 2^31) the lower half.
GAN_HOST_DEVICE std::uint32_t permuted(std::uint32_t position, const PermutationGrid& grid, std::uint64_t seed,
                                       std::uint32_t stream, std::uint64_t epoch) {
  // Four rounds suffice for large grids (Luby & Rackoff 1988); the tiny ones, too, look uniform after eight.
  constexpr std::uint32_t kRounds = 8;
  std::uint32_t x = position;
  do {
    std::uint32_t left = x % grid.columns, right = x / grid.columns;
    for (std::uint32_t round = 0; round < kRounds; ++round) {
      const bool moves_left = round % 2 == 0;
      const std::uint32_t fixed = moves_left ? right : left;
      std::uint32_t& moved = moves_left ? left : right;
      const std::uint32_t extent = moves_left ? grid.columns : grid.rows;
      const std::uint32_t word = stream_words(seed, stream, epoch, round << 16 | fixed).word[0];
      const auto shift = static_cast<std::uint32_t>(std::uint64_t{word} * extent >> 32);  // uniform in [0, extent)
      moved = moved + shift < extent ? moved + shift : moved + shift - extent;
    }
    x = right * grid.columns + left;
  } while (x >= grid.count);
  return x;
}

/// The data set's element that draw number `draw` (counted from the start of the training) takes.
GAN_HOST_DEVICE std::uint32_t sampled_index(std::uint64_t draw, const PermutationGrid& grid, std::uint64_t seed,
                                            std::uint32_t stream) {
  return permuted(static_cast<std::uint32_t>(draw % grid.count), grid, seed, stream, draw / grid.count);
}

}  // namespace gan
