// What the tests of losses of a batch of logits share.
#pragma once

#include <algorithm>

#include "tests/kernels/displaced_operands.h"

namespace gan::test {

/// Batches that meet every path of a single block's loop.
inline const std::vector<Shape> kLossShapes = {
    {1},            // a single logit: most lanes idle
    {31, 1},        // one short of a warp
    {33},           // one past a warp: the last warp nearly empty
    {64, 1, 1, 1},  // a usual batch
    {1024},         // the whole block, every warp full
    {1025},         // one thread goes round twice
    {5, 7, 100},    // everyone goes round, unevenly
};

/// fp32 against double, for the mean of `terms` numbers whose magnitudes sum to `largest` at most after their scaling by
/// 1/N: a term comes with `roundings` relative errors of half an epsilon; a thread adds up to terms / 1024 of them, ten
/// trees follow.
inline Tolerance rounding_of_mean(std::int64_t terms, int roundings, double largest) {
  return {.absolute = 0.5 * std::numeric_limits<float>::epsilon() *
                      (roundings + static_cast<double>(terms) / 1024 + 10) * largest};
}

/// F64, as given.
inline Tensor doubles(Operands& operands, const std::vector<double>& values) {
  const Tensor tensor = operands.raw({static_cast<std::int64_t>(values.size())}, DType::F64);
  std::copy(values.begin(), values.end(), tensor.as<double>());
  return tensor;
}

/// Calls `check` with what the CPU and what the CUDA kernel made of an instruction.
template <class Instruction, class Check>
void on_both_devices(const Instruction& instruction, const Check& check) {
  validate(instruction);
  std::list<std::vector<std::byte>> memory;
  CpuDevice cpu({.threads = 1});
  const Instruction on_cpu = clone_operands(instruction, memory);
  run(on_cpu, cpu);
  check(on_cpu);
  check(run_on_cuda(instruction, memory));
}

/// What the definition makes of an instruction, in double; kept in `memory`.
template <class Instruction>
Instruction defined(const Instruction& instruction, std::list<std::vector<std::byte>>& memory) {
  const Instruction wide = clone_operands(widen_operands(instruction, memory), memory);
  CpuDevice cpu({.threads = 1, .definition_only = true});
  run(wide, cpu);
  return wide;
}

}  // namespace gan::test
