// Orders that chance decides: the same on every machine.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace gan {

/// Whole numbers of a Philox stream of their own, one after the other.
class RandomSequence {
 public:
  /// `use` tells sequences of one seed apart.
  RandomSequence(std::uint64_t seed, std::uint32_t use) : seed_(seed), use_(use) {}

  /// Uniform in [0, bound), 1 <= bound <= 2^32: the upper half of a word times the bound, which no value is more than
  /// bound / 2^32 off.
  std::int64_t below(std::int64_t bound);

 private:
  std::uint64_t seed_;
  std::uint32_t use_;
  std::uint64_t next_ = 0;
  std::uint32_t words_[4] = {};
};

/// 0 ... count - 1 in an order that `seed` and `use` decide (Fisher & Yates; Durstenfeld 1964).
std::vector<std::int64_t> random_order(std::int64_t count, std::uint64_t seed, std::uint32_t use);

/// Makes the first `chosen` of `values` a random choice among all, each subset as likely as every other; they stay a
/// permutation of what they were.
template <class T>
void choose_first(std::span<T> values, std::size_t chosen, RandomSequence& random) {
  for (std::size_t i = 0; i < chosen; ++i)
    std::swap(values[i],
              values[i + static_cast<std::size_t>(random.below(static_cast<std::int64_t>(values.size() - i)))]);
}

}  // namespace gan
