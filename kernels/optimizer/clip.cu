// Weight clipping.
//
//   parameter[i] = min(max(parameter[i], -limit), limit), NaN staying NaN; a flat array of all parameters
// traffic:  reads and writes 4 bytes a parameter: memory-bound. After a fault it writes what it read.
// launch:   as core/cuda/elementwise.cuh does
// results:  every parameter is clipped by one thread: deterministic
#include "kernels/optimizer/clip.h"

#include "kernels/core/cuda/cuda_device.h"
#include "kernels/core/cuda/elementwise.cuh"

namespace gan {

namespace {

struct ClipToBox {
  float limit;
  const std::uint64_t* fault;
  __device__ float operator()(float p) const {
    if (fault != nullptr && *fault != 0) return p;
    return p > limit ? limit : p < -limit ? -limit : p;  // fminf and fmaxf would drop a NaN
  }
};

}  // namespace

void run(const Clip& op, CudaDevice& device) {
  float* const parameter = op.parameter.as<float>();
  const ClipToBox function{.limit = op.limit, .fault = op.fault.as<std::uint64_t>()};
  elementwise(op.parameter.count(), function, device.stream(), parameter, parameter);
}

}  // namespace gan
