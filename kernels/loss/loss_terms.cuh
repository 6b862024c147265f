// What the kernels of losses share: one block adds up what every logit contributes to the loss and to the mean beside it.
#pragma once

#include <cstdint>

#include "kernels/core/cuda/block_sum.cuh"
#include "kernels/core/cuda/storage.cuh"

namespace gan {

/// What one logit, or a pair of them, adds to the loss and to the mean that is read beside it. Both hold the factor 1/N
/// already, so that the mean of huge terms is as finite as they are.
struct LossTerm {
  float loss, mean;
};

/// Shared memory that sum_of_terms() needs.
struct LossMemory {
  BlockSumMemory loss, mean;
};

/// The sum of term(i) for i in [0, count), on every thread of a single block of full warps: there is one logit for each
/// image, however large a batch is. Thread t adds terms t, t + block, ...; then block_sum.cuh's trees: deterministic.
/// `term` may write, at i.
template <class Term>
__device__ __forceinline__ LossTerm sum_of_terms(std::int64_t count, LossMemory& memory, const Term& term) {
  LossTerm sum{0, 0};
  for (std::int64_t i = threadIdx.x; i < count; i += blockDim.x) {
    const LossTerm here = term(i);
    sum.loss += here.loss;
    sum.mean += here.mean;
  }
  return {block_sum(sum.loss, memory.loss), block_sum(sum.mean, memory.mean)};
}

/// 1 / count, rounded once.
inline float inverse_of(std::int64_t count) { return static_cast<float>(1.0 / static_cast<double>(count)); }

}  // namespace gan
