// The instruction set as one type, and the questions a program asks of any instruction.
#pragma once

#include <string>
#include <variant>

#include "kernels/activation/activation.h"
#include "kernels/conv/conv.h"
#include "kernels/elementwise/elementwise.h"
#include "kernels/elementwise/gather_rows.h"
#include "kernels/elementwise/interpolate.h"
#include "kernels/elementwise/sum.h"
#include "kernels/image/assemble_batch.h"
#include "kernels/linear/bias.h"
#include "kernels/linear/linear.h"
#include "kernels/loss/gradient_penalty.h"
#include "kernels/loss/hinge.h"
#include "kernels/loss/least_squares.h"
#include "kernels/loss/relativistic.h"
#include "kernels/loss/sigmoid_cross_entropy.h"
#include "kernels/loss/wasserstein.h"
#include "kernels/norm/batch_norm.h"
#include "kernels/norm/group_norm.h"
#include "kernels/norm/spectral_norm.h"
#include "kernels/optimizer/adam.h"
#include "kernels/optimizer/clip.h"
#include "kernels/optimizer/finite_check.h"
#include "kernels/optimizer/rms_prop.h"
#include "kernels/optimizer/sgd.h"
#include "kernels/random/random.h"
#include "kernels/resample/pixel_shuffle.h"
#include "kernels/resample/resample.h"

namespace gan {

/// One step of a program. A device is an interpreter of these.
using Instruction =
    std::variant<ConvFprop, ConvDgrad, ConvWgrad, LinearFprop, LinearDgrad, LinearWgrad, BiasAdd, BiasGradient,
                 BatchNormForward, BatchNormBackward, BatchNormInference, GroupNormForward, GroupNormBackward,
                 GroupNormTangent, SpectralNorm, SpectralNormGradient, ActivationForward, ActivationBackward,
                 ActivationTangent, Upsample, SumPool, PixelShuffle, SigmoidCrossEntropy, LeastSquaresLoss, HingeLoss,
                 RelativisticLoss, WassersteinLoss, GradientPenalty, Adam, RmsProp, Sgd, Clip, FiniteCheck,
                 ExponentialMovingAverage, Fill, Copy, Sum, Interpolate, AdvanceCounter, RandomNormal, RandomUniform,
                 SampleIndices, AssembleBatch, GatherRows>;

/// "conv fprop", "adam" ...
inline const char* name_of(const Instruction& instruction) {
  return std::visit([](const auto& i) { return std::decay_t<decltype(i)>::kName; }, instruction);
}

/// FLOPs and bytes at best.
inline Cost cost_of(const Instruction& instruction) {
  return std::visit([](const auto& i) { return cost(i); }, instruction);
}

/// Calls `visit(name, tensor, access)` for every operand that is present.
template <class AnyInstruction, class Visit>
void for_each_operand(AnyInstruction& instruction, Visit&& visit) {
  std::visit(
      [&](auto& i) {
        std::decay_t<decltype(i)>::operands(i, [&](const char* name, auto& tensor, Access access, Role) {
          if (tensor.present()) visit(name, tensor, access);
        });
      },
      instruction);
}

}  // namespace gan
