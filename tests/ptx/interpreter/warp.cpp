#include "tests/ptx/interpreter/warp.h"

#include <algorithm>

#include "tests/ptx/interpreter/block.h"
#include "tests/ptx/interpreter/race_detector.h"

namespace gan::ptx {
namespace {

/// "kernel.cu:12", if the kernel was compiled with -lineinfo.
std::string source_of(const Program& program, const Instruction& in) {
  const auto file = program.files.find(in.file);
  if (file == program.files.end() || in.source_line == 0) return "";
  return file->second + ":" + std::to_string(in.source_line);
}

/// What a host address is on the device.
struct Place {
  Space space = Space::kGlobal;
  const Block* owner = nullptr;
  u64 address = 0;
};
Place place_on_device(const Warp& warp, const Instruction& in, u64 host) {
  if (in.space == Space::kGlobal || in.space == Space::kConst) return {Space::kGlobal, nullptr, host};
  const auto within = [&](const std::byte* base, u64 bytes) { return host - reinterpret_cast<u64>(base) < bytes; };
  for (const Block& block : warp.block->cluster->blocks)
    if (within(block.shared, block.shared_bytes))
      return {Space::kShared, &block, host - reinterpret_cast<u64>(block.shared)};
  if (within(warp.local, kLanes * warp.program->local_bytes))
    return {Space::kLocal, nullptr, host - reinterpret_cast<u64>(warp.local)};
  return {Space::kGlobal, nullptr, host};
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
                        "\n  at " + place_of(in) + "\n  PTX line " + std::to_string(in.line) + ": " +
                        std::string(line));
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
    const u64 top = address - kSharedWindow < (kMostClusterBlocks + 1) * kWindowBytes ? kSharedWindow
                                                                                      : address & ~(kWindowBytes - 1);
    space = top == kSharedWindow  ? Space::kShared
            : top == kLocalWindow ? Space::kLocal
            : top == kParamWindow ? Space::kParam
                                  : Space::kGlobal;
    if (space != Space::kGlobal) address -= top;
  }
  switch (space) {
    case Space::kShared: {
      const Block* owner = block;
      if (const u64 rank = address / kWindowBytes; rank != 0 && rank <= block->cluster->blocks.size()) {
        owner = &block->cluster->blocks[rank - 1];
        address %= kWindowBytes;
      }
      const u64 offset = address - kSharedStart;
      if (offset >= block->shared_bytes || offset + bytes > block->shared_bytes)
        fault(in, lane, Fault::Kind::kIllegalAddress,
              std::string(write ? "writing " : "reading ") + std::to_string(bytes) + " bytes of shared memory at " +
                  std::to_string(static_cast<s64>(offset)) + " of " + std::to_string(block->shared_bytes));
      return owner->shared + offset;
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

std::string Warp::place_of(const Instruction& in) const {
  const std::string source = source_of(*program, in), line = "PTX line " + std::to_string(in.line);
  return source.empty() ? line : source + " (" + line + ")";
}

void Warp::report(const Instruction& in, AccessKind kind, Proxy proxy, Mask lanes, const u64* host, u32 bytes,
                  Mask silent) const {
  while (lanes != 0) {  // by what the addresses mean; nearly always all mean the same
    const Place first = place_on_device(*this, in, host[__builtin_ctz(lanes)]);
    u64 addresses[kLanes];
    Mask same = 0;
    for (Mask m = lanes; m != 0; m &= m - 1) {
      const int lane = __builtin_ctz(m);
      const Place place = place_on_device(*this, in, host[lane]);
      if (place.space != first.space || place.owner != first.owner) continue;
      addresses[lane] = place.address;
      same |= m & -m;
    }
    const Access access{.warp = *this,
                        .instruction = in,
                        .space = first.space,
                        .kind = kind,
                        .proxy = proxy,
                        .lanes = same,
                        .addresses = addresses,
                        .bytes = bytes,
                        .owner = first.owner,
                        .silent = silent};
    if (watched->races != nullptr) watched->races->accessed(access);
    if (watched->observer != nullptr) watched->observer->accessed(access);
    lanes &= ~same;
  }
}

}  // namespace gan::ptx
