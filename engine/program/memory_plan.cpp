#include "engine/program/memory_plan.h"

#include <algorithm>
#include <map>

#include "kernels/core/contract/error.h"

namespace gan {

namespace {

std::size_t aligned(std::size_t bytes) { return (bytes + kArenaAlignment - 1) / kArenaAlignment * kArenaAlignment; }

std::vector<Placement> lifetimes(const Program& program, const StorageTable& table) {
  std::vector<Placement> alive;
  std::map<int, std::size_t> known;  // storage -> index in `alive`
  for (int i = 0; i < static_cast<int>(program.steps.size()); ++i) {
    const Instruction& instruction = program.steps[static_cast<std::size_t>(i)].instruction;
    for_each_operand(instruction, [&](const char* operand, const Tensor& tensor, Access access) {
      require(tensor.storage >= 0, "step {} ({}): operand {} has no storage", i, name_of(instruction), operand);
      const Storage& storage = table[tensor.storage];
      if (storage.persistent) return;
      const auto [entry, is_new] = known.try_emplace(tensor.storage, alive.size());
      if (is_new) {
        require(access == Access::Write || access == Access::Scratch, "step {} ({}) reads {} before anything wrote it",
                i, name_of(instruction), table.name_of(tensor));
        alive.push_back(
            {.storage = tensor.storage, .bytes = aligned(storage.bytes()), .first_step = i, .last_step = i});
      }
      alive[entry->second].last_step = i;
    });
  }
  for (const Program::Output& output : program.outputs)
    if (const auto entry = known.find(output.tensor.storage); entry != known.end())
      alive[entry->second].last_step = static_cast<int>(program.steps.size()) - 1;
  return alive;
}

bool meet(const Placement& a, const Placement& b) { return a.first_step <= b.last_step && b.first_step <= a.last_step; }

}  // namespace

MemoryPlan plan_memory(const Program& program, const StorageTable& table) {
  MemoryPlan plan{.placements = lifetimes(program, table)};
  std::vector<Placement*> by_size;
  for (Placement& placement : plan.placements) by_size.push_back(&placement);
  std::stable_sort(by_size.begin(), by_size.end(), [](const auto* a, const auto* b) { return a->bytes > b->bytes; });

  std::vector<const Placement*> placed;  // by address
  for (Placement* placement : by_size) {
    std::size_t offset = 0;
    for (const Placement* other : placed) {
      if (!meet(*placement, *other)) continue;
      if (offset + placement->bytes <= other->offset) break;
      offset = std::max(offset, other->offset + other->bytes);
    }
    placement->offset = offset;
    plan.arena_bytes = std::max(plan.arena_bytes, offset + placement->bytes);
    placed.insert(std::upper_bound(placed.begin(), placed.end(), placement,
                                   [](const auto* a, const auto* b) { return a->offset < b->offset; }),
                  placement);
  }

  for (int step = 0; step < static_cast<int>(program.steps.size()); ++step) {
    std::size_t live = 0;
    for (const Placement& p : plan.placements)
      if (p.first_step <= step && step <= p.last_step) live += p.bytes;
    plan.live_bytes = std::max(plan.live_bytes, live);
  }
  return plan;
}

}  // namespace gan
