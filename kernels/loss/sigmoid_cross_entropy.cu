// Sigmoid cross-entropy on logits: loss, gradient and mean probability in one pass.
//
// shapes:   logits, dlogits (N); loss, mean_sigmoid (1).
// equation: sigmoid_cross_entropy.h. With e = exp(-|z|) in (0, 1] nothing can overflow, and each term is scaled by 1/N
//           before it is added, so that the mean of huge terms is as finite as they are.
// traffic:  reads and writes every logit once.
// launch:   one block of up to 1,024 threads, however large N is: there is one logit per image.
// results:  thread t sums elements t, t + block, ...; then block_sum.cuh's trees: deterministic.
#include "kernels/loss/sigmoid_cross_entropy.h"

#include "kernels/core/cuda/cuda_device.h"
#include "kernels/loss/loss_terms.cuh"

namespace gan {

namespace {

template <class T>
__global__ void __launch_bounds__(kMostBlockThreads)
    sigmoid_cross_entropy_kernel(std::int64_t count, float inverse_count, float target, float weight,
                                 const T* __restrict__ logits, T* __restrict__ dlogits, float* __restrict__ loss,
                                 float* __restrict__ mean_sigmoid) {
  GAN_SHARED(LossMemory, memory);
  const LossTerm sum = sum_of_terms(count, memory, [&](std::int64_t i) {
    const float z = load<1>(logits + i).value[0];
    const float e = expf(-fabsf(z));
    const float sigmoid = (z >= 0 ? 1.0f : e) / (1.0f + e);
    const float softplus_rest = log1pf(e);
    store(dlogits + i, Floats<1>{weight * inverse_count * (sigmoid - target)});
    return LossTerm{(fmaxf(z, 0.0f) - target * z + softplus_rest) * inverse_count, sigmoid * inverse_count};
  });
  if (threadIdx.x != 0) return;
  *loss = weight * sum.loss;
  *mean_sigmoid = sum.mean;
}

}  // namespace

void run(const SigmoidCrossEntropy& op, CudaDevice& device) {
  const std::int64_t count = op.logits.count();
  with_storage(op.kName, op.logits.dtype, [&](auto storage) {
    using T = decltype(storage);
    launch(sigmoid_cross_entropy_kernel<T>, blocks_of_full_warps(1, count), device.stream(), count, inverse_of(count),
           op.target, op.weight, op.logits.as<T>(), op.dlogits.as<T>(), op.loss.as<float>(),
           op.mean_sigmoid.as<float>());
  });
}

}  // namespace gan
