#include "engine/evaluation/shuffle.h"

#include <algorithm>
#include <numeric>

#include "engine/algorithm/draws.h"
#include "kernels/core/contract/error.h"
#include "kernels/random/philox.h"

namespace gan {

std::int64_t RandomSequence::below(std::int64_t bound) {
  require(bound >= 1 && bound <= (std::int64_t{1} << 32), "a random number below {}", bound);
  constexpr auto kStream = static_cast<std::uint32_t>(StreamBlock::Evaluation) + 1024;  // beyond those of programs
  if (next_ % 4 == 0) {
    const std::uint64_t block = next_ / 4;
    const PhiloxWords words = stream_words(seed_, kStream + use_, block >> 32, static_cast<std::uint32_t>(block));
    std::copy_n(words.word, 4, words_);
  }
  const std::uint64_t word = words_[next_++ % 4];
  return static_cast<std::int64_t>(word * static_cast<std::uint64_t>(bound) >> 32);
}

std::vector<std::int64_t> random_order(std::int64_t count, std::uint64_t seed, std::uint32_t use) {
  std::vector<std::int64_t> order(static_cast<std::size_t>(count));
  std::iota(order.begin(), order.end(), std::int64_t{0});
  RandomSequence random(seed, use);
  choose_first(std::span(order), order.size(), random);
  return order;
}

}  // namespace gan
