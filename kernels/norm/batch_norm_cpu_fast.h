// The F32 route of batch normalisation on the CPU that trains: threaded over rows, vectorised over channels.
#pragma once

#include "kernels/norm/batch_norm.h"

namespace gan {

/// As run(): all operands are F32 and have been validated. Reproducible for a given number of threads.
void batch_norm_forward_fast(const BatchNormForward&, CpuDevice&);
void batch_norm_backward_fast(const BatchNormBackward&, CpuDevice&);
void batch_norm_inference_fast(const BatchNormInference&, CpuDevice&);

}  // namespace gan
