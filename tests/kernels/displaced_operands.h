// Runs instructions on operands that need care: not aligned for vector accesses, or empty.
#pragma once

#include <algorithm>
#include <cstddef>
#include <list>
#include <string>
#include <vector>

#include "tests/support/instruction_test.h"

namespace gan::test {

/// Names no operand.
constexpr const char* kNowhere = "nowhere";

/// As run_on_cuda, with every operand one element behind an address aligned to 256 bytes; or only the one that `only`
/// names (kNowhere: none). Bytes before and behind an operand must come back untouched; they differ between what is
/// read and what is written, so that a copy that goes too far shows.
template <class Instruction>
Instruction run_displaced_on_cuda(const Instruction& instruction, std::list<std::vector<std::byte>>& memory,
                                  const std::string& only = "") {
  constexpr std::size_t kGuardBytes = 256;
  const auto guard_byte = [](Access access) { return access == Access::Read ? std::byte{0xd5} : std::byte{0x3a}; };
  const auto bytes_before = [&](const char* name, const Tensor& tensor) {
    return kGuardBytes + (only.empty() || only == name ? size_of(tensor.dtype) : 0);
  };
  std::vector<void*> allocations;
  Instruction device = instruction;
  Instruction::operands(device, [&](const char* name, Tensor& tensor, Access access, Role) {
    if (!tensor.present()) return;
    const std::size_t bytes = tensor.bytes(), before = bytes_before(name, tensor);
    std::vector<std::byte> image(before, guard_byte(access));
    const auto* const content = tensor.as<std::byte>();
    image.insert(image.end(), content, content + bytes);
    if (access == Access::Write)
      std::fill(image.begin() + static_cast<std::ptrdiff_t>(before), image.end(), std::byte{0xff});
    image.insert(image.end(), kGuardBytes, guard_byte(access));
    allocations.push_back(cuda_device().allocate(image.size()));
    cuda_device().copy_to_device(allocations.back(), image.data(), image.size());
    tensor.data = static_cast<std::byte*>(allocations.back()) + before;
  });
  run(device, cuda_device());
  cuda_device().synchronize();
  Instruction::operands(device, [&](const char* name, Tensor& tensor, Access access, Role) {
    if (!tensor.present()) return;
    const std::size_t bytes = tensor.bytes(), before = bytes_before(name, tensor);
    std::vector<std::byte> image(before + bytes + kGuardBytes);
    cuda_device().copy_to_host(image.data(), static_cast<std::byte*>(tensor.data) - before, image.size());
    const auto payload = image.begin() + static_cast<std::ptrdiff_t>(before);
    const auto behind = payload + static_cast<std::ptrdiff_t>(bytes);
    const auto is_guard = [&](std::byte b) { return b == guard_byte(access); };
    INFO("displaced operand " << name);
    CHECK(std::all_of(image.begin(), payload, is_guard));
    CHECK(std::all_of(behind, image.end(), is_guard));
    memory.emplace_back(payload, behind);
    tensor.data = memory.back().data();
  });
  for (void* allocation : allocations) cuda_device().release(allocation);
  return device;
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
