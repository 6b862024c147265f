// Two blocks of a cluster: a multicast into both, sums exchanged through distributed shared memory.

#include <cuda.h>

#include "tests/ptx/samples/device_vector.h"
#include "tests/ptx/samples/samples.h"

namespace gan::ptx::samples {
namespace {

[[maybe_unused]] __device__ void cluster_barrier() {
  asm volatile("barrier.cluster.arrive.release.aligned;\nbarrier.cluster.wait.acquire.aligned;" ::: "memory");
}

__global__ void __cluster_dims__(2, 1, 1) __launch_bounds__(64)
    sum_in_cluster(const __grid_constant__ CUtensorMap x, float* y) {
#if __CUDA_ARCH__ >= 900
  extern __shared__ __align__(1024) unsigned char memory[];
  __shared__ unsigned long long barrier;
  __shared__ float sums[2];
  const float* tile = reinterpret_cast<const float*>(memory);
  const unsigned full = shared_address(&barrier);
  unsigned rank;
  asm("mov.u32 %0, %%cluster_ctarank;" : "=r"(rank));
  if (threadIdx.x == 0) {
    initialise_barrier(full, 1);
    asm volatile("fence.mbarrier_init.release.cluster;" ::: "memory");
    expect_bytes(full, 1024);
  }
  cluster_barrier();  // both blocks' mbarriers are initialised
  if (rank == 0 && threadIdx.x == 0)
    asm volatile(
        "cp.async.bulk.tensor.1d.shared::cluster.global.tile.mbarrier::complete_tx::bytes.multicast::cluster [%0], "
        "[%1, {%2}], [%3], %4;" ::"r"(shared_address(memory)),
        "l"(&x), "r"(0), "r"(full), "h"(static_cast<unsigned short>(3))
        : "memory");
  wait_for_phase(full, 0);
  if (threadIdx.x == 0) {
    float sum = 0;
    for (int i = 0; i < 256; ++i) sum += tile[i] + static_cast<float>(rank);
    for (unsigned other = 0; other < 2; ++other) {  // into the slot of this rank, in both blocks
      unsigned to;
      asm("mapa.shared::cluster.u32 %0, %1, %2;" : "=r"(to) : "r"(shared_address(&sums[rank])), "r"(other));
      asm volatile("st.shared::cluster.f32 [%0], %1;" ::"r"(to), "f"(sum) : "memory");
    }
  }
  cluster_barrier();  // both sums are in both blocks
  if (threadIdx.x == 0) y[rank] = sums[0] + 2 * sums[1];
#endif
}

}  // namespace

Floats cluster_sums(const Floats& x) {
  const DeviceVector<float> in(x), out(2);
  void* entry = nullptr;
  cudaDriverEntryPointQueryResult found;
  check(cudaGetDriverEntryPointByVersion("cuTensorMapEncodeTiled", &entry, 12000, cudaEnableDefault, &found),
        "cuTensorMapEncodeTiled");
  CUtensorMap map;
  const cuuint64_t sizes[1] = {256}, strides[1] = {0};
  const cuuint32_t box[1] = {256}, steps[1] = {1};
  if (reinterpret_cast<decltype(&cuTensorMapEncodeTiled)>(entry)(
          &map, CU_TENSOR_MAP_DATA_TYPE_FLOAT32, 1, in.get(), sizes, strides, box, steps, CU_TENSOR_MAP_INTERLEAVE_NONE,
          CU_TENSOR_MAP_SWIZZLE_NONE, CU_TENSOR_MAP_L2_PROMOTION_NONE,
          CU_TENSOR_MAP_FLOAT_OOB_FILL_NONE) != CUDA_SUCCESS)
    throw std::runtime_error("the tensor map is refused");
  sum_in_cluster<<<2, 64, 1024>>>(map, out.get());
  return out.values();
}

}  // namespace gan::ptx::samples
