// How the rest of the program looks into an instruction without knowing which one it is.
//
// Every instruction is a plain struct with
//   static constexpr const char* kName = "conv fprop";
//   static void operands(auto& self, auto&& visit);     // visit("x", self.x, Access::Read, Role::Activation); ... in
//                                                       // printing order
// and free functions
//   validate(i)         throws Error, naming instruction, operand, what it is and what was expected, unless every operand
//                       has the shape that the instruction's comment says and an element type that its role admits
//                       (element_types.h); contents are not looked at
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

/// What an operand is in training; which element types it may have follows (element_types.h).
enum class Role {
  Activation,         ///< what layers hand on, and its gradient: images, features, logits and what comes back for them
  Weight,             ///< a filter or matrix as a product reads it
  Parameter,          ///< any other parameter, and the values that optimisers keep: biases, scales, averages
  ParameterGradient,  ///< what an optimiser consumes
  OptimizerState,     ///< Adam's moments and the like
  Statistic,          ///< sums over many values: means, variances, running statistics
  Loss,               ///< a scalar that somebody reads
  Value,              ///< real numbers in no particular role: what is filled in or drawn
  Anything,           ///< bytes that are moved, not looked at
  Workspace,          ///< sums on their way: scratch memory of the CUDA kernels
  Counter,            ///< how many iterations were done, or when a fault was seen
  Pixels,             ///< images as files hold them
  Index,              ///< positions in a data set
};

/// How a parameter gradient is written: not at all, over what was there, or added to it. (Activation gradients are
/// always written.)
enum class ParamGrad { Skip, Overwrite, Accumulate };

/// The access that a parameter gradient's mode amounts to.
constexpr Access access_of(ParamGrad mode) { return mode == ParamGrad::Accumulate ? Access::ReadWrite : Access::Write; }

/// Bytes of all operands that are present, each read or written once (ReadWrite counts twice, Scratch not at all).
template <class Instruction>
std::int64_t operand_bytes(const Instruction& instruction) {
  std::int64_t total = 0;
  Instruction::operands(instruction, [&](const char*, const Tensor& tensor, Access access, Role) {
    if (!tensor.present() || access == Access::Scratch) return;
    total += static_cast<std::int64_t>(tensor.bytes()) * (access == Access::ReadWrite ? 2 : 1);
  });
  return total;
}

}  // namespace gan
