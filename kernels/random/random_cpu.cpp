#include <algorithm>
#include <cstdint>

#include "kernels/core/cpu/cpu_device.h"
#include "kernels/core/cpu/parallel.h"
#include "kernels/random/distributions.h"
#include "kernels/random/permutation.h"
#include "kernels/random/philox.h"
#include "kernels/random/random.h"

namespace gan {

namespace {

/// Philox blocks below which a second thread costs more than it saves.
constexpr std::int64_t kBlockGrain = 1024;

/// Fills y with transform(words, floats): four floats from the four words of each block.
template <class Real, class Instruction, class Transform>
void draw(const Instruction& op, int threads, const Transform& transform) {
  Real* const y = op.y.template as<Real>();
  const std::int64_t count = op.y.count();
  const std::int64_t blocks = (count + kElementsPerPhiloxBlock - 1) / kElementsPerPhiloxBlock;
  const std::uint64_t iteration = *op.iteration.template as<std::uint64_t>();
  parallel_for(blocks, kBlockGrain, threads, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t block = begin; block < end; ++block) {
      float floats[kElementsPerPhiloxBlock];
      transform(stream_words(op.stream.seed, op.stream.stream, iteration, static_cast<std::uint32_t>(block)), floats);
      const std::int64_t first = block * kElementsPerPhiloxBlock;
      const std::int64_t valid = std::min(kElementsPerPhiloxBlock, count - first);
      for (std::int64_t i = 0; i < valid; ++i) y[first + i] = static_cast<Real>(floats[i]);
    }
  });
}

}  // namespace

// F64 tensors get the same floats, widened: a program in double sees the draws of the one in float.
void run(const RandomNormal& op, CpuDevice& device) {
  dispatch_real(op.y.dtype, op.kName, [&](auto real) {
    draw<decltype(real)>(op, device.threads(), [&](const PhiloxWords& words, float* normals) {
      normals_from_block(words, op.mean, op.standard_deviation, normals);
    });
  });
}

void run(const RandomUniform& op, CpuDevice& device) {
  const UniformRange range = uniform_range(op.low, op.high);
  dispatch_real(op.y.dtype, op.kName, [&](auto real) {
    draw<decltype(real)>(op, device.threads(), [&](const PhiloxWords& words, float* uniforms) {
      uniforms_from_block(words, range, uniforms);
    });
  });
}

void run(const SampleIndices& op, CpuDevice& device) {
  const std::int64_t batch = op.indices.count();
  const std::uint64_t before = op.batches.present() ? *op.batches.as<std::uint64_t>()
                                                    : *op.iteration.as<std::uint64_t>() * op.batches_per_iteration;
  const std::uint64_t first_draw = (before + op.batch_index) * static_cast<std::uint64_t>(batch);
  const PermutationGrid grid = permutation_grid(op.count);
  constexpr std::int64_t kGrain = 512;
  parallel_for(batch, kGrain, device.threads(), [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i)
      op.indices.as<std::int32_t>()[i] = static_cast<std::int32_t>(
          sampled_index(first_draw + static_cast<std::uint64_t>(i), grid, op.stream.seed, op.stream.stream));
  });
}

}  // namespace gan
