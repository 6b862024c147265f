// Philox4x32-10, the counter-based generator, and how the streams of a program map to its counters. Host and device.
//
// Salmon, Moraes, Dror & Shaw 2011, "Parallel random numbers: as easy as 1, 2, 3", section 3.3: a bijection of 128-bit
// counters keyed with 64 bits. Ten rounds, the authors' default.
#pragma once

#include <cstdint>

#include "kernels/core/cuda/host_device.h"

namespace gan {

/// A counter going in, or four random words coming out.
struct PhiloxWords {
  std::uint32_t word[4];
};

/// The four random words of `counter` under the key (key0, key1).
GAN_HOST_DEVICE PhiloxWords philox4x32_10(PhiloxWords counter, std::uint32_t key0, std::uint32_t key1) {
  constexpr std::uint32_t kMultiplier0 = 0xD2511F53, kMultiplier1 = 0xCD9E8D57;
  constexpr std::uint32_t kWeyl0 = 0x9E3779B9, kWeyl1 = 0xBB67AE85;  // the golden ratio, sqrt(3) - 1
  constexpr int kRounds = 10;
  for (int round = 0; round < kRounds; ++round) {
    const std::uint64_t product0 = std::uint64_t{kMultiplier0} * counter.word[0];
    const std::uint64_t product1 = std::uint64_t{kMultiplier1} * counter.word[2];
    counter = {
        {static_cast<std::uint32_t>(product1 >> 32) ^ counter.word[1] ^ key0, static_cast<std::uint32_t>(product1),
         static_cast<std::uint32_t>(product0 >> 32) ^ counter.word[3] ^ key1, static_cast<std::uint32_t>(product0)}};
    key0 += kWeyl0;
    key1 += kWeyl1;
  }
  return counter;
}

/// The words of the four elements 4 block ... 4 block + 3 of a stream in an iteration:
///   counter = (block, stream, iteration's low word, iteration's high word)
///   key     = (seed's low word, seed's high word)
/// A stream thus has 2^34 elements an iteration, and no two streams or iterations share a counter.
GAN_HOST_DEVICE PhiloxWords stream_words(std::uint64_t seed, std::uint32_t stream, std::uint64_t iteration,
                                         std::uint32_t block) {
  return philox4x32_10(
      {{block, stream, static_cast<std::uint32_t>(iteration), static_cast<std::uint32_t>(iteration >> 32)}},
      static_cast<std::uint32_t>(seed), static_cast<std::uint32_t>(seed >> 32));
}

/// Elements one counter serves.
constexpr std::int64_t kElementsPerPhiloxBlock = 4;

/// Elements a stream can have in an iteration.
constexpr std::int64_t kMaxStreamElements = kElementsPerPhiloxBlock << 32;

/// The word of one element, from 0 to kMaxStreamElements - 1.
GAN_HOST_DEVICE std::uint32_t stream_word(std::uint64_t seed, std::uint32_t stream, std::uint64_t iteration,
                                          std::int64_t element) {
  const PhiloxWords words =
      stream_words(seed, stream, iteration, static_cast<std::uint32_t>(element / kElementsPerPhiloxBlock));
  // Chosen without an index that varies, which would put the words into a GPU's local memory.
  const bool odd = (element & 1) != 0;
  return (element & 2) != 0 ? (odd ? words.word[3] : words.word[2]) : (odd ? words.word[1] : words.word[0]);
}

}  // namespace gan
