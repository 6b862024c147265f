// Programs as values: what validate() refuses, and what the builder keeps.
#include "engine/program/program.h"

#include <functional>

#include "engine/device/runtime.h"
#include "engine/program/builder.h"
#include "kernels/core/contract/error.h"
#include "tests/support/catch.h"
#include "tests/support/error_message.h"

using namespace gan;

namespace {

/// y = 2 x over a persistent x: the smallest program with a transient, an output and a reading.
Program doubling(const StorageTable& table, const Tensor& x) {
  Builder b(table, {.name = "doubling"});
  b.phase("all");
  const Tensor y = b.transient("y", x.shape);
  b.emit(Sum{.x = x, .y = x, .z = y});
  b.emit(Fill{.y = b.reading("two"), .value = 2});
  b.output("y", y);
  return b.finish();
}

}  // namespace

TEST_CASE("a valid program passes, each way of breaking it is refused by name", "[program]") {
  StorageTable table;
  const Tensor x = table.add({.name = "x", .shape = {4}});
  const Program program = doubling(table, x);
  validate(program);
  const auto sum_of = [](Program& p) -> Sum& { return std::get<Sum>(p.steps[0].instruction); };
  const std::vector<std::pair<const char*, std::function<void(Program&)>>> breaks = {
      {"reads y before anything wrote it", [&](Program& p) { sum_of(p).x = sum_of(p).z; }},
      {"there is no phase 3", [](Program& p) { p.steps[1].phase = 3; }},
      {"has no storage", [&](Program& p) { sum_of(p).z.storage = 7; }},
      {"lies outside its storage", [&](Program& p) { sum_of(p).x.offset = 1; }},
      {"shape", [&](Program& p) { sum_of(p).y.shape = {3}; }},
      {"nothing writes it", [](Program& p) { p.steps.erase(p.steps.begin()); }},
      {"readings", [](Program& p) { p.steps.pop_back(); }},
  };
  for (const auto& [message, break_it] : breaks) {
    Program broken = program;
    break_it(broken);
    INFO(message);
    gan::test::require_error<Error>([&] { validate(broken); }, {message});
  }
}

TEST_CASE("reading what nothing wrote is a bug in the schedule", "[program]") {
  const StorageTable table;
  Builder b(table, {.name = "bad"});
  b.phase("all");
  const Tensor x = b.transient("x", {4}), y = b.transient("y", {4});
  b.emit(Copy{.x = x, .y = y});
  CHECK_THROWS_AS(b.finish(), Error);
}

TEST_CASE("a copy of a program is a program of its own", "[program]") {
  StorageTable table;
  const Tensor x = table.add({.name = "x", .shape = {4}});
  const Program program = doubling(table, x);
  Program rewritten = program;
  std::get<Sum>(rewritten.steps[0].instruction).beta = 4;
  Runtime runtime(make_cpu_backend(1), PlannedPrograms(table, {program, rewritten}));
  const std::vector<float> ones(4, 1);
  runtime.upload(x, ones.data());
  runtime.run(0);
  CHECK(runtime.read<float>(runtime.program(0).output("y")) == std::vector<float>(4, 2));
  CHECK(runtime.read<float>(runtime.program(0).readings.values) == std::vector<float>{2});
  runtime.run(1);
  CHECK(runtime.read<float>(runtime.program(1).output("y")) == std::vector<float>(4, 5));
}

TEST_CASE("a reading is declared once, however many steps write it", "[program]") {
  const StorageTable table;
  Builder b(table, {.name = "readings"});
  b.phase("all");
  for (const float value : {1.0f, 2.0f}) {
    b.emit(Fill{.y = b.reading("first"), .value = value});
    b.emit(Fill{.y = b.reading("second"), .value = -value});
  }
  const Program program = b.finish();
  CHECK(program.readings.names == std::vector<std::string>{"first", "second"});
  CHECK(program.name_of(std::get<Fill>(program.steps[3].instruction).y) == "second");
  Runtime runtime(make_cpu_backend(1), PlannedPrograms(table, {program}));
  runtime.run(0);
  CHECK(runtime.read<float>(runtime.program(0).readings.values) == std::vector<float>{2, -2});
}

TEST_CASE("all memory of a run starts as zeros", "[program]") {
  for (const bool cuda : {false, true}) {
    StorageTable table;
    const Tensor counter = table.add({.name = "counter", .shape = {}, .dtype = DType::U64});
    const Tensor values = table.add({.name = "values", .shape = {100000}});
    Runtime runtime(cuda ? make_cuda_backend() : make_cpu_backend(1), PlannedPrograms(table, {}));
    CHECK(runtime.read<std::uint64_t>(counter)[0] == 0);
    CHECK(runtime.read<float>(values) == std::vector<float>(100000, 0));
  }
}

TEST_CASE("rows of a tensor", "[program]") {
  const Tensor whole{.storage = 0, .offset = 5, .shape = {4, 3, 2}};
  const Tensor part = whole.rows(1, 2);
  CHECK(part.shape == Shape{2, 3, 2});
  CHECK(part.offset == 5 + 6);
  CHECK_THROWS_AS(whole.rows(3, 2), Error);
}
