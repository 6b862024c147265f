// The model of cp.async: what is promised arrives, and what is not is NaN.

#include <cmath>

#include "kernels/core/cuda/async_copy.cuh"
#include "tests/emulation/test_support.h"

namespace gan::emulation {
namespace {

struct alignas(16) Four {
  float values[4];
};

/// Four groups of one copy each; `waits_for` says how many groups may stay; out gets what is then in shared memory.
template <int kMayStay>
__global__ void copies(const float* in, float* out) {
  GAN_SHARED(Four, tile, [4]);
  for (int group = 0; group < 4; ++group) {
    async_copy_16(&tile[group], in + group * 4, true);
    async_copy_commit();
  }
  if constexpr (kMayStay >= 0) async_copy_wait<kMayStay>();
  for (int i = 0; i < 16; ++i) out[i] = tile[i / 4].values[i % 4];
}
template <int kMayStay>
void check_arrived(int arrived) {
  std::vector<Four> in(4);
  for (int i = 0; i < 16; ++i) in[static_cast<std::size_t>(i / 4)].values[i % 4] = static_cast<float>(i);
  std::vector<float> out(16);
  launch(copies<kMayStay>, {.grid = 1, .block = 1}, nullptr, in[0].values, out.data());
  for (int i = 0; i < 16; ++i) {
    INFO("element " << i);
    const float got = out[static_cast<std::size_t>(i)];
    CHECK((i < arrived ? got == static_cast<float>(i) : std::isnan(got)));
  }
}
TEST_CASE("asynchronous copies arrive at the wait for their group, not before", "[emulation]") {
  check_arrived<0>(16);
  check_arrived<1>(12);
  check_arrived<3>(4);
  check_arrived<4>(0);
  check_arrived<-1>(0);  // no wait at all
}

__global__ void reuses_tile(const float* in, float* out) {
  GAN_SHARED(float, tile, [2]);
  tile[0] = 1, tile[1] = 1;
  async_copy_4(&tile[0], in, true);
  async_copy_commit();
  out[0] = tile[0], out[1] = tile[1];
}
TEST_CASE("what was there before is gone as soon as the copy starts", "[emulation]") {
  const float in = 3;
  std::vector<float> out(2);
  launch(reuses_tile, {.grid = 1, .block = 1}, nullptr, &in, out.data());
  CHECK(std::isnan(out[0]));
  CHECK(out[1] == 1);
}

__global__ void forgets_commit(const float* in, float* out) {
  GAN_SHARED(float, tile, [2]);
  async_copy_4(&tile[0], &in[0], true);
  async_copy_commit();
  async_copy_4(&tile[1], &in[1], true);
  async_copy_wait<0>();
  out[0] = tile[0], out[1] = tile[1];
}
TEST_CASE("a copy that was not committed does not arrive", "[emulation]") {
  const std::vector<float> in = {3, 4};
  std::vector<float> out(2);
  launch(forgets_commit, {.grid = 1, .block = 1}, nullptr, in.data(), out.data());
  CHECK(out[0] == 3);
  CHECK(std::isnan(out[1]));
}

__global__ void copies_half(const float* in, float* out) {
  Four* const tile = dynamic_shared<Four>();
  float* const single = reinterpret_cast<float*>(tile + 2);
  async_copy_16(&tile[0], in, true);
  async_copy_16(&tile[1], nullptr, false);
  async_copy_4(&single[0], in + 5, true);
  async_copy_4(&single[1], in + 6, false);
  async_copy_commit();
  async_copy_commit();  // an empty group
  async_copy_wait<1>();
  for (int i = 0; i < 10; ++i) out[i] = i < 8 ? tile[i / 4].values[i % 4] : single[i - 8];
}
TEST_CASE("what lies outside becomes zero and is not read", "[emulation]") {
  const std::vector<Four> in = {{{1, 2, 3, 4}}, {{5, 6, 7, 8}}};
  std::vector<float> out(10);
  launch(copies_half, {.grid = 1, .block = 1, .dynamic_shared_bytes = 40}, nullptr, in[0].values, out.data());
  CHECK(out == std::vector<float>{1, 2, 3, 4, 0, 0, 0, 0, 6, 0});
}

__global__ void changes_source(float* in, float* out) {
  GAN_SHARED(float, tile);
  async_copy_4(&tile, in, true);
  async_copy_commit();
  *in = 2;
  async_copy_wait<0>();
  *out = tile;
}
TEST_CASE("a source that changes before the wait is seen changed", "[emulation]") {
  float in = 1, out = 0;
  launch(changes_source, {.grid = 1, .block = 1}, nullptr, &in, &out);
  CHECK(out == 2);
}

/// Each thread copies an element that another one reads: the wait is not enough, it takes a barrier, too.
__global__ void reverses(const float* in, float* out) {
  GAN_SHARED(float, tile, [2][64]);
  const unsigned t = threadIdx.x;
  for (unsigned stage = 0; stage < 2; ++stage) {
    async_copy_4(&tile[stage][t], in + stage * 64 + t, true);
    async_copy_commit();
  }
  async_copy_wait<1>();
  __syncthreads();
  out[t] = tile[0][63 - t];
  async_copy_wait<0>();
  __syncthreads();
  out[64 + t] = tile[1][63 - t];
}
TEST_CASE("copies by many threads, in all orders", "[emulation]") {
  const OptionsGuard guard;
  std::vector<float> in(128), out(128), expected(128);
  for (std::size_t i = 0; i < 128; ++i)
    in[i] = static_cast<float>(i), expected[i] = static_cast<float>(i / 64 * 64 + 63 - i % 64);
  for (unsigned seed = 0; seed < 4; ++seed) {
    options().seed = seed;
    launch(reverses, {.grid = 1, .block = 64}, nullptr, in.data(), out.data());
    CHECK(out == expected);
  }
}

__global__ void misplaced(const float* in, int what) {
  GAN_SHARED(Four, tile, [2]);
  float local[4];
  float* const shared = tile[0].values;
  if (what == 0) async_copy_16(shared + 1, in, true);
  if (what == 1) async_copy_16(shared, in + 1, true);
  if (what == 2) async_copy_4(local, in, true);
  if (what == 3) async_copy_4(shared, tile[1].values, true);
  if (what == 4) async_copy_4(shared + 8, in, true);
}
TEST_CASE("misaligned or misplaced asynchronous copies are errors that say where", kNotUnderThreadSanitizer) {
  const std::vector<Four> in(2);
  const auto error = [&](int what) {
    return error_of([&] { launch(misplaced, {.grid = 1, .block = 1}, nullptr, in[0].values, what); });
  };
  CHECK(contains(error(0), "cp.async at async_copy_test.cpp:"));
  CHECK(contains(error(0), "an address is not a multiple of the size"));
  CHECK(contains(error(1), "an address is not a multiple of the size"));
  CHECK(contains(error(2), "the destination does not lie in shared memory"));
  CHECK(contains(error(3), "the source lies in shared memory"));
  CHECK(contains(error(4), "the destination does not lie in shared memory"));
}

}  // namespace
}  // namespace gan::emulation
