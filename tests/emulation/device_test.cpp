// The emulated device, the stand-in for its matrix product, CUDA's vector types and arithmetic.

#include <cmath>
#include <limits>

#include "kernels/core/cuda/cuda_device.h"
#include "kernels/linear/gemm.h"
#include "tests/emulation/test_support.h"

namespace gan::emulation {
namespace {

TEST_CASE("the emulated device has memory that starts undefined", "[emulation]") {
  CHECK(CudaDevice::count() == 1);
  CudaDevice device;
  CHECK(device.description() == "emulated CUDA device");
  CHECK(device.free_memory() > 0);
  float* const memory = static_cast<float*>(device.allocate(3 * sizeof(float)));
  CHECK(reinterpret_cast<std::uintptr_t>(memory) % 256 == 0);
  for (int i = 0; i < 3; ++i) CHECK(std::isnan(memory[i]));
  const float in[2] = {1, 2};
  float out[3] = {0, 0, 0};
  device.copy_to_device(memory, in, sizeof in);
  device.copy_to_host(out, memory, sizeof out);
  device.synchronize();
  CHECK(out[0] == 1);
  CHECK(out[1] == 2);
  CHECK(std::isnan(out[2]));
  device.copy_to_device(nullptr, nullptr, 0);
  device.copy_to_host(nullptr, nullptr, 0);
  device.release(memory);
  device.release(device.allocate(0));
  CHECK_THROWS_AS(CudaDevice(1), MachineError);
  CHECK_THROWS_AS(device.allocate(std::numeric_limits<std::size_t>::max() / 4), MachineError);
}

/// A matrix with guards between its rows, of small whole numbers: sums are exact in any order.
struct Matrix {
  std::int64_t rows, columns, stride;
  std::vector<float> values;

