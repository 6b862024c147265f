#include "engine/program/memory_plan.h"

#include <algorithm>
#include <map>

namespace gan {

namespace {

std::vector<Placement> lifetimes(const Program& program) {
  std::vector<Placement> alive;
  std::map<int, std::size_t> known;  // storage -> index in `alive`
  for (int i = 0; i < static_cast<int>(program.steps.size()); ++i) {
    const Instruction& instruction = program.steps[static_cast<std::size_t>(i)].instruction;
    for_each_operand(instruction, [&](const char*, const Tensor& tensor, Access) {
      if (tensor.owner == Owner::Run) return;
      const auto [entry, is_new] = known.try_emplace(tensor.storage, alive.size());
      if (is_new)
        alive.push_back({.storage = tensor.storage,
                         .bytes = arena_aligned(program.storage_of(tensor).bytes()),
                         .first_step = i,
                         .last_step = i});
      alive[entry->second].last_step = i;
    });
  }
  const auto keep = [&](const Tensor& tensor) {
    if (tensor.owner == Owner::Run) return;
    if (const auto entry = known.find(tensor.storage); entry != known.end())
      alive[entry->second].last_step = static_cast<int>(program.steps.size()) - 1;
  };
  for (const Program::Output& output : program.outputs) keep(output.tensor);
  keep(program.readings.values);
  return alive;
}

bool meet(const Placement& a, const Placement& b) { return a.first_step <= b.last_step && b.first_step <= a.last_step; }

}  // namespace

std::size_t arena_aligned(std::size_t bytes) {
  return (bytes + kArenaAlignment - 1) / kArenaAlignment * kArenaAlignment;
}

std::size_t aligned_bytes(const StorageTable& table) {
  std::size_t total = 0;
  for (int id = 0; id < table.size(); ++id) total += arena_aligned(table[id].bytes());
  return total;
}

MemoryPlan plan_memory(const Program& program) {
  MemoryPlan plan{.placements = lifetimes(program)};
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
