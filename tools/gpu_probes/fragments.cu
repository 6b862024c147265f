// Probes of what one warp does: ldmatrix, stmatrix, mma.sync, cvt.rna.tf32.
#include <cuda_bf16.h>
#include <cuda_fp16.h>

#include "device_array.h"
#include "probes.h"

namespace gan::probes {

namespace {

constexpr int kLanes = 32, kMatrixElements = 64;

__device__ std::uint32_t shared_address(const void* p) {
  return static_cast<std::uint32_t>(__cvta_generic_to_shared(p));
}

// One warp. matrices[i] = i; registers[lane][r] = what ldmatrix put there.
template <int kMatrices, bool kTransposed>
__global__ void load_matrix_kernel(std::uint32_t* registers) {
  __shared__ __align__(128) std::uint16_t matrices[4 * kMatrixElements];
  for (int i = threadIdx.x; i < 4 * kMatrixElements; i += kLanes) matrices[i] = static_cast<std::uint16_t>(i);
  __syncthreads();
  const std::uint32_t row = shared_address(&matrices[8 * (threadIdx.x % (8 * kMatrices))]);
  std::uint32_t r[4] = {};
  if constexpr (kMatrices == 1 && !kTransposed)
    asm volatile("ldmatrix.sync.aligned.m8n8.x1.shared.b16 {%0}, [%1];" : "=r"(r[0]) : "r"(row));
  if constexpr (kMatrices == 1 && kTransposed)
    asm volatile("ldmatrix.sync.aligned.m8n8.x1.trans.shared.b16 {%0}, [%1];" : "=r"(r[0]) : "r"(row));
  if constexpr (kMatrices == 2 && !kTransposed)
    asm volatile("ldmatrix.sync.aligned.m8n8.x2.shared.b16 {%0, %1}, [%2];" : "=r"(r[0]), "=r"(r[1]) : "r"(row));
  if constexpr (kMatrices == 2 && kTransposed)
    asm volatile("ldmatrix.sync.aligned.m8n8.x2.trans.shared.b16 {%0, %1}, [%2];" : "=r"(r[0]), "=r"(r[1]) : "r"(row));
  if constexpr (kMatrices == 4 && !kTransposed)
    asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0, %1, %2, %3}, [%4];"
                 : "=r"(r[0]), "=r"(r[1]), "=r"(r[2]), "=r"(r[3])
                 : "r"(row));
  if constexpr (kMatrices == 4 && kTransposed)
    asm volatile("ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16 {%0, %1, %2, %3}, [%4];"
                 : "=r"(r[0]), "=r"(r[1]), "=r"(r[2]), "=r"(r[3])
                 : "r"(row));
  for (int i = 0; i < kMatrices; ++i) registers[threadIdx.x * kMatrices + i] = r[i];
}

// One warp. The register r of a lane holds the numbers of its halves, (lane kMatrices + r) 2 and the next; stored[i] = the
// number that stmatrix put at place i.
template <int kMatrices, bool kTransposed>
__global__ void store_matrix_kernel(std::uint16_t* stored) {
  __shared__ __align__(128) std::uint16_t matrices[kMatrices * kMatrixElements];
  for (int i = threadIdx.x; i < kMatrices * kMatrixElements; i += kLanes) matrices[i] = 0xffff;
  __syncthreads();
  const std::uint32_t row = shared_address(&matrices[8 * (threadIdx.x % (8 * kMatrices))]);
  std::uint32_t r[4] = {};
  for (std::uint32_t i = 0; i < kMatrices; ++i) {
    const std::uint32_t low = 2 * (threadIdx.x * kMatrices + i);
    r[i] = low | (low + 1) << 16;
  }
  if constexpr (kMatrices == 1 && !kTransposed)
    asm volatile("stmatrix.sync.aligned.m8n8.x1.shared.b16 [%0], {%1};" ::"r"(row), "r"(r[0]) : "memory");
  if constexpr (kMatrices == 1 && kTransposed)
    asm volatile("stmatrix.sync.aligned.m8n8.x1.trans.shared.b16 [%0], {%1};" ::"r"(row), "r"(r[0]) : "memory");
  if constexpr (kMatrices == 2 && !kTransposed)
    asm volatile("stmatrix.sync.aligned.m8n8.x2.shared.b16 [%0], {%1, %2};" ::"r"(row), "r"(r[0]), "r"(r[1])
                 : "memory");
  if constexpr (kMatrices == 2 && kTransposed)
    asm volatile("stmatrix.sync.aligned.m8n8.x2.trans.shared.b16 [%0], {%1, %2};" ::"r"(row), "r"(r[0]), "r"(r[1])
                 : "memory");
  if constexpr (kMatrices == 4 && !kTransposed)
    asm volatile("stmatrix.sync.aligned.m8n8.x4.shared.b16 [%0], {%1, %2, %3, %4};" ::"r"(row), "r"(r[0]), "r"(r[1]),
                 "r"(r[2]), "r"(r[3])
                 : "memory");
  if constexpr (kMatrices == 4 && kTransposed)
    asm volatile("stmatrix.sync.aligned.m8n8.x4.trans.shared.b16 [%0], {%1, %2, %3, %4};" ::"r"(row), "r"(r[0]),
                 "r"(r[1]), "r"(r[2]), "r"(r[3])
                 : "memory");
  __syncthreads();
  for (int i = threadIdx.x; i < kMatrices * kMatrixElements; i += kLanes) stored[i] = matrices[i];
}

