// TMA with swizzles and im2col, mbarriers, wgmma.

#include <cuda.h>
#include <cuda_bf16.h>

#include "tests/ptx/samples/device_vector.h"
#include "tests/ptx/samples/samples.h"

namespace gan::ptx::samples {
namespace {

constexpr int kDepth = 128, kStages = 2, kTileBytes = 8192;

/// A tile of 64 rows of kBytes bytes, eight rows to a swizzle pattern.
template <int kBytes>
__device__ unsigned long long descriptor(unsigned address) {
  const unsigned long long layout = kBytes == 128 ? 1 : kBytes == 64 ? 2 : 3;
  return (address & 0x3ffff) >> 4 | 1ull << 16 | (8ull * kBytes >> 4) << 32 | layout << 62;
}

[[maybe_unused]] __device__ void load_tile(unsigned to, const CUtensorMap* map, int x, unsigned barrier) {
  asm volatile(
      "cp.async.bulk.tensor.2d.shared::cluster.global.mbarrier::complete_tx::bytes [%0], [%1, {%2, %3}], [%4];" ::"r"(
          to),
      "l"(map), "r"(x), "r"(0), "r"(barrier)
      : "memory");
}

/// d += a b^T of one tile of 64 x 64 x 16.
[[maybe_unused]] __device__ void multiply_tile(float (&d)[32], unsigned long long a, unsigned long long b, int keep) {
#if defined(__CUDA_ARCH_FEAT_SM90_ALL)
  asm volatile(
      "{\n.reg .pred p;\nsetp.ne.b32 p, %34, 0;\n"
      "wgmma.mma_async.sync.aligned.m64n64k16.f32.bf16.bf16 {%0,%1,%2,%3,%4,%5,%6,%7,%8,%9,%10,%11,%12,%13,%14,%15,"
      "%16,%17,%18,%19,%20,%21,%22,%23,%24,%25,%26,%27,%28,%29,%30,%31}, %32, %33, p, 1, 1, 0, 0;\n}\n"
      : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3]), "+f"(d[4]), "+f"(d[5]), "+f"(d[6]), "+f"(d[7]), "+f"(d[8]),
        "+f"(d[9]), "+f"(d[10]), "+f"(d[11]), "+f"(d[12]), "+f"(d[13]), "+f"(d[14]), "+f"(d[15]), "+f"(d[16]),
        "+f"(d[17]), "+f"(d[18]), "+f"(d[19]), "+f"(d[20]), "+f"(d[21]), "+f"(d[22]), "+f"(d[23]), "+f"(d[24]),
        "+f"(d[25]), "+f"(d[26]), "+f"(d[27]), "+f"(d[28]), "+f"(d[29]), "+f"(d[30]), "+f"(d[31])
      : "l"(a), "l"(b), "r"(keep));
#endif
}

