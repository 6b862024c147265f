// The F32 route of group normalisation on the CPU that trains: threaded over samples, or over the rows of one where samples
// are few; vectorised over channels.
#pragma once

#include "kernels/norm/group_norm.h"

namespace gan {

/// As run(): all operands are F32 and have been validated. Reproducible for a given number of threads.
void group_norm_forward_fast(const GroupNormForward&, CpuDevice&);
void group_norm_backward_fast(const GroupNormBackward&, CpuDevice&);
void group_norm_tangent_fast(const GroupNormTangent&, CpuDevice&);

}  // namespace gan
