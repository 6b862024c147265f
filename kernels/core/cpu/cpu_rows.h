// What the CPU's loops over (rows, channels) matrices share: rows dealt to threads, rows taken four at a time, memory
// for partial results.
//
// Sums over rows go down the columns: the inner loop runs over neighbouring channels and vectorises without
// reassociating anything, so that a result depends on the shape and the number of threads, and on nothing else.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "kernels/core/cpu/cpu_device.h"
#include "kernels/core/cpu/parallel.h"

namespace gan {

/// A matrix's rows, dealt to threads in contiguous parts of at least kElementGrain elements.
class RowParts {
 public:
  RowParts(std::int64_t rows, std::int64_t channels, int threads) : rows_(rows), threads_(threads) {
    count_ = std::clamp<std::int64_t>(rows * channels / kElementGrain, 1, threads);
  }

  /// How many parts there are: at least 1, at most `threads`.
  std::int64_t count() const { return count_; }

  /// Calls `body(part, begin, end)` for the rows [begin, end) of every part.
  template <class Body>
  void for_each(const Body& body) const {
    parallel_for(count_, 1, threads_, [&](std::int64_t first, std::int64_t last) {
      for (std::int64_t part = first; part < last; ++part)
        body(part, rows_ * part / count_, rows_ * (part + 1) / count_);
    });
  }

 private:
  std::int64_t rows_, count_;
  int threads_;
};

/// Calls `body(std::integral_constant<int, 4>, row)` for every fourth row of [begin, end), then body(<1>, row) for the
/// rest.
template <class Body>
void four_rows_at_a_time(std::int64_t begin, std::int64_t end, const Body& body) {
  std::int64_t row = begin;
  for (; row + 4 <= end; row += 4) body(std::integral_constant<int, 4>{}, row);
  for (; row < end; ++row) body(std::integral_constant<int, 1>{}, row);
}

/// Arrays carved from a device's scratch memory, each aligned to 64 bytes. All of them are given back with the next
/// instruction.
class ScratchArrays {
 public:
  /// Room for `doubles` + `floats` elements in `arrays` arrays at most.
  ScratchArrays(CpuDevice& device, std::int64_t doubles, std::int64_t floats, int arrays)
      : next_(static_cast<std::byte*>(device.scratch(static_cast<std::size_t>(doubles) * 8 +
                                                     static_cast<std::size_t>(floats) * 4 +
                                                     static_cast<std::size_t>(arrays) * kAlignment))) {}

  /// The next `count` elements; their content is undefined.
  template <class T>
  T* take(std::int64_t count) {
    T* array = reinterpret_cast<T*>(next_);
    next_ += (static_cast<std::size_t>(count) * sizeof(T) + kAlignment - 1) / kAlignment * kAlignment;
    return array;
  }

 private:
  static constexpr std::size_t kAlignment = 64;
  std::byte* next_;
};

}  // namespace gan
