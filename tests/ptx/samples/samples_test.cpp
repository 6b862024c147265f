// The sample kernels against plain loops.

#include "tests/ptx/samples/samples.h"

#include <cuda_runtime_api.h>

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>
#include <numeric>

#include "tests/ptx/runtime/software_gpu.h"
#include "tests/support/catch.h"

namespace gan::ptx::samples {
namespace {

/// Whole numbers from -8 to 7: their products and sums are exact.
Floats whole_numbers(std::size_t count, unsigned seed = 1) {
  Floats all(count);
  for (float& v : all) {
    seed = seed * 1664525u + 1013904223u;
    v = static_cast<float>(static_cast<int>(seed >> 28) - 8);
  }
  return all;
}

/// Runs a sample; a mistake of its kernel fails with the software GPU's words.
template <class F>
Floats run(F sample) {
  runtime::take_complaint();
  Floats result;
  try {
    result = sample();
  } catch (const std::runtime_error& error) {
    cudaDeviceReset();  // the next sample starts anew
    FAIL(error.what() << "\n" << runtime::take_complaint());
  }
  return result;
}

/// a (m, k) times b (k, n).
Floats product(const Floats& a, const Floats& b, std::size_t m, std::size_t n, std::size_t k) {
  Floats c(m * n);
  for (std::size_t i = 0; i < m; ++i)
    for (std::size_t j = 0; j < n; ++j)
      for (std::size_t l = 0; l < k; ++l) c[i * n + j] += a[i * k + l] * b[l * n + j];
  return c;
}

TEST_CASE("threads that work together", "[cooperative]") {
  const Floats x = whole_numbers(1024);
  Floats sums, reversed, rotated;
  for (std::size_t i = 0; i < x.size(); i += 256) sums.push_back(std::accumulate(&x[i], &x[i] + 256, 0.0f));
  for (std::size_t i = 0; i < x.size(); ++i) reversed.push_back(x[i / 64 * 64 + 63 - i % 64]);
  for (std::size_t i = 0; i < x.size(); ++i) rotated.push_back(x[i / 32 * 32 + (i + 1) % 32]);
  CHECK(run([&] { return block_sums(x); }) == sums);
  CHECK(run([&] { return last_block_sum(x); }) == Floats{std::accumulate(x.begin(), x.end(), 0.0f)});
  CHECK(run([&] { return reversed_by_named_barrier(x); }) == reversed);
  CHECK(run([&] { return rotated_in_warp(x); }) == rotated);
}

TEST_CASE("vectors, tables and large shared memory", "[cooperative]") {
  const Floats x = whole_numbers(1000), table = whole_numbers(32, 7);
  Floats scaled;
  for (std::size_t i = 0; i < x.size(); ++i) scaled.push_back(2 * x[i] + table[i / 4 % 32]);
  CHECK(run([&] { return scaled_with_table(x, table); }) == scaled);
  const Floats large = whole_numbers(16384);
  CHECK(run([&] { return reversed_in_large_shared(large); }) == Floats(large.rbegin(), large.rend()));
}

TEST_CASE("asynchronous copies", "[copies]") {
  constexpr int kSteps = 7;
  const Floats x = whole_numbers(kSteps * 256);
  Floats sums(64);
  for (std::size_t i = 0; i < 64; ++i)
    for (std::size_t s = 0; s < kSteps; ++s)
      for (std::size_t k = 0; k < 4; ++k) sums[i] += x[s * 256 + (i + 1) % 64 * 4 + k];
  CHECK(run([&] { return ring_sums(x, kSteps); }) == sums);
}

TEST_CASE("products", "[products]") {
  const Floats a = whole_numbers(256), b = whole_numbers(128, 5);
  Floats rounded = product(a, b, 16, 8, 16);
  CHECK(run([&] { return product_f16(a, b); }) == rounded);
  for (float& v : rounded) {  // to bf16, ties to even
    unsigned bits;
    __builtin_memcpy(&bits, &v, 4);
    bits = (bits + 0x7fff + (bits >> 16 & 1)) & 0xffff0000;
    __builtin_memcpy(&v, &bits, 4);
  }
  CHECK(run([&] { return product_bf16(a, b); }) == rounded);
  const Floats c = whole_numbers(128, 3), d = whole_numbers(64, 9);
  CHECK(run([&] { return product_tf32(c, d); }) == product(c, d, 16, 8, 8));
}

TEST_CASE("bulk copies", "[hopper]") {
  Floats x = whole_numbers(1024), doubled;
  for (const float v : x) doubled.push_back(2 * v);
  CHECK(run([&] { return doubled_by_bulk_copies(x); }) == doubled);
}

TEST_CASE("TMA into a ring, wgmma and a TMA store", "[hopper]") {
  const Floats a = whole_numbers(64 * 128), b = whole_numbers(64 * 128, 11);
  Floats transposed(b.size());
  for (std::size_t i = 0; i < 64; ++i)
    for (std::size_t k = 0; k < 128; ++k) transposed[k * 64 + i] = b[i * 128 + k];
  const Floats want = product(a, transposed, 64, 64, 128);
  for (const int swizzle : {32, 64, 128}) {
    INFO("swizzle " << swizzle);
    CHECK((run([&] { return product_by_tma_and_wgmma(a, b, swizzle); }) == want));
  }
}

TEST_CASE("TMA's im2col walk", "[hopper]") {
  const nlohmann::json sheet = nlohmann::json::parse(std::ifstream(GAN_LAYOUTS))["im2col"];
  for (const char* list : {"hardware_cases", "model_cases"})
    for (const nlohmann::json& c : sheet[list]) {
      INFO(c.dump());
      Im2col walk{};
      for (int d = 0; d < 3; ++d) walk.shape[d] = c["shape"][d], walk.start[d] = c["start"][d];
      for (int d = 0; d < 2; ++d) {
        walk.lower[d] = c["lower"][d], walk.upper[d] = c["upper"][d];
        walk.stride[d] = c["stride"][d], walk.offset[d] = c["offset"][d];
      }
      const Floats want = c["pixels"];
      walk.pixels = static_cast<int>(want.size());
      CHECK(run([&] { return im2col_pixels(walk); }) == want);
    }
}

TEST_CASE("a cluster of two", "[hopper]") {
  const Floats x = whole_numbers(256);
  const float sum = std::accumulate(x.begin(), x.end(), 0.0f), want = sum + 2 * (sum + 256);
  CHECK(run([&] { return cluster_sums(x); }) == Floats{want, want});
}

TEST_CASE("graphs and dependent launches", "[graphs]") {
  const Floats x = whole_numbers(100);
  Floats want = x;
  for (int i = 0; i < 3; ++i)
    for (float& v : want) v = 2 * v + 1;
  CHECK(run([&] { return replayed(x, 3); }) == want);
  CHECK(run([&] { return launched_dependently(x, 3); }) == want);
}

TEST_CASE("what cannot be captured ends the capture", "[graphs]") {
  cudaStream_t stream;
  cudaGraph_t graph = nullptr;
  cudaStreamCaptureStatus status;
  REQUIRE(cudaStreamCreate(&stream) == cudaSuccess);
  CHECK(cudaStreamEndCapture(stream, &graph) == cudaErrorIllegalState);
  REQUIRE(cudaStreamBeginCapture(stream, cudaStreamCaptureModeGlobal) == cudaSuccess);
  CHECK(cudaStreamSynchronize(stream) == cudaErrorStreamCaptureUnsupported);
  cudaStreamIsCapturing(stream, &status);
  CHECK(status == cudaStreamCaptureStatusInvalidated);
  CHECK(cudaStreamEndCapture(stream, &graph) == cudaErrorStreamCaptureInvalidated);
  CHECK(graph == nullptr);
  cudaStreamIsCapturing(stream, &status);
  CHECK(status == cudaStreamCaptureStatusNone);
  cudaStreamDestroy(stream);
  cudaGetLastError();
}

}  // namespace
}  // namespace gan::ptx::samples
