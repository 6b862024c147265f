// Random draws: normal, uniform, and the indices of the next batch.
//
// shapes:   y is a flat array of `count` floats; indices has B elements.
// equation: Philox4x32-10 counters (philox.h), the transforms of distributions.h and permutation.h. The CPU shares
//           them: the same bits.
// traffic:  writes y once, 4 bytes an element; about 100 integer and 30 floating-point operations an element keep the
//           normals arithmetic-bound on a GPU; they are a few thousand an iteration.
// launch:   256 threads, one Philox block (four elements, one float4 store) each. Indices: 128 threads, one each.
// results:  a function of (seed, stream, iteration, element) alone.
#include "kernels/random/random.h"

#include "kernels/core/cuda/cuda_device.h"
#include "kernels/core/cuda/launch.cuh"
#include "kernels/random/distributions.h"
#include "kernels/random/permutation.h"
#include "kernels/random/philox.h"

namespace gan {

namespace {

constexpr unsigned kDrawBlock = 256;
constexpr unsigned kIndexBlock = 128;

struct ToNormals {
  float mean, standard_deviation;
  __device__ void operator()(const PhiloxWords& words, float* floats) const {
    normals_from_block(words, mean, standard_deviation, floats);
  }
};

struct ToUniforms {
  UniformRange range;
  __device__ void operator()(const PhiloxWords& words, float* floats) const {
    for (int i = 0; i < 4; ++i) floats[i] = uniform_from_word(words.word[i], range);
  }
};

template <class Transform>
__global__ void __launch_bounds__(kDrawBlock)
    draw_kernel(std::int64_t count, bool vectorised, RandomStream stream, Transform transform,
                const std::uint64_t* iteration, float* y) {
  const std::int64_t block = static_cast<std::int64_t>(blockIdx.x) * kDrawBlock + threadIdx.x;
  const std::int64_t first = block * kElementsPerPhiloxBlock;
  if (first >= count) return;
  float floats[kElementsPerPhiloxBlock];
  transform(stream_words(stream.seed, stream.stream, *iteration, static_cast<std::uint32_t>(block)), floats);
  if (vectorised && first + kElementsPerPhiloxBlock <= count) {
    *reinterpret_cast<float4*>(y + first) = make_float4(floats[0], floats[1], floats[2], floats[3]);
  } else {
#pragma unroll
    for (int i = 0; i < kElementsPerPhiloxBlock; ++i)
      if (first + i < count) y[first + i] = floats[i];
  }
}

template <class Transform>
void draw(const Tensor& iteration, const Tensor& y, const RandomStream& stream, const Transform& transform,
          CudaDevice& device) {
  float* const out = y.as<float>();
  const bool vectorised = reinterpret_cast<std::uintptr_t>(out) % sizeof(float4) == 0;
  constexpr std::int64_t kElementsPerBlock = kElementsPerPhiloxBlock * kDrawBlock;
  const auto blocks = static_cast<unsigned>((y.count() + kElementsPerBlock - 1) / kElementsPerBlock);
  launch(draw_kernel<Transform>, {.grid = dim3(blocks), .block = dim3(kDrawBlock)}, device.stream(), y.count(),
         vectorised, stream, transform, iteration.as<std::uint64_t>(), out);
}

/// Fields of SampleIndices that the kernel needs.
struct Walk {
  RandomStream stream;
  PermutationGrid grid;
  std::uint32_t batches_per_iteration, batch_index;
  std::uint32_t batch;
};

__global__ void __launch_bounds__(kIndexBlock)
    sample_kernel(Walk walk, const std::uint64_t* iteration, std::int32_t* indices) {
  const unsigned i = blockIdx.x * kIndexBlock + threadIdx.x;
  if (i >= walk.batch) return;
  const std::uint64_t batches = *iteration * walk.batches_per_iteration + walk.batch_index;
  const std::uint64_t draw_number = batches * walk.batch + i;
  indices[i] = static_cast<std::int32_t>(sampled_index(draw_number, walk.grid, walk.stream.seed, walk.stream.stream));
}

}  // namespace

void run(const RandomNormal& op, CudaDevice& device) {
  draw(op.iteration, op.y, op.stream, ToNormals{op.mean, op.standard_deviation}, device);
}

void run(const RandomUniform& op, CudaDevice& device) {
  draw(op.iteration, op.y, op.stream, ToUniforms{uniform_range(op.low, op.high)}, device);
}

void run(const SampleIndices& op, CudaDevice& device) {
  const auto batch = static_cast<std::uint32_t>(op.indices.count());
  const Walk walk{.stream = op.stream,
                  .grid = permutation_grid(op.count),
                  .batches_per_iteration = op.batches_per_iteration,
                  .batch_index = op.batch_index,
                  .batch = batch};
  launch(sample_kernel, {.grid = dim3((batch + kIndexBlock - 1) / kIndexBlock), .block = dim3(kIndexBlock)},
         device.stream(), walk, op.iteration.as<std::uint64_t>(), op.indices.as<std::int32_t>());
}

}  // namespace gan
