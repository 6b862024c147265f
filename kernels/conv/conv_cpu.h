// The fast F32 routes of the convolutions on the CPU. The plain definition is in conv_cpu.cpp.
#pragma once

#include "kernels/conv/conv.h"

namespace gan {

/// oneDNN's convolutions, activations in place as (N, H, W, C), filters copied into the layout that oneDNN prefers; with
/// the device's products in bf16, rounded copies of both factors where the layer has 8 channels or more on either side.
/// Returns false, having done nothing, where oneDNN has no kernel for the shape but its slow reference, or where
/// `run_im2col` is faster.
bool run_onednn(const ConvFprop&, CpuDevice&);
bool run_onednn(const ConvDgrad&, CpuDevice&);
bool run_onednn(const ConvWgrad&, CpuDevice&);

/// Any shape, always fp32: the R S C input values under each output pixel are copied side by side, which leaves a matrix product
/// (Chellapilla et al. 2006, "High Performance Convolutional Neural Networks for Document Processing", section 3). A
/// few images at a time, so that the copies stay in the cache.
void run_im2col(const ConvFprop&, CpuDevice&);
void run_im2col(const ConvDgrad&, CpuDevice&);
void run_im2col(const ConvWgrad&, CpuDevice&);

}  // namespace gan
