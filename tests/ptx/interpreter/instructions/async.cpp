#include "tests/ptx/interpreter/instructions/async.h"

namespace gan::ptx {

void DeleteAsyncState::operator()(AsyncState* s) const { delete s; }

AsyncState& async_state(Block& block) {
  if (!block.async) block.async.reset(new AsyncState);
  return *block.async;
}

void check_nothing_under_way(const Block& block) {
  if (!block.async) return;
  const auto fail = [&](const std::string& what) {
    block.warps[0].fault(block.program->code.back(), -1, Fault::Kind::kUndefined, "the block ends while " + what);
  };
  if (!block.async->copies.empty()) fail(std::to_string(block.async->copies.size()) + " bulk copies are under way");
  for (const auto& [address, b] : block.async->barriers)
    if (b.tx != 0)
      fail("the mbarrier at " + std::to_string(address - kSharedStart) + " expects " + std::to_string(b.tx) + " bytes");
}

u64 address_at(const Warp& warp, const Instruction& in, u32 i, int lane) {
  const u32 ref = further(warp, in, i);
  const u64 base = further(warp, in, i + 1) ? u64{warp.src<u32>(ref)[lane]} : warp.src<u64>(ref)[lane];
  return base + static_cast<u64>(static_cast<s64>(static_cast<s32>(further(warp, in, i + 2))));
}

void address_operand(Decoding& s, const Operand& o, Instruction& in) {
  Instruction part;
  s.address(o, part);
  s.append(part.a, in), s.append(part.mode[5], in), s.append(static_cast<u32>(part.offset), in);
}

SharedPlace shared_place(const Warp& warp, const Instruction& in, int lane, u64 address) {
  if (address >= kSharedWindow) address -= kSharedWindow;
  const u64 rank = address / kWindowBytes;  // 0: the thread's own block; else 1 + the rank in the cluster
  std::vector<Block>& blocks = warp.block->cluster->blocks;
  if (rank > blocks.size()) warp.fault(in, lane, Fault::Kind::kIllegalAddress, "not an address of shared memory");
  return {rank == 0 ? warp.block : &blocks[rank - 1], static_cast<u32>(address % kWindowBytes)};
}

bool decode_async(Decoding& s, Instruction& in) {
  return decode_mbarrier(s, in) || decode_bulk(s, in) || decode_cp_async(s, in);
}

}  // namespace gan::ptx