template <int kBytes>
__global__ void __launch_bounds__(256)
    multiply(const __grid_constant__ CUtensorMap a, const __grid_constant__ CUtensorMap b,
             const __grid_constant__ CUtensorMap c) {
#if defined(__CUDA_ARCH_FEAT_SM90_ALL)
  constexpr int kInner = kBytes / 2, kTiles = kDepth / kInner;
  extern __shared__ __align__(1024) unsigned char memory[];
  __shared__ unsigned long long full[kStages], empty[kStages];
  float* out = reinterpret_cast<float*>(memory + kStages * 2 * kTileBytes);
  if (threadIdx.x == 0) {
    for (int s = 0; s < kStages; ++s) {
      initialise_barrier(shared_address(&full[s]), 1);
      initialise_barrier(shared_address(&empty[s]), 128);
    }
    asm volatile("fence.mbarrier_init.release.cluster;" ::: "memory");
  }
  __syncthreads();
  if (threadIdx.x < 128) {  // the producer
    asm volatile("setmaxnreg.dec.sync.aligned.u32 40;");
    if (threadIdx.x != 0) return;
    for (int t = 0; t < kTiles; ++t) {
      const int s = t % kStages;
      wait_for_phase(shared_address(&empty[s]), (t / kStages & 1) ^ 1);
      const unsigned bar = shared_address(&full[s]), tile = shared_address(memory + s * 2 * kTileBytes);
      expect_bytes(bar, 2 * 64 * kBytes);
      load_tile(tile, &a, t * kInner, bar);
      load_tile(tile + kTileBytes, &b, t * kInner, bar);
    }
    return;
  }
  asm volatile("setmaxnreg.inc.sync.aligned.u32 232;");
  float d[32] = {};
  for (int t = 0; t < kTiles; ++t) {
    const int s = t % kStages;
    wait_for_phase(shared_address(&full[s]), t / kStages & 1);
    asm volatile("wgmma.fence.sync.aligned;" ::: "memory");
    for (int k = 0; k < kInner / 16; ++k) {
      const unsigned tile = shared_address(memory + s * 2 * kTileBytes) + 32 * k;
      multiply_tile(d, descriptor<kBytes>(tile), descriptor<kBytes>(tile + kTileBytes), t + k);
    }
    asm volatile("wgmma.commit_group.sync.aligned;" ::: "memory");
    asm volatile("wgmma.wait_group.sync.aligned 0;" ::: "memory");
    asm volatile("mbarrier.arrive.shared::cta.b64 _, [%0];" ::"r"(shared_address(&empty[s])) : "memory");
  }
  const int lane = threadIdx.x % 32, w = threadIdx.x / 32 - 4;
  for (int r = 0; r < 32; ++r)
    out[(16 * w + lane / 4 + 8 * (r >> 1 & 1)) * 64 + 8 * (r >> 2) + 2 * (lane % 4) + (r & 1)] = d[r];
  asm volatile("fence.proxy.async.shared::cta;" ::: "memory");
  asm volatile("bar.sync 1, 128;" ::: "memory");
  if (threadIdx.x != 128) return;
  asm volatile("cp.async.bulk.tensor.2d.global.shared::cta.bulk_group [%0, {%1, %2}], [%3];" ::"l"(&c), "r"(0), "r"(0),
               "r"(shared_address(out))
               : "memory");
  asm volatile("cp.async.bulk.commit_group;" ::: "memory");
  asm volatile("cp.async.bulk.wait_group 0;" ::: "memory");
#endif
}

/// The driver's function of that name.
template <class F>
F driver_function(const char* name) {
  void* entry = nullptr;
  cudaDriverEntryPointQueryResult found;
  check(cudaGetDriverEntryPointByVersion(name, &entry, 12000, cudaEnableDefault, &found), name);
  if (entry == nullptr) throw std::runtime_error(std::string("no ") + name);
  return reinterpret_cast<F>(entry);
}

CUtensorMap matrix_map(void* base, CUtensorMapDataType type, unsigned width, unsigned row_bytes, unsigned box,
                       CUtensorMapSwizzle swizzle) {
  CUtensorMap map;
  const cuuint64_t sizes[2] = {width, 64}, strides[1] = {row_bytes};
  const cuuint32_t boxes[2] = {box, 64}, steps[2] = {1, 1};
  const auto encode = driver_function<decltype(&cuTensorMapEncodeTiled)>("cuTensorMapEncodeTiled");
  if (encode(&map, type, 2, base, sizes, strides, boxes, steps, CU_TENSOR_MAP_INTERLEAVE_NONE, swizzle,
             CU_TENSOR_MAP_L2_PROMOTION_NONE, CU_TENSOR_MAP_FLOAT_OOB_FILL_NONE) != CUDA_SUCCESS)
    throw std::runtime_error("a tensor map is refused");
  return map;
}

template <int kBytes>
Floats product(const Floats& a, const Floats& b) {
  std::vector<__nv_bfloat16> na, nb;
  for (const float v : a) na.push_back(__nv_bfloat16(v));
  for (const float v : b) nb.push_back(__nv_bfloat16(v));
  const DeviceVector<__nv_bfloat16> da(na), db(nb);
  const DeviceVector<float> dc(64 * 64);
  constexpr auto kSwizzle = kBytes == 128  ? CU_TENSOR_MAP_SWIZZLE_128B
                            : kBytes == 64 ? CU_TENSOR_MAP_SWIZZLE_64B
                                           : CU_TENSOR_MAP_SWIZZLE_32B;
  constexpr int kShared = kStages * 2 * kTileBytes + 64 * 64 * 4;
  check(cudaFuncSetAttribute(multiply<kBytes>, cudaFuncAttributeMaxDynamicSharedMemorySize, kShared),
        "asking for shared memory");
  multiply<kBytes><<<1, 256, kShared>>>(
      matrix_map(da.get(), CU_TENSOR_MAP_DATA_TYPE_BFLOAT16, kDepth, 2 * kDepth, kBytes / 2, kSwizzle),
      matrix_map(db.get(), CU_TENSOR_MAP_DATA_TYPE_BFLOAT16, kDepth, 2 * kDepth, kBytes / 2, kSwizzle),
      matrix_map(dc.get(), CU_TENSOR_MAP_DATA_TYPE_FLOAT32, 64, 256, 64, CU_TENSOR_MAP_SWIZZLE_NONE));
  return dc.values();
}

