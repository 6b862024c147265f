// One term of the least-squares losses: loss, gradient and mean logit in one pass.
//
// shapes:   logits, dlogits (N); loss, mean_logit (1).
// equation: least_squares.h. The gradient is (z - t) / N; the loss adds half of its product with z - t, so that the mean
//           of huge squares is as finite as they are.
// traffic:  reads and writes every logit once.
// launch:   one block of up to 1,024 threads, however large N is: there is one logit per image.
// results:  thread t sums elements t, t + block, ...; then block_sum.cuh's trees: deterministic.
#include "kernels/loss/least_squares.h"

#include "kernels/core/cuda/cuda_device.h"
#include "kernels/loss/loss_terms.cuh"

namespace gan {

namespace {

template <class T>
__global__ void __launch_bounds__(kMostBlockThreads)
    least_squares_kernel(std::int64_t count, float inverse_count, float target, const T* __restrict__ logits,
                         T* __restrict__ dlogits, float* __restrict__ loss, float* __restrict__ mean_logit) {
  GAN_SHARED(LossMemory, memory);
  const LossTerm sum = sum_of_terms(count, memory, [&](std::int64_t i) {
    const float z = load<1>(logits + i).value[0];
    const float distance = z - target;
    const float gradient = distance * inverse_count;
    store(dlogits + i, Floats<1>{gradient});
    return LossTerm{0.5f * gradient * distance, z * inverse_count};
  });
  if (threadIdx.x != 0) return;
  *loss = sum.loss;
  *mean_logit = sum.mean;
}

}  // namespace

void run(const LeastSquaresLoss& op, CudaDevice& device) {
  const std::int64_t count = op.logits.count();
  with_storage(op.kName, op.logits.dtype, [&](auto storage) {
    using T = decltype(storage);
    launch(least_squares_kernel<T>, blocks_of_full_warps(1, count), device.stream(), count, inverse_of(count),
           op.target, op.logits.as<T>(), op.dlogits.as<T>(), op.loss.as<float>(), op.mean_logit.as<float>());
  });
}

}  // namespace gan
