// Random draws: normals, uniforms, and the indices of the next batch.
//
// shapes:   y is a flat array of `count` elements; indices has B elements.
// equation: Philox4x32-10 counters (philox.h), the transforms of distributions.h and permutation.h. The CPU shares
//           them: the same bits.
// traffic:  writes y once; about 100 integer and 30 floating-point operations an element keep the
//           normals arithmetic-bound on a GPU; they are a few thousand an iteration.
// launch:   256 threads, one Philox block (four elements, stored as one) each. Indices: 128 threads, one each.
// results:  a function of (seed, stream, iteration, element) alone.
#include "kernels/random/random.h"

#include "kernels/core/cuda/cuda_device.h"
#include "kernels/core/cuda/storage.cuh"
#include "kernels/random/distributions.h"
#include "kernels/random/permutation.h"
#include "kernels/random/philox.h"

namespace gan {

namespace {

constexpr unsigned kDrawBlock = 256;
constexpr unsigned kIndexBlock = 128;

struct ToNormals {
  float mean, standard_deviation;
  __device__ void operator()(const PhiloxWords& words, float (&normals)[4]) const {
    normals_from_block(words, mean, standard_deviation, normals);
  }
};

struct ToUniforms {
  UniformRange range;
  __device__ void operator()(const PhiloxWords& words, float (&uniforms)[4]) const {
    uniforms_from_block(words, range, uniforms);
  }
};

template <class T, class Transform>
__global__ void __launch_bounds__(kDrawBlock) draw_kernel(std::int64_t count, bool vectorised, RandomStream stream,
                                                          Transform transform, const std::uint64_t* iteration, T* y) {
  const std::int64_t block = static_cast<std::int64_t>(blockIdx.x) * kDrawBlock + threadIdx.x;
  const std::int64_t first = block * kElementsPerPhiloxBlock;
  if (first >= count) return;
  Floats<kElementsPerPhiloxBlock> drawn;
  transform(stream_words(stream.seed, stream.stream, *iteration, static_cast<std::uint32_t>(block)), drawn.value);
  if (vectorised && first + kElementsPerPhiloxBlock <= count) {
    store(y + first, drawn);
  } else {
#pragma unroll
    for (int i = 0; i < kElementsPerPhiloxBlock; ++i)
      if (first + i < count) store(y + first + i, Floats<1>{drawn.value[i]});
  }
}

template <class Instruction, class Transform>
void draw(const Instruction& op, const Transform& transform, CudaDevice& device) {
  constexpr std::int64_t kElementsPerBlock = kElementsPerPhiloxBlock * kDrawBlock;
  const auto blocks = static_cast<unsigned>((op.y.count() + kElementsPerBlock - 1) / kElementsPerBlock);
  with_storage(op.kName, op.y.dtype, [&](auto storage) {
    using T = decltype(storage);
    T* const y = op.y.template as<T>();
    launch(draw_kernel<T, Transform>, {.grid = dim3(blocks), .block = dim3(kDrawBlock)}, device.stream(), op.y.count(),
           vector_width(0, y) == 4, op.stream, transform, op.iteration.template as<std::uint64_t>(), y);
  });
}

/// Fields of SampleIndices that the kernel needs.
struct Walk {
  RandomStream stream;
  PermutationGrid grid;
  std::uint32_t batches_per_iteration, batch_index;
  std::uint32_t batch;
};

__global__ void __launch_bounds__(kIndexBlock)
    sample_kernel(Walk walk, const std::uint64_t* iteration, const std::uint64_t* batches, std::int32_t* indices) {
  const unsigned i = blockIdx.x * kIndexBlock + threadIdx.x;
  if (i >= walk.batch) return;
  const std::uint64_t before = batches != nullptr ? *batches : *iteration * walk.batches_per_iteration;
  const std::uint64_t draw_number = (before + walk.batch_index) * walk.batch + i;
  indices[i] = static_cast<std::int32_t>(sampled_index(draw_number, walk.grid, walk.stream.seed, walk.stream.stream));
}

}  // namespace

void run(const RandomNormal& op, CudaDevice& device) {
  draw(op, ToNormals{.mean = op.mean, .standard_deviation = op.standard_deviation}, device);
}

void run(const RandomUniform& op, CudaDevice& device) {
  draw(op, ToUniforms{.range = uniform_range(op.low, op.high)}, device);
}

void run(const SampleIndices& op, CudaDevice& device) {
  const auto batch = static_cast<std::uint32_t>(op.indices.count());
  const Walk walk{.stream = op.stream,
                  .grid = permutation_grid(op.count),
                  .batches_per_iteration = op.batches_per_iteration,
                  .batch_index = op.batch_index,
                  .batch = batch};
  launch(sample_kernel, {.grid = dim3((batch + kIndexBlock - 1) / kIndexBlock), .block = dim3(kIndexBlock)},
         device.stream(), walk, op.iteration.as<std::uint64_t>(), op.batches.as<std::uint64_t>(),
         op.indices.as<std::int32_t>());
}

}  // namespace gan