constexpr int kChannels = 8;

__global__ void load_im2col(const __grid_constant__ CUtensorMap image, float* out, int n, int h, int w, int tap_h,
                            int tap_w, int pixels) {
#if __CUDA_ARCH__ >= 900
  extern __shared__ __align__(1024) unsigned char memory[];
  __shared__ unsigned long long barrier;
  const unsigned full = shared_address(&barrier);
  if (threadIdx.x == 0) {
    initialise_barrier(full, 1);
    asm volatile("fence.mbarrier_init.release.cluster;" ::: "memory");
    expect_bytes(full, pixels * kChannels * 4);
    asm volatile(
        "cp.async.bulk.tensor.4d.shared::cluster.global.im2col.mbarrier::complete_tx::bytes [%0], [%1, {%2, %3, %4, "
        "%5}], [%6], {%7, %8};" ::"r"(shared_address(memory)),
        "l"(&image), "r"(0), "r"(w), "r"(h), "r"(n), "r"(full), "h"(static_cast<unsigned short>(tap_w)),
        "h"(static_cast<unsigned short>(tap_h))
        : "memory");
  }
  __syncthreads();
  wait_for_phase(full, 0);
  for (int i = threadIdx.x; i < pixels; i += 32) out[i] = reinterpret_cast<const float*>(memory)[i * kChannels];
#endif
}

}  // namespace

Floats product_by_tma_and_wgmma(const Floats& a, const Floats& b, int swizzle_bytes) {
  return swizzle_bytes == 128 ? product<128>(a, b) : swizzle_bytes == 64 ? product<64>(a, b) : product<32>(a, b);
}

Floats im2col_pixels(const Im2col& walk) {
  const auto [n, h, w] = walk.shape;
  Floats image(static_cast<std::size_t>(n * h * w * kChannels));
  for (int i = 0; i < n * h * w; ++i) image[static_cast<std::size_t>(i * kChannels)] = static_cast<float>(i + 1);
  const DeviceVector<float> in(image), out(static_cast<std::size_t>(walk.pixels));
  CUtensorMap map;
  const auto u64 = [](int v) { return static_cast<cuuint64_t>(v); };
  const cuuint64_t sizes[4] = {kChannels, u64(w), u64(h), u64(n)};
  const cuuint64_t strides[3] = {kChannels * 4, u64(w * kChannels * 4), u64(h * w * kChannels * 4)};
  const int lower[2] = {walk.lower[1], walk.lower[0]}, upper[2] = {walk.upper[1], walk.upper[0]};  // W comes first
  const cuuint32_t steps[4] = {1, static_cast<cuuint32_t>(walk.stride[1]), static_cast<cuuint32_t>(walk.stride[0]), 1};
  const auto encode = driver_function<decltype(&cuTensorMapEncodeIm2col)>("cuTensorMapEncodeIm2col");
  if (encode(&map, CU_TENSOR_MAP_DATA_TYPE_FLOAT32, 4, in.get(), sizes, strides, lower, upper, kChannels,
             static_cast<cuuint32_t>(walk.pixels), steps, CU_TENSOR_MAP_INTERLEAVE_NONE, CU_TENSOR_MAP_SWIZZLE_NONE,
             CU_TENSOR_MAP_L2_PROMOTION_NONE, CU_TENSOR_MAP_FLOAT_OOB_FILL_NONE) != CUDA_SUCCESS)
    throw std::runtime_error("the tensor map is refused");
  load_im2col<<<1, 32, walk.pixels * kChannels * 4>>>(map, out.get(), walk.start[0], walk.start[1], walk.start[2],
                                                      walk.offset[0], walk.offset[1], walk.pixels);
  return out.values();
}

}  // namespace gan::ptx::samples
