#include "tests/ptx/interpreter/special.h"

#include <chrono>

#include "tests/ptx/interpreter/decode.h"

namespace gan::ptx {
namespace {

constexpr std::string_view kNames[] = {"%tid.x",
                                       "%tid.y",
                                       "%tid.z",
                                       "%ntid.x",
                                       "%ntid.y",
                                       "%ntid.z",
                                       "%ctaid.x",
                                       "%ctaid.y",
                                       "%ctaid.z",
                                       "%nctaid.x",
                                       "%nctaid.y",
                                       "%nctaid.z",
                                       "%laneid",
                                       "%warpid",
                                       "%nwarpid",
                                       "%lanemask_eq",
                                       "%lanemask_lt",
                                       "%lanemask_le",
                                       "%lanemask_gt",
                                       "%lanemask_ge",
                                       "%smid",
                                       "%nsmid",
                                       "%dynamic_smem_size",
                                       "%total_smem_size",
                                       "%cluster_ctarank",
                                       "%cluster_nctarank",
                                       "%clock",
                                       "%clock64",
                                       "%globaltimer",
                                       "%gridid",
                                       "%cluster_ctaid.x",
                                       "%cluster_ctaid.y",
                                       "%cluster_ctaid.z",
                                       "%clock_hi"};

u32 value(const Warp& warp, u32 id, u32 lane) {
  const Block& b = *warp.block;
  const Dim &block = b.launch->block, &grid = b.launch->grid;
  const u32 t = warp.index * kLanes + lane;
  const Mask bit = Mask{1} << lane;
  switch (id) {
    case 0: return t % block.x;
    case 1: return t / block.x % block.y;
    case 2: return t / block.x / block.y;
    case 3: return block.x;
    case 4: return block.y;
    case 5: return block.z;
    case 6: return b.x;
    case 7: return b.y;
    case 8: return b.z;
    case 9: return grid.x;
    case 10: return grid.y;
    case 11: return grid.z;
    case 12: return lane;
    case 13: return warp.index;
    case 14: return static_cast<u32>(b.warps.size());
    case 15: return bit;
    case 16: return bit - 1;
    case 17: return bit | (bit - 1);
    case 18: return ~(bit | (bit - 1));
    case 19: return ~(bit - 1);
    case 21: return 132;
    case 22: return static_cast<u32>(b.launch->dynamic_shared);
    case 23: return b.shared_bytes;
    case 24: return b.rank;
    case 25: return b.launch->cluster_blocks;
    case 30: return b.rank;
    default: return 0;
  }
}

}  // namespace

u32 special_register(std::string_view name) {
  for (u32 i = 0; i < std::size(kNames); ++i)
    if (kNames[i] == name) return i;
  return kNone;
}

bool special_is_wide(u32 id) { return id >= 27 && id <= 29; }

void fill_special(Warp& warp, const Program::Special& special) {
  for (u32 lane = 0; lane < kLanes; ++lane) {
    if (special_is_wide(special.id))
      warp.reg<u64>(special.reg)[lane] = static_cast<u64>(std::chrono::steady_clock::now().time_since_epoch().count());
    else warp.reg<u32>(special.reg)[lane] = value(warp, special.id, lane);
  }
}

}  // namespace gan::ptx
