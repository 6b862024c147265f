// Counter-based random numbers: the same on the CPU and on CUDA, and no state but the iteration number.
#pragma once

#include <cstdint>

#include "kernels/core/contract/cost.h"
#include "kernels/core/contract/operands.h"

namespace gan {

class CpuDevice;
class CudaDevice;

/// Names a sequence of random numbers: Philox4x32-10 with key = seed and counter = (element / 4, stream, iteration).
/// Every draw of a program has a stream number of its own.
struct RandomStream {
  std::uint64_t seed = 0;
  std::uint32_t stream = 0;
};

/// y ~ N(mean, standard_deviation^2), independent, by the Box-Muller transform. The same bits on every device:
/// logarithm, sine and cosine are polynomials in fused multiply-adds, not the library's.
struct RandomNormal {
  static constexpr const char* kName = "normal";
  Tensor iteration;  ///< U64 scalar
  Tensor y;
  RandomStream stream;
  float mean = 0, standard_deviation = 1;

  static void operands(auto& self, auto&& visit) {
    visit("iteration", self.iteration, Access::Read, Role::Counter);
    visit("y", self.y, Access::Write, Role::Value);
  }
};

/// y ~ U[low, high), independent, in steps of (high - low) / 2^24; the same bits on every device.
struct RandomUniform {
  static constexpr const char* kName = "uniform";
  Tensor iteration;  ///< U64 scalar
  Tensor y;
  RandomStream stream;
  float low = 0, high = 1;

  static void operands(auto& self, auto&& visit) {
    visit("iteration", self.iteration, Access::Read, Role::Counter);
    visit("y", self.y, Access::Write, Role::Value);
  }
};

/// The next batch of a walk through the data set without replacement. Draw number
///   d = (iteration * batches_per_iteration + batch_index) * B + i    (batches + batch_index, where `batches` is present)
/// belongs to epoch d / count and takes element permutation_epoch(d mod count), a keyed bijection of [0, count) (a
/// Feistel network with Philox rounds, walked until it lands inside). Every element is drawn exactly once an epoch; a
/// batch may reach over into the next epoch.
struct SampleIndices {
  static constexpr const char* kName = "sample indices";
  Tensor iteration;  ///< U64 scalar
  Tensor batches;    ///< U64 scalar, optional: batches before this iteration, where their number an iteration varies
  Tensor indices;    ///< I32 (B)
  RandomStream stream;
  std::int64_t count = 1;  ///< elements of the data set, 1 to 2^31 - 1
  std::uint32_t batches_per_iteration = 1;
  std::uint32_t batch_index = 0;

  static void operands(auto& self, auto&& visit) {
    visit("iteration", self.iteration, Access::Read, Role::Counter);
    visit("batches", self.batches, Access::Read, Role::Counter);
    visit("indices", self.indices, Access::Write, Role::Index);
  }
};

/// What these promise of every instruction: kernels/core/contract/operands.h.
void validate(const RandomNormal&);
void validate(const RandomUniform&);
void validate(const SampleIndices&);
Cost cost(const RandomNormal&);
Cost cost(const RandomUniform&);
Cost cost(const SampleIndices&);
void run(const RandomNormal&, CpuDevice&);
void run(const RandomUniform&, CpuDevice&);
void run(const SampleIndices&, CpuDevice&);
void run(const RandomNormal&, CudaDevice&);
void run(const RandomUniform&, CudaDevice&);
void run(const SampleIndices&, CudaDevice&);

}  // namespace gan
