// One term of the Wasserstein losses: the weighted mean of the logits, and its gradient.
//
// shapes:   logits, dlogits (N); loss (1).
// equation: wasserstein.h. Each term is scaled by 1/N before it is added, so that the mean of huge terms is as finite as
//           they are.
// traffic:  reads and writes every logit once.
// launch:   one block of up to 1,024 threads, however large N is: there is one logit per image.
// results:  thread t sums elements t, t + block, ...; then block_sum.cuh's trees: deterministic.
#include "kernels/loss/wasserstein.h"

#include "kernels/core/cuda/cuda_device.h"
#include "kernels/loss/loss_terms.cuh"

namespace gan {

namespace {

template <class T>
__global__ void __launch_bounds__(kMostBlockThreads)
    wasserstein_kernel(std::int64_t count, float inverse_count, float weight, const T* __restrict__ logits,
                       T* __restrict__ dlogits, float* __restrict__ loss) {
  GAN_SHARED(BlockSumMemory, memory);
  const Floats<1> gradient{weight * inverse_count};
  float sum = 0;
  for (std::int64_t i = threadIdx.x; i < count; i += blockDim.x) {
    sum += load<1>(logits + i).value[0] * inverse_count;
    store(dlogits + i, gradient);
  }
  const float mean = block_sum(sum, memory);
  if (threadIdx.x == 0) *loss = weight * mean;
}

}  // namespace

void run(const WassersteinLoss& op, CudaDevice& device) {
  const std::int64_t count = op.logits.count();
  with_storage(op.kName, op.logits.dtype, [&](auto storage) {
    using T = decltype(storage);
    launch(wasserstein_kernel<T>, blocks_of_full_warps(1, count), device.stream(), count, inverse_of(count), op.weight,
           op.logits.as<T>(), op.dlogits.as<T>(), op.loss.as<float>());
  });
}

}  // namespace gan
