// Where the parts of a device's scratch memory lie.
#pragma once

#include <cstddef>

namespace gan {

/// Hands out places in scratch memory (CpuDevice::scratch) one after the other, each aligned to 64 bytes.
class ScratchLayout {
 public:
  /// Offset of the next `bytes`, in bytes from the start.
  std::size_t take(std::size_t bytes) {
    constexpr std::size_t kAlignment = 64;
    const std::size_t offset = bytes_;
    bytes_ += (bytes + kAlignment - 1) / kAlignment * kAlignment;
    return offset;
  }
  /// Of everything taken so far.
  std::size_t bytes() const { return bytes_; }

 private:
  std::size_t bytes_ = 0;
};

}  // namespace gan
