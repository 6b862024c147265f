// One term of the discriminator's hinge loss: loss, gradient and mean logit in one pass.
//
// shapes:   logits, dlogits (N); loss, mean_logit (1).
// equation: hinge.h. Each term is scaled by 1/N before it is added, so that the mean of huge terms is as finite as they
//           are.
// traffic:  reads and writes every logit once.
// launch:   one block of up to 1,024 threads, however large N is: there is one logit per image.
// results:  thread t sums elements t, t + block, ...; then block_sum.cuh's trees: deterministic.
#include "kernels/loss/hinge.h"

#include "kernels/core/cuda/cuda_device.h"
#include "kernels/loss/loss_terms.cuh"

namespace gan {

namespace {

template <class T>
__global__ void __launch_bounds__(kMostBlockThreads)
    hinge_kernel(std::int64_t count, float inverse_count, float label, const T* __restrict__ logits,
                 T* __restrict__ dlogits, float* __restrict__ loss, float* __restrict__ mean_logit) {
  GAN_SHARED(LossMemory, memory);
  const LossTerm sum = sum_of_terms(count, memory, [&](std::int64_t i) {
    const float z = load<1>(logits + i).value[0];
    const float distance = 1.0f - label * z;
    const bool beyond = distance <= 0;  // false for NaN, which so reaches the loss; fmaxf would drop it
    store(dlogits + i, Floats<1>{beyond ? 0.0f : -label * inverse_count});
    return LossTerm{beyond ? 0.0f : distance * inverse_count, z * inverse_count};
  });
  if (threadIdx.x != 0) return;
  *loss = sum.loss;
  *mean_logit = sum.mean;
}

}  // namespace

void run(const HingeLoss& op, CudaDevice& device) {
  const std::int64_t count = op.logits.count();
  with_storage(op.kName, op.logits.dtype, [&](auto storage) {
    using T = decltype(storage);
    launch(hinge_kernel<T>, blocks_of_full_warps(1, count), device.stream(), count, inverse_of(count), op.label,
           op.logits.as<T>(), op.dlogits.as<T>(), op.loss.as<float>(), op.mean_logit.as<float>());
  });
}

}  // namespace gan
