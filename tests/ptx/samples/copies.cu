// cp.async into a ring, and bulk copies with an mbarrier.

#include "tests/ptx/samples/device_vector.h"
#include "tests/ptx/samples/samples.h"

namespace gan::ptx::samples {
namespace {

__global__ void __launch_bounds__(64) sum_through_ring(const float4* x, float* y, int steps) {
  __shared__ float4 stage[2][64];
  const int i = threadIdx.x;
  const auto start = [&](int s) {
    const unsigned to = shared_address(&stage[s % 2][i]);
    const int bytes = s < steps ? 16 : 0;
    asm volatile("cp.async.cg.shared.global [%0], [%1], 16, %2;" ::"r"(to), "l"(x + (s < steps ? s * 64 + i : 0)),
                 "r"(bytes)
                 : "memory");
    asm volatile("cp.async.commit_group;" ::: "memory");
  };
  float sum = 0;
  start(0);
  for (int s = 0; s < steps; ++s) {
    start(s + 1);
    asm volatile("cp.async.wait_group 1;" ::: "memory");
    __syncthreads();  // everybody's copy of this step has landed
    const float4 v = stage[s % 2][(i + 1) % 64];
    sum += v.x + v.y + v.z + v.w;
    __syncthreads();  // everybody has read it
  }
  y[i] = sum;
}

__global__ void __launch_bounds__(256) double_by_bulk_copies(const float* x, float* y) {
  __shared__ __align__(16) float tile[1024];
  __shared__ unsigned long long barrier;
  const unsigned full = shared_address(&barrier), at = shared_address(tile);
  if (threadIdx.x == 0) {
    initialise_barrier(full, 1);
    asm volatile("fence.mbarrier_init.release.cluster;" ::: "memory");
  }
  __syncthreads();
  if (threadIdx.x == 0) {
    expect_bytes(full, 4096);
    asm volatile("cp.async.bulk.shared::cluster.global.mbarrier::complete_tx::bytes [%0], [%1], 4096, [%2];" ::"r"(at),
                 "l"(x), "r"(full)
                 : "memory");
  }
  wait_for_phase(full, 0);
  for (int i = threadIdx.x; i < 1024; i += 256) tile[i] *= 2;
  asm volatile("fence.proxy.async.shared::cta;" ::: "memory");
  __syncthreads();
  if (threadIdx.x != 0) return;
  asm volatile("cp.async.bulk.global.shared::cta.bulk_group [%0], [%1], 4096;" ::"l"(y), "r"(at) : "memory");
  asm volatile("cp.async.bulk.commit_group;" ::: "memory");
  asm volatile("cp.async.bulk.wait_group 0;" ::: "memory");
}

}  // namespace

Floats ring_sums(const Floats& x, int steps) {
  const DeviceVector<float> in(x), out(64);
  sum_through_ring<<<1, 64>>>(reinterpret_cast<const float4*>(in.get()), out.get(), steps);
  return out.values();
}

Floats doubled_by_bulk_copies(const Floats& x) {
  const DeviceVector<float> in(x), out(x.size());
  double_by_bulk_copies<<<1, 256>>>(in.get(), out.get());
  return out.values();
}

}  // namespace gan::ptx::samples
