// Runs instructions on operands that need care: not aligned for vector accesses, or empty.
#pragma once

#include <cstddef>
#include <list>
#include <string>
#include <vector>

#include "tests/support/instruction_test.h"

namespace gan::test {

/// Names no operand.
constexpr const char* kNowhere = "nowhere";

/// As run_on_cuda, with every operand one element behind an address aligned to 256 bytes; or only the one that `only`
/// names (kNowhere: none).
template <class Instruction>
Instruction run_displaced_on_cuda(const Instruction& instruction, std::list<std::vector<std::byte>>& memory,
                                  const std::string& only = "") {
  return run_on_cuda(instruction, memory, [&](const char* name) { return only.empty() || only == name; });
}

/// Checks a CUDA kernel on misaligned operands against the CPU definition, under every thread order.
template <class Instruction>
void expect_displaced_cuda_matches_definition(const Instruction& instruction, Tolerance tolerance,
                                              const std::string& only = "") {
  std::list<std::vector<std::byte>> memory;
  const Instruction want = clone_operands(widen_operands(instruction, memory), memory);
  CpuDevice definition({.threads = 1, .definition_only = true});
  run(want, definition);
  for_each_thread_order([&] {
    std::list<std::vector<std::byte>> results;
    expect_same_results(run_displaced_on_cuda(instruction, results, only), want, tolerance);
  });
}

/// Runs an instruction on empty operands on the CPU and on CUDA: nothing is launched, nothing around them is written.
template <class Instruction>
void expect_no_work(const Instruction& instruction) {
  validate(instruction);
  CpuDevice cpu({.threads = 2});
  run(instruction, cpu);
  std::list<std::vector<std::byte>> memory;
  run_on_cuda(instruction, memory);
}

}  // namespace gan::test
