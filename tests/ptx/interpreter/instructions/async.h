// mbarriers and bulk copies under way: state of a block.
#pragma once

#include <functional>

#include "tests/ptx/interpreter/block.h"

namespace gan::ptx {

struct Mbarrier {
  u32 expected = 0, pending = 0;
  s64 tx = 0;
  u64 phase = 0;
};

struct BulkCopy {
  u32 barrier = 0;  ///< kNone: completes by bulk groups
  u32 bytes = 0;
  std::function<void()> land;
  u32 thread = 0;  ///< who started it
  u32 group = kNone;
};

}  // namespace gan::ptx
