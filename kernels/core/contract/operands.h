// How the rest of the program looks into an instruction without knowing which one it is.
//
// Every instruction is a plain struct with
//   static constexpr const char* kName = "conv fprop";
//   static void operands(auto& self, auto&& visit);     // visit("x", self.x, Access::Read); ... in printing order
// and free functions
//   validate(i)         throws Error, naming instruction, operand, what it is and what was expected, unless every operand
//                       has the type and shape that the instruction's comment says; contents are not looked at
//   cost(i)             its FLOPs, and its bytes if every operand crosses memory once (cost.h)
//   run(i, CpuDevice&)  the definition: F32, or F64 throughout; returns when it is done
//   run(i, CudaDevice&) F32; starts the kernels on the device's stream and returns. Written operands are the same bits
//                       every time
// run() takes an instruction that validate() accepts, with `data` set. Operands that are written overlap no other operand
// unless the instruction's comment allows it.
#pragma once

#include "kernels/core/contract/tensor.h"

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
