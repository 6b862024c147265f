// The relativistic pairing loss: loss, one gradient or both, and mean probability in one pass.
//
// shapes:   real, fake, dreal, dfake (N); loss, mean_sigmoid (1).
// equation: relativistic.h. With e = exp(-|m|) in [0, 1] nothing can overflow but the difference of two logits, and each
//           term is scaled by 1/N before it is added, so that the mean of huge terms is as finite as they are.
// traffic:  reads both logits of a pair once and writes each gradient once.
// launch:   one block of up to 1,024 threads, however large N is: there is one pair per image.
// results:  thread t sums elements t, t + block, ...; then block_sum.cuh's trees: deterministic.
#include "kernels/loss/relativistic.h"

#include "kernels/core/cuda/cuda_device.h"
#include "kernels/loss/loss_terms.cuh"

namespace gan {

namespace {

template <class T>
__global__ void __launch_bounds__(kMostBlockThreads)
    relativistic_kernel(std::int64_t count, float inverse_count, float sign, const T* __restrict__ real,
                        const T* __restrict__ fake, T* __restrict__ dreal, T* __restrict__ dfake,
                        float* __restrict__ loss, float* __restrict__ mean_sigmoid) {
  GAN_SHARED(LossMemory, memory);
  const LossTerm sum = sum_of_terms(count, memory, [&](std::int64_t i) {
    const float margin = sign * (load<1>(real + i).value[0] - load<1>(fake + i).value[0]);
    const float e = expf(-fabsf(margin));
    const float doubt = (margin >= 0 ? e : 1.0f) / (1.0f + e), sure = (margin >= 0 ? 1.0f : e) / (1.0f + e);
    const float gradient = sign * inverse_count * doubt;
    if (dreal != nullptr) store(dreal + i, Floats<1>{-gradient});
    store(dfake + i, Floats<1>{gradient});
    return LossTerm{(fmaxf(-margin, 0.0f) + log1pf(e)) * inverse_count, (sign > 0 ? sure : doubt) * inverse_count};
  });
  if (threadIdx.x != 0) return;
  *loss = sum.loss;
  *mean_sigmoid = sum.mean;
}

}  // namespace

void run(const RelativisticLoss& op, CudaDevice& device) {
  const std::int64_t count = op.real.count();
  with_storage(op.kName, op.real.dtype, [&](auto storage) {
    using T = decltype(storage);
    launch(relativistic_kernel<T>, blocks_of_full_warps(1, count), device.stream(), count, inverse_of(count), op.sign,
           op.real.as<T>(), op.fake.as<T>(), op.dreal.as<T>(), op.dfake.as<T>(), op.loss.as<float>(),
           op.mean_sigmoid.as<float>());
  });
}

}  // namespace gan
