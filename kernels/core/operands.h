// How the rest of the program looks into an instruction without knowing which one it is.
//
// Every instruction is a plain struct with
//   static constexpr const char* kName = "conv fprop";
//   static void operands(auto& self, auto&& visit);     // visit("x", self.x, Access::Read); ... in printing order
// and free functions validate(), cost(), run(instruction, CpuDevice&), run(instruction, CudaDevice&).
#pragma once

#include "kernels/core/tensor.h"

namespace gan {

/// What an instruction does to an operand. Scratch is written before it is read and worthless afterwards.
enum class Access { Read, Write, ReadWrite, Scratch };

/// How a parameter gradient is written: not at all, over what was there, or added to it. (Activation gradients are
/// always written.)
enum class ParamGrad { Skip, Overwrite, Accumulate };

/// The access that a parameter gradient's mode amounts to.
constexpr Access access_of(ParamGrad mode) { return mode == ParamGrad::Accumulate ? Access::ReadWrite : Access::Write; }

/// Bytes of all operands that are present, each read or written once (ReadWrite counts twice, Scratch not at all).
template <class Instruction>
std::int64_t operand_bytes(const Instruction& instruction) {
  std::int64_t total = 0;
  Instruction::operands(instruction, [&](const char*, const Tensor& tensor, Access access) {
    if (!tensor.present() || access == Access::Scratch) return;
    total += static_cast<std::int64_t>(tensor.bytes()) * (access == Access::ReadWrite ? 2 : 1);
  });
  return total;
}

}  // namespace gan
