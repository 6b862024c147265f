// mma.sync with the fragments of ldmatrix, of plain loads, and stmatrix.

#include <cuda_bf16.h>
#include <cuda_fp16.h>

#include "tests/ptx/samples/device_vector.h"
#include "tests/ptx/samples/samples.h"

namespace gan::ptx::samples {
namespace {

/// c (16, 8) = a (16, 16) b (16, 8), b stored [k][n].
__global__ void multiply_bf16(const __nv_bfloat16* a, const __nv_bfloat16* b, __nv_bfloat16* c) {
  __shared__ __align__(16) __nv_bfloat16 sa[16][16], sb[16][8], sc[16][8];
  const int lane = threadIdx.x;
  for (int i = lane; i < 256; i += 32) sa[i / 16][i % 16] = a[i];
  for (int i = lane; i < 128; i += 32) sb[i / 8][i % 8] = b[i];
  __syncwarp();
  unsigned ra[4], rb[2];
  float d[4] = {};
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0,%1,%2,%3}, [%4];"
               : "=r"(ra[0]), "=r"(ra[1]), "=r"(ra[2]), "=r"(ra[3])
               : "r"(shared_address(&sa[lane % 16][8 * (lane / 16)])));
  asm volatile("ldmatrix.sync.aligned.m8n8.x2.trans.shared.b16 {%0,%1}, [%2];"
               : "=r"(rb[0]), "=r"(rb[1])
               : "r"(shared_address(&sb[lane % 16][0])));
  asm volatile(
      "mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, {%0,%1,%2,%3};"
      : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3])
      : "r"(ra[0]), "r"(ra[1]), "r"(ra[2]), "r"(ra[3]), "r"(rb[0]), "r"(rb[1]));
#if __CUDA_ARCH__ >= 900
  unsigned packed[2];
  asm("cvt.rn.bf16x2.f32 %0, %1, %2;" : "=r"(packed[0]) : "f"(d[1]), "f"(d[0]));
  asm("cvt.rn.bf16x2.f32 %0, %1, %2;" : "=r"(packed[1]) : "f"(d[3]), "f"(d[2]));
  asm volatile("stmatrix.sync.aligned.m8n8.x2.shared.b16 [%0], {%1,%2};" ::"r"(shared_address(&sc[lane % 16][0])),
               "r"(packed[0]), "r"(packed[1])
               : "memory");
#else
  for (int r = 0; r < 4; ++r) sc[lane / 4 + 8 * (r >> 1)][2 * (lane % 4) + (r & 1)] = __nv_bfloat16(d[r]);
#endif
  __syncwarp();
  for (int i = lane; i < 128; i += 32) c[i] = sc[i / 8][i % 8];
}

/// c (16, 8) = a (16, 8) b (8, 8), b stored [k][n].
__global__ void multiply_tf32(const float* a, const float* b, float* c) {
  const int lane = threadIdx.x, g = lane / 4, t = lane % 4;
  unsigned ra[4], rb[2];
  for (int r = 0; r < 4; ++r)
    asm("cvt.rna.tf32.f32 %0, %1;" : "=r"(ra[r]) : "f"(a[(g + 8 * (r & 1)) * 8 + t + 4 * (r >> 1)]));
  for (int r = 0; r < 2; ++r) asm("cvt.rna.tf32.f32 %0, %1;" : "=r"(rb[r]) : "f"(b[(t + 4 * r) * 8 + g]));
  float d[4] = {};
  asm volatile(
      "mma.sync.aligned.m16n8k8.row.col.f32.tf32.tf32.f32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, {%0,%1,%2,%3};"
      : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3])
      : "r"(ra[0]), "r"(ra[1]), "r"(ra[2]), "r"(ra[3]), "r"(rb[0]), "r"(rb[1]));
  for (int r = 0; r < 4; ++r) c[(g + 8 * (r >> 1)) * 8 + 2 * t + (r & 1)] = d[r];
}

/// c (16, 8) = a (16, 16) b (16, 8) with sums in fp16, b stored [k][n].
__global__ void multiply_f16(const __half* a, const __half* b, __half* c) {
  const int lane = threadIdx.x, g = lane / 4, t = lane % 4;
  const auto pair = [](__half low, __half high) {
    return __half_as_ushort(low) | unsigned{__half_as_ushort(high)} << 16;
  };
  unsigned ra[4], rb[2], d[2] = {};
  for (int r = 0; r < 4; ++r) {
    const __half* at = &a[(g + 8 * (r & 1)) * 16 + 2 * t + 8 * (r >> 1)];
    ra[r] = pair(at[0], at[1]);
  }
  for (int r = 0; r < 2; ++r) rb[r] = pair(b[(2 * t + 8 * r) * 8 + g], b[(2 * t + 8 * r + 1) * 8 + g]);
  asm volatile("mma.sync.aligned.m16n8k16.row.col.f16.f16.f16.f16 {%0,%1}, {%2,%3,%4,%5}, {%6,%7}, {%0,%1};"
               : "+r"(d[0]), "+r"(d[1])
               : "r"(ra[0]), "r"(ra[1]), "r"(ra[2]), "r"(ra[3]), "r"(rb[0]), "r"(rb[1]));
  for (int r = 0; r < 2; ++r)
    for (int h = 0; h < 2; ++h)
      c[(g + 8 * r) * 8 + 2 * t + h] = __ushort_as_half(static_cast<unsigned short>(d[r] >> 16 * h));
}

template <class T>
std::vector<T> narrowed(const Floats& values) {
  std::vector<T> all;
  for (const float v : values) all.push_back(T(v));
  return all;
}
template <class T>
Floats widened(const std::vector<T>& values) {
  Floats all;
  for (const T v : values) all.push_back(static_cast<float>(v));
  return all;
}

}  // namespace

Floats product_bf16(const Floats& a, const Floats& b) {
  const DeviceVector<__nv_bfloat16> da(narrowed<__nv_bfloat16>(a)), db(narrowed<__nv_bfloat16>(b)), dc(128);
  multiply_bf16<<<1, 32>>>(da.get(), db.get(), dc.get());
  return widened(dc.values());
}

Floats product_tf32(const Floats& a, const Floats& b) {
  const DeviceVector<float> da(a), db(b), dc(128);
  multiply_tf32<<<1, 32>>>(da.get(), db.get(), dc.get());
  return dc.values();
}

Floats product_f16(const Floats& a, const Floats& b) {
  const DeviceVector<__half> da(narrowed<__half>(a)), db(narrowed<__half>(b)), dc(128);
  multiply_f16<<<1, 32>>>(da.get(), db.get(), dc.get());
  return widened(dc.values());
}

}  // namespace gan::ptx::samples
