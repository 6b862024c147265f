// Which images are asked for: each is addressed by a seed.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace gan {

/// Seeds in an order, as ranges: a list of a billion takes no more memory than its text. A seed may stand there twice.
class SeedList {
 public:
  static constexpr std::int64_t kMost = 1'000'000'000;

  /// The seeds 1 ... count.
  static SeedList first(std::int64_t count);

  /// Reads seeds and ranges of them, separated by commas: "7", "1-64", "3,9,100-199". InputError (without saying where)
  /// for anything else, seeds above 2^63 - 1, ranges that fall, and more than kMost seeds.
  static SeedList parse(std::string_view text);

  std::int64_t count() const { return count_; }
  /// The seed at a place, from 0 to count() - 1.
  std::uint64_t operator[](std::int64_t index) const;

 private:
  struct Range {
    std::uint64_t first;
    std::int64_t before;  ///< seeds in the ranges before this one
  };

  void append(std::uint64_t first, std::uint64_t last);

  std::vector<Range> ranges_;
  std::int64_t count_ = 0;
};

}  // namespace gan
