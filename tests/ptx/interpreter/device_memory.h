// Which memory kernels may touch, and the address windows of the other state spaces.
#pragma once

#include <map>
#include <string>

#include "tests/ptx/interpreter/types.h"

namespace gan::ptx {

// Generic addresses of the windows; everything else is global. No host address looks like these. Their low halves are not
// zero: who cuts a generic address to 32 bits instead of converting it must not get a shared address.
constexpr u64 kSharedWindow = 0x5100'0000'3100'0000;
constexpr u64 kLocalWindow = 0x5200'0000'3200'0000;
constexpr u64 kParamWindow = 0x5300'0000'3300'0000;
constexpr u64 kWindowBytes = 1u << 24;
/// Shared memory of the block with rank r of a cluster lies r + 1 windows behind that of the thread's own.
constexpr u64 kMostClusterBlocks = 8;
constexpr u32 kSharedStart = 1024;  ///< the first KiB belongs to the system on sm_90, and null is never valid

enum class Space : u8 { kGeneric, kGlobal, kShared, kLocal, kConst, kParam };

/// Which memory kernels may touch.
class Memory {
 public:
  struct Region {
    u64 base = 0, bytes = 0;
    bool writable = true;
  };
  void add(const void* base, std::size_t bytes, bool writable = true);
  void remove(const void* base);
  /// The region that holds `address`, or an empty one.
  Region find(u64 address) const;
  /// In words: where `address` lies, for messages.
  std::string describe(u64 address) const;
  static Memory& instance();

 private:
  std::map<u64, Region> regions_;
};

}  // namespace gan::ptx
