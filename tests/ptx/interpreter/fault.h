// What a kernel is stopped for.
#pragma once

#include <stdexcept>
#include <string>

namespace gan::ptx {

/// What real hardware would report, or leave undefined.
struct Fault : std::runtime_error {
  enum class Kind { kIllegalAddress, kMisaligned, kUndefined, kDeadlock, kAssert, kRace };
  Fault(Kind k, const std::string& text) : std::runtime_error(text), kind(k) {}
  Kind kind;
};

}  // namespace gan::ptx