  Matrix(std::int64_t row_count, std::int64_t column_count, std::int64_t guards)
      : rows(row_count),
        columns(column_count),
        stride(column_count + guards),
        values(static_cast<std::size_t>(row_count * stride), NAN) {}
  float& at(std::int64_t row, std::int64_t column) { return values[static_cast<std::size_t>(row * stride + column)]; }
  void fill(int seed) {
    for (std::int64_t r = 0; r < rows; ++r)
      for (std::int64_t c = 0; c < columns; ++c) at(r, c) = static_cast<float>((r * 7 + c * 13 + seed * 5) % 17 - 8);
  }
};

TEST_CASE("the stand-in's matrix product is the definition", "[emulation]") {
  CudaDevice device;
  struct Extents {
    std::int64_t m, n, k;
  };
  // 1: every loop runs once; all different: no two can be swapped; k = 0: only beta c is left
  for (const Extents& e : {Extents{1, 1, 1}, Extents{3, 5, 7}, Extents{33, 2, 65}, Extents{4, 3, 0}, Extents{0, 3, 2}})
    for (bool transpose_a : {false, true})
      for (bool transpose_b : {false, true})
        for (float beta : {0.0f, 1.0f, -2.0f}) {
          INFO("m " << e.m << " n " << e.n << " k " << e.k << " a^T " << transpose_a << " b^T " << transpose_b
                    << " beta " << beta);
          Matrix a = transpose_a ? Matrix(e.k, e.m, 2) : Matrix(e.m, e.k, 2);
          Matrix b = transpose_b ? Matrix(e.n, e.k, 3) : Matrix(e.k, e.n, 3);
          Matrix c(e.m, e.n, 1);
          a.fill(1), b.fill(2);
          if (beta != 0) c.fill(3);  // else c stays NaN: it must not be read
          Matrix before = c;
          gemm({.m = e.m,
                .n = e.n,
                .k = e.k,
                .a = a.values.data(),
                .lda = a.stride,
                .transpose_a = transpose_a,
                .b = b.values.data(),
                .ldb = b.stride,
                .transpose_b = transpose_b,
                .beta = beta,
                .c = c.values.data(),
                .ldc = c.stride},
               device);
          for (std::int64_t row = 0; row < e.m; ++row) {
            for (std::int64_t column = 0; column < e.n; ++column) {
              double sum = beta != 0 ? static_cast<double>(beta) * before.at(row, column) : 0;
              for (std::int64_t i = 0; i < e.k; ++i)
                sum += static_cast<double>(transpose_a ? a.at(i, row) : a.at(row, i)) *
                       (transpose_b ? b.at(column, i) : b.at(i, column));
              CHECK(c.at(row, column) == sum);
            }
            CHECK(std::isnan(c.at(row, e.n)));  // the guard
          }
        }
}

TEST_CASE("a matrix product with impossible extents is refused", "[emulation]") {
  CudaDevice device;
  float x[4] = {};
  const GemmArguments good{.m = 2,
                           .n = 2,
                           .k = 2,
                           .a = x,
                           .lda = 2,
                           .transpose_a = false,
                           .b = x,
                           .ldb = 2,
                           .transpose_b = false,
                           .beta = 0,
                           .c = x,
                           .ldc = 2};
  validate(good);
  for (std::int64_t GemmArguments::*extent : {&GemmArguments::lda, &GemmArguments::ldb, &GemmArguments::ldc}) {
    GemmArguments bad = good;
    bad.*extent = 1;
    CHECK_THROWS_AS(gemm(bad, device), Error);
  }
  for (std::int64_t GemmArguments::*extent : {&GemmArguments::m, &GemmArguments::n, &GemmArguments::k})
    for (std::int64_t value : {std::int64_t{-1}, std::int64_t{1} << 31}) {
      GemmArguments bad = good;
      bad.*extent = value;
      CHECK_THROWS_AS(gemm(bad, device), Error);
    }
}

static_assert(sizeof(float4) == 16 && alignof(float4) == 16 && sizeof(float3) == 12 && alignof(float3) == 4);
static_assert(sizeof(float2) == 8 && alignof(float2) == 8 && sizeof(double2) == 16 && alignof(double2) == 16);
static_assert(sizeof(uint4) == 16 && alignof(uint4) == 16 && sizeof(int2) == 8 && alignof(int2) == 8);
static_assert(sizeof(uchar4) == 4 && alignof(uchar4) == 4 && sizeof(uint3) == 12 && alignof(uint3) == 4);
static_assert(dim3().x == 1 && dim3(2).y == 1 && dim3(2, 3).y == 3 && dim3(make_uint3(4, 5, 6)).z == 6);

TEST_CASE("CUDA's arithmetic functions", "[emulation]") {
  CHECK(min(3, -4) == -4);
  CHECK(max(3u, 4) == 4u);
  CHECK(min(-1, 1u) == 1u);  // as CUDA: compared as unsigned
  CHECK(max(std::int64_t{1} << 40, std::int64_t{2}) == std::int64_t{1} << 40);
  CHECK(max(NAN, 1.0f) == 1.0f);
  CHECK(__umulhi(0xffffffffu, 0xffffffffu) == 0xfffffffeu);
  CHECK(__mulhi(-1, 1) == -1);
  CHECK(__umul64hi(~0ull, ~0ull) == ~0ull - 1);
  CHECK(__popc(0xf0f0u) == 8);
  CHECK(__popcll(~0ull) == 64);
  CHECK(__ffs(0) == 0);
  CHECK(__ffs(8) == 4);
  CHECK(__clz(1) == 31);
  CHECK(__clz(0) == 32);
  CHECK(__clzll(1) == 63);
  CHECK(__uint_as_float(__float_as_uint(-1.5f)) == -1.5f);
  CHECK(__float_as_uint(1.0f) == 0x3f800000u);
  CHECK(__int_as_float(__float_as_int(2.5f)) == 2.5f);
  CHECK(__float2int_rn(2.5f) == 2);
  CHECK(__float2int_rz(-2.7f) == -2);
  CHECK(__double2float_rn(1.0 + std::ldexp(1.0, -30)) == 1.0f);
  CHECK(rsqrtf(4.0f) == 0.5f);
  CHECK(__saturatef(NAN) == 0.0f);
  CHECK(__saturatef(1.5f) == 1.0f);
  CHECK(__expf(0.0f) == 1.0f);
  CHECK(__logf(1.0f) == 0.0f);
}

TEST_CASE("rounded products and sums are never fused", "[emulation]") {
  // (1+e)(1+e) = 1 + 2e + e^2: the last term is lost in rounding, and kept by a fused multiply-add.
  volatile float x = 1.0f + std::ldexp(1.0f, -13);
  const float square = 1.0f + std::ldexp(1.0f, -12);
  CHECK(__fadd_rn(__fmul_rn(x, x), -square) == 0.0f);
  CHECK(__fmul_rn(x, x) - square == 0.0f);
  CHECK(__fsub_rn(x * x, square) == 0.0f);
  CHECK(__fmaf_rn(x, x, -square) == std::ldexp(1.0f, -26));
}

}  // namespace
}  // namespace gan::emulation