/// Registers a lane of A and B, and elements a register.
template <Mma kMma>
constexpr int kARegisters = kMma == Mma::M16N8K8Bf16 ? 2 : 4;
template <Mma kMma>
constexpr int kBRegisters = kMma == Mma::M16N8K8Bf16 ? 1 : 2;
template <Mma kMma>
constexpr int kHalves = kMma == Mma::M16N8K8Tf32 ? 1 : 2;
constexpr int kAccumulators = 4;

/// A whole number up to 256 as the element that the instruction takes; exact in all of them.
template <Mma kMma>
__device__ std::uint32_t encode(int value) {
  if constexpr (kMma == Mma::M16N8K8Tf32) return __float_as_uint(static_cast<float>(value));
  if constexpr (kMma == Mma::M16N8K16F16) return __half_as_ushort(__int2half_rn(value));
  return __float_as_uint(static_cast<float>(value)) >> 16;  // bf16: 8 significant bits are enough up to 256
}

template <Mma kMma>
__device__ void multiply(float (&d)[4], const std::uint32_t* a, const std::uint32_t* b) {
  if constexpr (kMma == Mma::M16N8K16Bf16)
    asm volatile(
        "mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, %1, "
        "%2, %3};"
        : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3])
        : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
  if constexpr (kMma == Mma::M16N8K16F16)
    asm volatile(
        "mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, "
        "%3};"
        : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3])
        : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
  if constexpr (kMma == Mma::M16N8K8Bf16)
    asm volatile(
        "mma.sync.aligned.m16n8k8.row.col.f32.bf16.bf16.f32 {%0, %1, %2, %3}, {%4, %5}, {%6}, {%0, %1, %2, %3};"
        : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3])
        : "r"(a[0]), "r"(a[1]), "r"(b[0]));
  if constexpr (kMma == Mma::M16N8K8Tf32)
    asm volatile(
        "mma.sync.aligned.m16n8k8.row.col.f32.tf32.tf32.f32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, "
        "%3};"
        : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3])
        : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
}

// One warp; block e: the element e of A is 1, all others 0; the element i of B is 1 + i. d: [e][lane][register].
template <Mma kMma>
__global__ void multiply_kernel(float* d) {
  const int lane = static_cast<int>(threadIdx.x), chosen = static_cast<int>(blockIdx.x);
  std::uint32_t a[4] = {}, b[2] = {};
  for (int r = 0; r < kARegisters<kMma>; ++r)
    for (int h = 0; h < kHalves<kMma>; ++h)
      if ((lane * kARegisters<kMma> + r) * kHalves<kMma> + h == chosen) a[r] |= encode<kMma>(1) << (16 * h);
  for (int r = 0; r < kBRegisters<kMma>; ++r)
    for (int h = 0; h < kHalves<kMma>; ++h)
      b[r] |= encode<kMma>(1 + (lane * kBRegisters<kMma> + r) * kHalves<kMma> + h) << (16 * h);
  float sums[kAccumulators] = {};
  multiply<kMma>(sums, a, b);
  for (int i = 0; i < kAccumulators; ++i) d[(chosen * kLanes + lane) * kAccumulators + i] = sums[i];
}

