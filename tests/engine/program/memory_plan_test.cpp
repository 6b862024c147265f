// The arena: no two tensors that are alive at the same time may share a byte.
#include "engine/program/memory_plan.h"

#include <algorithm>
#include <random>

#include "engine/device/runtime.h"
#include "engine/run/training_programs.h"
#include "kernels/core/contract/error.h"
#include "tests/support/catch.h"

using namespace gan;

namespace {

void require_no_overlap(const MemoryPlan& plan) {
  for (const Placement& a : plan.placements) {
    REQUIRE(a.offset % kArenaAlignment == 0);
    REQUIRE(a.offset + a.bytes <= plan.arena_bytes);
    for (const Placement& b : plan.placements) {
      if (&a == &b) continue;
      const bool alive_together = a.first_step <= b.last_step && b.first_step <= a.last_step;
      const bool share_memory = a.offset < b.offset + b.bytes && b.offset < a.offset + a.bytes;
      INFO("storages " << a.storage << " and " << b.storage);
      REQUIRE_FALSE((alive_together && share_memory));
    }
  }
  REQUIRE(plan.arena_bytes >= plan.live_bytes);
}

/// A program of random fills, copies and sums over tensors of random sizes; `sums` are its outputs.
Program random_program(const StorageTable& table, unsigned seed) {
  std::mt19937 random(seed);
  Builder b(table, {.name = "random"});
  b.phase("all");
  std::vector<Tensor> made;
  for (int i = 0; i < 60; ++i) {
    const std::int64_t count = 1 + static_cast<std::int64_t>(random() % 2000);
    const Tensor tensor = b.transient("t" + std::to_string(i), {count});
    b.emit(Fill{.y = tensor, .value = static_cast<float>(i)});
    for (const Tensor& other : made)
      if (random() % 8 == 0 && other.count() <= count) {
        Tensor head = tensor;
        head.shape = other.shape;
        b.emit(Sum{.x = head, .y = other, .z = head, .beta = 0.5f});
      }
    made.push_back(tensor);
    if (random() % 4 == 0) b.output("t" + std::to_string(i), tensor);
  }
  return b.finish();
}

}  // namespace

TEST_CASE("random programs: live tensors never overlap, and memory is reused", "[memory_plan]") {
  for (unsigned seed = 0; seed < 20; ++seed) {
    INFO("seed " << seed);
    StorageTable table;
    const Program program = random_program(table, seed);
    const MemoryPlan plan = plan_memory(program);
    require_no_overlap(plan);
    std::size_t without_reuse = 0;
    for (const Placement& p : plan.placements) without_reuse += p.bytes;
    CHECK(plan.arena_bytes < without_reuse);
  }
}

TEST_CASE("an arena with reuse computes what private memory computes", "[memory_plan]") {
  for (unsigned seed = 0; seed < 5; ++seed) {
    INFO("seed " << seed);
    const StorageTable table;
    const Program reused = random_program(table, seed);
    Program everything_kept = reused;
    const std::size_t outputs = reused.outputs.size();
    for (int id = 0; id < reused.transients.size(); ++id)
      everything_kept.outputs.push_back(
          {"kept", {.owner = Owner::Program, .storage = id, .shape = reused.transients[id].shape}});
    Runtime with_reuse(make_cpu_backend(1), PlannedPrograms(table, {reused}));
    Runtime without_reuse(make_cpu_backend(1), PlannedPrograms(table, {everything_kept}));
    with_reuse.run(0);
    without_reuse.run(0);
    for (std::size_t i = 0; i < outputs; ++i)
      CHECK(with_reuse.read<float>(with_reuse.program(0).outputs[i].tensor) ==
            without_reuse.read<float>(without_reuse.program(0).outputs[i].tensor));
  }
}

TEST_CASE("the plans of real iterations", "[memory_plan]") {
  for (const char* model : {"mlp", "dcgan"}) {
    TrainingOptions options;
    options.model = model;
    options.width = 4;
    options.batch = 3;
    options.d_steps = 2;
    options.iterations = 1;
    const TrainingPrograms programs(options, 100, 1);
    for (const Program& program : programs.programs) {
      INFO(model << ", " << program.name);
      require_no_overlap(plan_memory(program));
    }
  }
}

TEST_CASE("an output lives to the end of its program", "[memory_plan]") {
  StorageTable table;
  Builder b(table, {.name = "outputs"});
  b.phase("all");
  const Tensor kept = b.transient("kept", {64});
  b.emit(Fill{.y = kept, .value = 1});
  const Tensor later = b.transient("later", {64});
  b.emit(Fill{.y = later, .value = 2});
  b.output("kept", kept);
  const MemoryPlan plan = plan_memory(b.finish());
  REQUIRE(plan.placements.size() == 2);
  CHECK(plan.placements[0].offset != plan.placements[1].offset);
}
