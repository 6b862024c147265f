// The fast F32 routes of the convolutions on the CPU. The plain definition is in conv_cpu.cpp.
#pragma once

#include "kernels/conv/conv.h"

namespace gan {

/// oneDNN's convolutions, activations in place as (N, H, W, C), filters copied into the layout that oneDNN prefers.
/// Returns false, having done nothing, where oneDNN has no kernel for the shape but its slow reference, or where
/// `run_unrolled` is faster.
bool run_onednn(const ConvForward&, CpuDevice&);
bool run_onednn(const ConvInputGradient&, CpuDevice&);
bool run_onednn(const ConvWeightGradient&, CpuDevice&);

/// Any shape: the R S C input values under each output pixel are copied side by side, which leaves a matrix product
/// (Chellapilla et al. 2006, "High Performance Convolutional Neural Networks for Document Processing", section 3). A
/// few images at a time, so that the copies stay in the cache.
void run_unrolled(const ConvForward&, CpuDevice&);
void run_unrolled(const ConvInputGradient&, CpuDevice&);
void run_unrolled(const ConvWeightGradient&, CpuDevice&);

}  // namespace gan
