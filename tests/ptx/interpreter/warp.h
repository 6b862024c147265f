// The state of a warp: 32 lanes that execute an instruction at once.
//
// A register is an array of 32 elements, one per lane; constants and special registers look the same, so that an
// instruction never asks what kind of operand it has. Predicates are one word, a bit per lane.
#pragma once

#include <array>
#include <map>
#include <vector>

#include "tests/ptx/interpreter/launch.h"
#include "tests/ptx/interpreter/observer.h"

namespace gan::ptx {

struct Group {
  u32 pc = 0;
  Mask mask = 0;
};

/// A copy by cp.async that has not landed.
struct AsyncCopy {
  u32 to = 0;  ///< in the shared window
  u64 from = 0;
  u8 bytes = 0, read = 0;
  u8 lane = 0;
  u32 group = kNone;                ///< number of its commit group; kNone: not committed
  const Instruction* in = nullptr;  ///< that started it
};

struct Waiting {
  u32 pc = 0;  ///< of the barrier instruction
  Mask mask = 0;
  u32 barrier = 0;
  u32 expected = 0;  ///< threads, 0: all that live
};

struct PendingWgmma {
  u64 a_descriptor = 0, b_descriptor = 0;
  const Instruction* in = nullptr;
  bool scale_d = false;
  u32 group = kNone;
  std::vector<u32> a_registers;  ///< 4 x 32 values if A comes from registers
};

struct Cluster;

struct Warp {
  std::byte* base[2] = {};  ///< registers, constants
  Block* block = nullptr;
  const Program* program = nullptr;
  u32 index = 0;
  Mask born = 0, live = 0;
  Mask carry = 0;
  bool retry = false;  ///< the last instruction asks to be tried again later
  std::vector<Group> ready;
  std::vector<Group> collective;  ///< lanes that wait at a warp-collective
  std::vector<Waiting> waiting;   ///< lanes that wait at a block barrier
  std::vector<AsyncCopy> copies;
  std::array<u32, kLanes> committed{};
  std::vector<PendingWgmma> wgmmas;                ///< not waited for
  std::map<u32, std::vector<float>> accumulators;  ///< their sums, by the first accumulator register
  u32 wgmma_groups = 0, wgmma_count = 0;
  bool wgmma_fenced = false;
  Mask cluster_arrived = 0, cluster_passed = 0;  ///< at the cluster's barrier
  u32 registers = 0;                             ///< a thread, as setmaxnreg said last; 0: it did not
  const Cluster* watched = nullptr;              ///< the cluster, if anybody watches its accesses
  Memory::Region last_region;
  std::byte* local = nullptr;

  template <class T>
  T* reg(u32 ref) const {
    return reinterpret_cast<T*>(base[0] + ref);
  }
  template <class T>
  const T* src(u32 ref) const {
    return reinterpret_cast<const T*>(base[ref >> 31] + (ref & ~kPoolBit));
  }
  Mask pred(u32 ref) const { return *src<Mask>(ref); }
  void set_pred(u32 ref, Mask value, Mask under) const {
    Mask& p = *reg<Mask>(ref);
    p = (p & ~under) | (value & under);
  }
  [[noreturn]] void fault(const Instruction& in, int lane, Fault::Kind kind, const std::string& what) const;

  /// Host address of `bytes` bytes at `address`, checked for bounds and alignment.
  std::byte* at(const Instruction& in, int lane, Space space, u64 address, u32 bytes, bool write);
  /// "kernel.cu:12 (PTX line 34)", or the PTX line alone without -lineinfo.
  std::string place_of(const Instruction& in) const;

  /// Tells whoever watches of an access that has been made; `host` are host addresses, by lane.
  void report(const Instruction& in, AccessKind kind, Proxy proxy, Mask lanes, const u64* host, u32 bytes,
              Mask silent = 0) const;

  std::byte* at_global(const Instruction& in, int lane, u64 address, u32 bytes, bool write);
};

}  // namespace gan::ptx
