// Shuffles, votes, reductions and atomics of the emulation itself.

#include <bit>
#include <limits>

#include "tests/emulation/test_support.h"

namespace gan::emulation {
namespace {

/// Where CUDA says that the value comes from; the lane itself where there is no such lane (PTX ISA, shfl.sync).
template <class T>
__global__ void shuffles(T* out, int amount, int width) {
  const T value = static_cast<T>(threadIdx.x);
  T* mine = out + threadIdx.x * 4;
  mine[0] = __shfl_sync(~0u, value, amount, width);
  mine[1] = __shfl_xor_sync(~0u, value, amount, width);
  mine[2] = __shfl_down_sync(~0u, value, static_cast<unsigned>(amount), width);
  mine[3] = __shfl_up_sync(~0u, value, static_cast<unsigned>(amount), width);
}

template <class T>
void check_shuffles() {
  for (int width : {1, 2, 4, 8, 16, 32})
    for (int amount : {0, 1, 3, 7, 16, 31}) {
      std::vector<T> out(64 * 4);
      launch(shuffles<T>, {.grid = 1, .block = 64}, nullptr, out.data(), amount, width);
      for (int t = 0; t < 64; ++t) {
        INFO("width " << width << ", amount " << amount << ", thread " << t);
        const int first = t / width * width, last = first + width - 1;
        const T* got = &out[static_cast<std::size_t>(t) * 4];
        CHECK(got[0] == static_cast<T>(first + amount % width));
        CHECK(got[1] ==
              static_cast<T>(((t % 32) ^ amount) + t / 32 * 32 <= last ? ((t % 32) ^ amount) + t / 32 * 32 : t));
        CHECK(got[2] == static_cast<T>(t + amount <= last ? t + amount : t));
        CHECK(got[3] == static_cast<T>(t - amount >= first ? t - amount : t));
      }
    }
}

TEST_CASE("shuffles move values between lanes of a group", "[emulation]") {
  const OptionsGuard guard;
  for (unsigned seed = 0; seed < 4; ++seed) {
    options().seed = seed;
    check_shuffles<int>();
    check_shuffles<double>();
  }
}

__global__ void votes(unsigned* out) {
  const unsigned lane = threadIdx.x % 32;
  unsigned* mine = out + threadIdx.x * 6;
  mine[0] = __ballot_sync(~0u, lane % 3 == 0);
  mine[1] = static_cast<unsigned>(__any_sync(~0u, lane == 31));
  mine[2] = static_cast<unsigned>(__any_sync(~0u, 0));
  mine[3] = static_cast<unsigned>(__all_sync(~0u, lane < 32));
  mine[4] = static_cast<unsigned>(__all_sync(~0u, lane != 31));
  // Two halves of the warp work on their own, in different branches.
  if (lane < 16) mine[5] = __reduce_add_sync(0x0000ffffu, lane);
  else mine[5] = __ballot_sync(0xffff0000u, lane % 2 == 0);
}
TEST_CASE("votes, and masks of a part of the warp", "[emulation]") {
  const OptionsGuard guard;
  for (unsigned seed = 0; seed < 4; ++seed) {
    options().seed = seed;
    std::vector<unsigned> out(64 * 6, 77);
    launch(votes, {.grid = 1, .block = 64}, nullptr, out.data());
    for (std::size_t t = 0; t < 64; ++t) {
      INFO("seed " << seed << ", thread " << t);
      const std::vector<unsigned> got(&out[t * 6], &out[t * 6] + 6);
      CHECK(got == std::vector<unsigned>{0x49249249u, 1, 0, 1, 0, t % 32 < 16 ? 120u : 0x55550000u});
    }
  }
}

__global__ void reductions(int* out) {
  const int lane = static_cast<int>(threadIdx.x);
  out[lane * 4] = __reduce_add_sync(~0u, lane - 20);
  out[lane * 4 + 1] = __reduce_max_sync(~0u, lane - 20);
  out[lane * 4 + 2] = __reduce_min_sync(~0u, lane - 20);
  out[lane * 4 + 3] = __reduce_add_sync(~0u, lane == 0 ? std::numeric_limits<int>::max() : lane == 1);
}
TEST_CASE("integer reductions of a warp; sums wrap around", "[emulation]") {
  std::vector<int> out(32 * 4);
  launch(reductions, {.grid = 1, .block = 32}, nullptr, out.data());
  for (std::size_t t = 0; t < 32; ++t)
    CHECK(std::vector<int>(&out[t * 4], &out[t * 4] + 4) ==
          std::vector<int>{496 - 640, 11, -20, std::numeric_limits<int>::min()});
}

__global__ void lanes_leave(int* out) {
  const int lane = static_cast<int>(threadIdx.x);
  if (lane >= 20) return;
  out[lane] = __reduce_add_sync(~0u, 1);
}
TEST_CASE("lanes that have ended may be missing from a collective, as on hardware", "[emulation]") {
  const OptionsGuard guard;
  for (unsigned seed = 0; seed < 8; ++seed) {
    options().seed = seed;
    std::vector<int> out(32, -1);
    launch(lanes_leave, {.grid = 1, .block = 32}, nullptr, out.data());
    for (int lane = 0; lane < 32; ++lane) CHECK(out[static_cast<std::size_t>(lane)] == (lane < 20 ? 20 : -1));
  }
  std::vector<int> out(5, -1);  // a block that does not fill its warp
  launch(lanes_leave, {.grid = 1, .block = 5}, nullptr, out.data());
  CHECK(out == std::vector<int>(5, 5));
}

__global__ void leaves_before_barrier() {
  if (threadIdx.x == 40) return;
  __syncthreads();
}
__global__ void other_operation() {
  if (threadIdx.x % 2) __shfl_xor_sync(~0u, 1, 2);
  else __ballot_sync(~0u, 1);
}
__global__ void other_mask() {
  if (threadIdx.x % 32 < 16) __syncwarp(~0u);
  else __syncwarp(0xffffff00u);
  __syncthreads();
}
__global__ void mask_without_caller() { __syncwarp(0xfffffffeu); }
__global__ void reads_absent_lane() {
  if (threadIdx.x < 16) __shfl_sync(0xffffu, 1, 20);
}
__global__ void half_a_warp_shuffles() {
  if (threadIdx.x < 16) __shfl_xor_sync(~0u, 1, 1);
  else __syncthreads();
}
TEST_CASE("a thread that leaves before a barrier, and warp divergence, are errors that say where",
          kNotUnderThreadSanitizer) {
  const OptionsGuard guard;
  for (unsigned seed = 0; seed < 4; ++seed) {
    options().seed = seed;
    INFO("seed " << seed);
    const auto error = [](void (*kernel)()) {
      return error_of([&] { launch(kernel, {.grid = 1, .block = 64}, nullptr); });
    };
    const std::string leaves = error(leaves_before_barrier);
    INFO(leaves);
    CHECK(contains(leaves, "1 threads have exited; 63 wait in __syncthreads at collective_test.cpp:"));
    const std::string operation = error(other_operation);
    INFO(operation);
    CHECK(contains(operation, "warp divergence: "));
    CHECK(contains(operation, "__ballot_sync at collective_test.cpp:"));
    CHECK(contains(operation, "__shfl_xor_sync at collective_test.cpp:"));
    CHECK(contains(error(other_mask), "warp divergence: __syncwarp at collective_test.cpp:"));
    CHECK(contains(error(mask_without_caller), "__syncwarp at collective_test.cpp:"));
    CHECK(contains(error(mask_without_caller), "the mask lacks the calling lane"));
    CHECK(contains(error(reads_absent_lane), "a shuffle reads a lane that does not take part"));
    const std::string half = error(half_a_warp_shuffles);
    INFO(half);
    CHECK(contains(half, "can go on"));
    CHECK(contains(half, "16 wait in __shfl_xor_sync at collective_test.cpp:"));
    CHECK(contains(half, "48 wait in __syncthreads at collective_test.cpp:"));
  }
}

#if !defined(GAN_EMULATION_TSAN)  // its plain read of `swapped` is a race, if one that atomicCAS makes good
struct Totals {
  int added = 0;
  unsigned exchanged = 0;
  unsigned long long swapped = 0;
  int most = -1000, least = 1000;
  float sum = 0;
  double double_sum = 0;
};
__global__ void counts(Totals* totals) {
  const int i = static_cast<int>(blockIdx.x * blockDim.x + threadIdx.x);
  atomicAdd(&totals->added, 1);
  atomicExch(&totals->exchanged, 7u);
  for (unsigned long long seen = totals->swapped; seen < 100;) {
    const unsigned long long old = atomicCAS(&totals->swapped, seen, seen + 1);
    if (old == seen) break;
    seen = old;
  }
  atomicMax(&totals->most, i - 500);
  atomicMin(&totals->least, i - 500);
  atomicAdd(&totals->sum, 0.5f);
  atomicAdd(&totals->double_sum, 0.25);
}
TEST_CASE("atomics of blocks on several OS threads", "[emulation]") {
  const OptionsGuard guard;
  options().workers = 4;
  Totals totals;
  launch(counts, {.grid = 64, .block = 256}, nullptr, &totals);
  const int threads = 64 * 256;
  CHECK(totals.added == threads);
  CHECK(totals.exchanged == 7);
  CHECK(totals.swapped == 100);
  CHECK(totals.most == threads - 501);
  CHECK(totals.least == -500);
  CHECK(totals.sum == threads / 2);  // halves add exactly
  CHECK(totals.double_sum == threads / 4);
}
#endif

/// The usual way to sum over blocks without a second launch: the block that finishes last adds up what all have left.
__global__ void last_block_sums(const float* input, float* partial, unsigned* finished, float* sum) {
  GAN_SHARED(bool, last);
  if (threadIdx.x == 0) {
    partial[blockIdx.x] = input[blockIdx.x];
    __threadfence();
    last = atomicAdd(finished, 1u) == gridDim.x - 1;
  }
  __syncthreads();
  if (!last || threadIdx.x != 0) return;
  float total = 0;
  for (unsigned block = 0; block < gridDim.x; ++block) total += partial[block];
  *sum = total;
}
TEST_CASE("the last block sees what the others wrote before their atomic", "[emulation]") {
  const OptionsGuard guard;
  options().workers = 3;
  std::vector<float> input(100), partial(100);
  for (std::size_t i = 0; i < input.size(); ++i) input[i] = static_cast<float>(i);
  for (unsigned seed = 0; seed < 4; ++seed) {
    options().seed = seed;
    unsigned finished = 0;
    float sum = 0;
    launch(last_block_sums, {.grid = 100, .block = 64}, nullptr, input.data(), partial.data(), &finished, &sum);
    CHECK(sum == 4950);
  }
}

}  // namespace
}  // namespace gan::emulation
