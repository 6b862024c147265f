#include "tests/ptx/interpreter/warp.h"

#include <algorithm>

#include "tests/ptx/interpreter/block.h"

namespace gan::ptx {
namespace {

/// Where the instruction comes from, if the kernel was compiled with -lineinfo.
std::string source_of(const Program& program, const Instruction& in) {
  const auto file = program.files.find(in.file);
  if (file == program.files.end() || in.source_line == 0) return "";
  return "\n  source " + file->second + ":" + std::to_string(in.source_line);
}

}  // namespace

void Warp::fault(const Instruction& in, int lane, Fault::Kind kind, const std::string& what) const {
  const Dim& size = block->launch->block;
  const u32 t = index * kLanes + static_cast<u32>(std::max(lane, 0));
  const auto point = [](u32 x, u32 y, u32 z) {
    return "(" + std::to_string(x) + ", " + std::to_string(y) + ", " + std::to_string(z) + ")";
  };
  std::string_view line = in.line > 0 && in.line <= program->lines.size() ? program->lines[in.line - 1] : "";
  line.remove_prefix(std::min(line.find_first_not_of(" \t"), line.size()));
  throw Fault(kind, what + "\n  kernel " + program->name + "\n  block " + point(block->x, block->y, block->z) + ", " +
                        (lane < 0 ? "warp " + std::to_string(index)
                                  : "thread " + point(t % size.x, t / size.x % size.y, t / size.x / size.y)) +
                        source_of(*program, in) + "\n  PTX line " + std::to_string(in.line) + ": " + std::string(line));
}

std::byte* Warp::at_global(const Instruction& in, int lane, u64 address, u32 bytes, bool write) {
  const Memory::Region r = Memory::instance().find(address);
  if (r.bytes == 0 || address - r.base + bytes > r.bytes)
    fault(in, lane, Fault::Kind::kIllegalAddress,
          std::string(write ? "writing " : "reading ") + std::to_string(bytes) + " bytes of global memory, " +
              Memory::instance().describe(address));
  if (write && !r.writable) fault(in, lane, Fault::Kind::kIllegalAddress, "writing constant memory");
  last_region = r;
  return reinterpret_cast<std::byte*>(address);
}

std::byte* Warp::at(const Instruction& in, int lane, Space space, u64 address, u32 bytes, bool write) {
  if ((address & (bytes - 1)) != 0)
    fault(in, lane, Fault::Kind::kMisaligned,
          "an access of " + std::to_string(bytes) + " bytes at an address that is " + std::to_string(address % bytes) +
              " modulo it");
  if (space == Space::kGeneric) {
    const u64 top = address & ~(kWindowBytes - 1);
    space = top == kSharedWindow  ? Space::kShared
            : top == kLocalWindow ? Space::kLocal
            : top == kParamWindow ? Space::kParam
                                  : Space::kGlobal;
    if (space != Space::kGlobal) address -= top;
  }
  switch (space) {
    case Space::kShared: {
      const u64 offset = address - kSharedStart;
      if (offset >= block->shared_bytes || offset + bytes > block->shared_bytes)
        fault(in, lane, Fault::Kind::kIllegalAddress,
              std::string(write ? "writing " : "reading ") + std::to_string(bytes) + " bytes of shared memory at " +
                  std::to_string(static_cast<s64>(offset)) + " of " + std::to_string(block->shared_bytes));
      return block->shared + offset;
    }
    case Space::kLocal:
      if (address >= program->local_bytes || address + bytes > program->local_bytes)
        fault(in, lane, Fault::Kind::kIllegalAddress, "local memory out of bounds");
      return local + static_cast<std::size_t>(lane) * program->local_bytes + address;
    case Space::kParam:
      if (write || address + bytes > program->param_bytes)
        fault(in, lane, Fault::Kind::kIllegalAddress, "parameters out of bounds");
      return block->params + address;
    default: break;
  }
  const u64 offset = address - last_region.base;
  if (offset < last_region.bytes && offset + bytes <= last_region.bytes && (!write || last_region.writable))
    return reinterpret_cast<std::byte*>(address);
  return at_global(in, lane, address, bytes, write);
}

}  // namespace gan::ptx
