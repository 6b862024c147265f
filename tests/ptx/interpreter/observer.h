// What somebody who watches a launch is told: the race detector, and whoever wants to count. Without an observer the
// interpreter asks once a warp instruction whether there is one, and does nothing else.
#pragma once

#include "tests/ptx/interpreter/program.h"

namespace gan::ptx {

struct Block;

enum class AccessKind : u8 { kRead, kWrite, kAtomic };

/// Ordinary accesses, or those of the units for bulk copies and wgmma, which only fences order with ordinary ones.
enum class Proxy : u8 { kGeneric, kAsync };

/// One memory access of a warp instruction: every lane of `lanes` touches `bytes` bytes at `addresses[lane]`.
struct Access {
  const Warp& warp;
  const Instruction& instruction;
  Space space = Space::kGlobal;  ///< kGlobal, kShared or kLocal: a generic address is reported as what it means
  AccessKind kind = AccessKind::kRead;
  Proxy proxy = Proxy::kGeneric;
  Mask lanes = 0;
  const u64* addresses = nullptr;  ///< global addresses; offsets in the shared memory of `owner`; local addresses
  u32 bytes = 0;
  const Block* owner = nullptr;  ///< whose shared memory: another block's of the cluster, maybe
  Mask silent = 0;               ///< lanes that wrote what was already there
};

class Observer {
 public:
  virtual ~Observer() = default;
  /// `active` lanes are about to execute an instruction (a collective: the lanes that come to it).
  virtual void executed(const Warp&, const Instruction&, Mask /*active*/) {}
  /// The access has been made; it was within bounds.
  virtual void accessed(const Access&) {}
};

}  // namespace gan::ptx
