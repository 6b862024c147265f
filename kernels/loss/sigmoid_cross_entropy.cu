// Sigmoid cross-entropy on logits: loss, gradient and mean probability in one pass.
//
// shapes:   logits, dlogits (N); loss, mean_sigmoid (1).
// equation: sigmoid_cross_entropy.h. With e = exp(-|z|) in (0, 1] nothing can overflow, and each term is scaled by 1/N
//           before it is added, so that the mean of huge terms is as finite as they are.
// traffic:  reads and writes every logit once.
// launch:   one block of up to 1,024 threads, however large N is: there is one logit per image.
// results:  thread t sums elements t, t + block, ...; then trees over a warp and over the warps: deterministic.
#include "kernels/loss/sigmoid_cross_entropy.h"

#include <algorithm>

#include "kernels/core/cuda/cuda_device.h"
#include "kernels/core/cuda/storage.cuh"

namespace gan {

namespace {

constexpr int kWarp = 32;
constexpr int kMaxBlock = 1024;

struct Sums {
  float loss, sigmoid;
};

/// The sums over the 32 lanes of a full warp, on every lane.
__device__ __forceinline__ Sums warp_sums(Sums sums) {
#pragma unroll
  for (int flip = kWarp / 2; flip > 0; flip /= 2) {
    sums.loss += __shfl_xor_sync(~0u, sums.loss, flip);
    sums.sigmoid += __shfl_xor_sync(~0u, sums.sigmoid, flip);
  }
  return sums;
}

template <class T>
__global__ void __launch_bounds__(kMaxBlock)
    sigmoid_cross_entropy_kernel(std::int64_t count, float inverse_count, float target, float weight,
                                 const T* __restrict__ logits, T* __restrict__ dlogits, float* __restrict__ loss,
                                 float* __restrict__ mean_sigmoid) {
  GAN_SHARED(Sums, of_warp, [kMaxBlock / kWarp]);
  Sums sums{0, 0};
  for (std::int64_t i = threadIdx.x; i < count; i += blockDim.x) {
    const float z = load<1>(logits + i).value[0];
    const float e = expf(-fabsf(z));
    const float sigmoid = (z >= 0 ? 1.0f : e) / (1.0f + e);
    const float softplus_rest = log1pf(e);
    sums.loss += (fmaxf(z, 0.0f) - target * z + softplus_rest) * inverse_count;
    sums.sigmoid += sigmoid * inverse_count;
    store(dlogits + i, Floats<1>{weight * inverse_count * (sigmoid - target)});
  }
  sums = warp_sums(sums);
  const int warp = static_cast<int>(threadIdx.x) / kWarp, lane = static_cast<int>(threadIdx.x) % kWarp;
  if (lane == 0) of_warp[warp] = sums;
  __syncthreads();
  if (warp != 0) return;
  const int warps = static_cast<int>(blockDim.x) / kWarp;
  sums = warp_sums(lane < warps ? of_warp[lane] : Sums{0, 0});
  if (lane == 0) {
    *loss = weight * sums.loss;
    *mean_sigmoid = sums.sigmoid;
  }
}

}  // namespace

void run(const SigmoidCrossEntropy& op, CudaDevice& device) {
  const std::int64_t count = op.logits.count();
  const std::int64_t threads = std::min<std::int64_t>(kMaxBlock, (count + kWarp - 1) / kWarp * kWarp);
  const LaunchShape shape{.grid = dim3(1), .block = dim3(static_cast<unsigned>(threads))};
  with_storage(op.kName, op.logits.dtype, [&](auto storage) {
    using T = decltype(storage);
    launch(sigmoid_cross_entropy_kernel<T>, shape, device.stream(), count,
           static_cast<float>(1.0 / static_cast<double>(count)), op.target, op.weight, op.logits.as<T>(),
           op.dlogits.as<T>(), op.loss.as<float>(), op.mean_sigmoid.as<float>());
  });
}

}  // namespace gan