template <Mma kMma>
Table multiply_pairs_of() {
  const int elements = fragment_sizes(kMma).a, row = kLanes * kAccumulators;
  DeviceArray<float> d(static_cast<std::size_t>(elements) * row);
  multiply_kernel<kMma><<<elements, kLanes>>>(d.data());
  finish("mma.sync");
  const std::vector<float> values = d.values();
  Table table;
  for (int i = 0; i < elements; ++i) table.emplace_back(values.begin() + i * row, values.begin() + (i + 1) * row);
  return table;
}

template <int kMatrices, bool kTransposed>
Table load_matrix_of() {
  DeviceArray<std::uint32_t> registers(kLanes * kMatrices);
  load_matrix_kernel<kMatrices, kTransposed><<<1, kLanes>>>(registers.data());
  finish("ldmatrix");
  const std::vector<std::uint32_t> values = registers.values();
  Table table(kLanes);
  for (std::size_t i = 0; i < values.size(); ++i) {
    table[i / kMatrices].push_back(values[i] & 0xffff);
    table[i / kMatrices].push_back(values[i] >> 16);
  }
  return table;
}

template <int kMatrices, bool kTransposed>
Table store_matrix_of() {
  DeviceArray<std::uint16_t> stored(kMatrices * kMatrixElements);
  store_matrix_kernel<kMatrices, kTransposed><<<1, kLanes>>>(stored.data());
  finish("stmatrix");
  const std::vector<std::uint16_t> values = stored.values();
  Table table(kLanes, std::vector<std::int64_t>(2 * kMatrices, -1));
  for (std::size_t place = 0; place < values.size(); ++place)
    if (values[place] < kLanes * 2 * kMatrices)
      table[values[place] / (2 * kMatrices)][values[place] % (2 * kMatrices)] = static_cast<std::int64_t>(place);
  return table;
}

__global__ void round_to_tf32_kernel(const float* x, std::uint32_t* y) {
  asm volatile("cvt.rna.tf32.f32 %0, %1;" : "=r"(y[threadIdx.x]) : "f"(x[threadIdx.x]));
}

__global__ void dynamic_shared_address_kernel(std::uint32_t* address) {
  extern __shared__ unsigned char memory[];
  *address = shared_address(memory);
}

}  // namespace

Table load_matrix(int matrices, bool transposed) {
  switch (matrices) {
    case 1: return transposed ? load_matrix_of<1, true>() : load_matrix_of<1, false>();
    case 2: return transposed ? load_matrix_of<2, true>() : load_matrix_of<2, false>();
    default: return transposed ? load_matrix_of<4, true>() : load_matrix_of<4, false>();
  }
}

Table store_matrix(int matrices, bool transposed) {
  switch (matrices) {
    case 1: return transposed ? store_matrix_of<1, true>() : store_matrix_of<1, false>();
    case 2: return transposed ? store_matrix_of<2, true>() : store_matrix_of<2, false>();
    default: return transposed ? store_matrix_of<4, true>() : store_matrix_of<4, false>();
  }
}

FragmentSizes fragment_sizes(Mma mma) {
  switch (mma) {
    case Mma::M16N8K8Bf16:
    case Mma::M16N8K8Tf32: return {.a = 128, .b = 64, .accumulator = 128};
    default: return {.a = 256, .b = 128, .accumulator = 128};
  }
}

Table multiply_pairs(Mma mma) {
  switch (mma) {
    case Mma::M16N8K16Bf16: return multiply_pairs_of<Mma::M16N8K16Bf16>();
    case Mma::M16N8K16F16: return multiply_pairs_of<Mma::M16N8K16F16>();
    case Mma::M16N8K8Bf16: return multiply_pairs_of<Mma::M16N8K8Bf16>();
    default: return multiply_pairs_of<Mma::M16N8K8Tf32>();
  }
}

std::vector<std::uint32_t> round_to_tf32(const std::vector<std::uint32_t>& bits) {
  const DeviceArray<std::uint32_t> x(bits), y(bits.size());
  round_to_tf32_kernel<<<1, static_cast<unsigned>(bits.size())>>>(reinterpret_cast<const float*>(x.data()), y.data());
  finish("cvt.rna.tf32");
  return y.values();
}

std::uint32_t dynamic_shared_address() {
  const DeviceArray<std::uint32_t> address(1);
  dynamic_shared_address_kernel<<<1, 1, 1024>>>(address.data());
  finish("dynamic shared memory");
  return address.values().front();
}

}  // namespace gan::probes
