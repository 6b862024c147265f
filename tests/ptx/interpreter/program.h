// A decoded kernel.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "tests/ptx/interpreter/device_memory.h"

namespace gan::ptx {

struct Warp;
struct Block;
struct Instruction;
struct Program;
using Handler = void (*)(Warp&, const Instruction&, Mask);

/// What an instruction does to the order of execution. kRetry: it may set Warp::retry, and the lanes then let others run
/// before they go on; kRepeat: the same, and they come to this instruction again.
enum class Flow : u8 { kNext, kBranch, kExit, kBarrier, kCollective, kRetry, kRepeat };

constexpr u32 kNone = ~u32{0};
constexpr u32 kPoolBit = u32{1} << 31;  ///< of an operand: a constant, not a register

struct Instruction {
  Handler run = nullptr;
  u32 d = 0, a = 0, b = 0, c = 0;  ///< operands: byte offsets
  u32 guard = kNone;
  u32 target = 0;  ///< of a branch
  u32 extra = 0;   ///< first of further operands in Program::operands
  u32 line = 0;    ///< in the PTX text
  u32 file = 0, source_line = 0;
  s64 offset = 0;  ///< added to an address
  u16 count = 0;   ///< of further operands
  Flow flow = Flow::kNext;
  bool guard_negated = false;
  bool read_only_path = false;  ///< ld.global.nc
  bool strong = false;          ///< relaxed, acquire, release; volatile in global memory: no data race by itself
  Space space = Space::kGeneric;
  u8 bytes = 0;     ///< of an access
  u8 mode[6] = {};  ///< what the instruction's modifiers say
};

struct Program {
  struct Param {
    std::size_t offset = 0, bytes = 0;
  };
  struct Special {
    u32 id = 0, reg = 0;
  };
  std::string name;
  std::vector<Instruction> code;
  std::vector<u32> operands;
  std::vector<std::byte> pool;
  std::vector<Param> params;
  std::vector<Special> specials;
  std::size_t register_bytes = 0, shared_bytes = 0, local_bytes = 0, param_bytes = 0;
  u32 cluster_blocks = 0;
  u32 max_threads = 0, min_blocks = 0;  ///< launch bounds; 0: none
  bool has_dynamic_shared = false;
  std::shared_ptr<const std::string> text;
  std::vector<std::string_view> lines;
  std::map<u32, std::string> files;
};

}  // namespace gan::ptx
