// Threads, barriers, shared memory and launches of the emulation itself.

#include <algorithm>
#include <cmath>
#include <numeric>
#include <set>
#include <thread>

#include "tests/emulation/test_support.h"

namespace gan::emulation {
namespace {

/// output[block] = sum of the 256 inputs of the block.
template <bool kForgetBarrier>
__global__ void block_sum(const float* input, float* output) {
  GAN_SHARED(float, partial, [256]);
  const unsigned t = threadIdx.x;
  partial[t] = input[blockIdx.x * 256 + t];
  if constexpr (!kForgetBarrier) __syncthreads();
  for (unsigned stride = 128; stride > 0; stride /= 2) {
    if (t < stride) partial[t] += partial[t + stride];
    __syncthreads();
  }
  if (t == 0) output[blockIdx.x] = partial[0];
}

std::vector<float> whole_numbers(std::size_t count) {
  std::vector<float> numbers(count);
  for (std::size_t i = 0; i < count; ++i) numbers[i] = static_cast<float>(i % 97);
  return numbers;
}

TEST_CASE("a reduction through shared memory is right in every thread order", "[emulation]") {
  const OptionsGuard guard;
  const std::vector<float> input = whole_numbers(4 * 256);
  for (unsigned seed = 0; seed < 20; ++seed) {
    options().seed = seed;
    std::vector<float> output(4, NAN);
    launch(block_sum<false>, {.grid = 4, .block = 256}, nullptr, input.data(), output.data());
    for (int block = 0; block < 4; ++block) {
      INFO("seed " << seed << ", block " << block);
      CHECK(output[block] == std::accumulate(&input[block * 256], &input[block * 256] + 256, 0.0f));
    }
  }
}

TEST_CASE("a missing barrier gives a wrong result in every thread order", kNotUnderThreadSanitizer) {
  const OptionsGuard guard;
  const std::vector<float> input = whole_numbers(256);
  const float sum = std::accumulate(input.begin(), input.end(), 0.0f);
  for (unsigned seed = 0; seed < 20; ++seed) {
    INFO("seed " << seed);
    options().seed = seed;
    float output = 0;
    launch(block_sum<true>, {.grid = 1, .block = 256}, nullptr, input.data(), &output);
    CHECK(!(output == sum));
  }
}

/// Every thread passes its number on to the thread before it, twice through the same memory. Without the second barrier
/// a thread that runs on overwrites what its neighbour has yet to read.
template <bool kForgetBarrier>
__global__ void passes_on_twice(int* out) {
  GAN_SHARED(int, box, [64]);
  const unsigned t = threadIdx.x;
  int mine = static_cast<int>(t);
  for (int round = 0; round < 2; ++round) {
    box[t] = mine;
    __syncthreads();
    mine = box[(t + 1) % 64];
    if constexpr (!kForgetBarrier) __syncthreads();
  }
  out[t] = mine;
}
TEST_CASE("memory that is overwritten too early is seen by the orders that let warps run on",
          kNotUnderThreadSanitizer) {
  const OptionsGuard guard;
  std::vector<int> expected(64), out(64);
  for (int t = 0; t < 64; ++t) expected[static_cast<std::size_t>(t)] = (t + 2) % 64;
  std::vector<bool> caught;
  for (unsigned seed = 0; seed < 4; ++seed) {
    options().seed = seed;
    launch(passes_on_twice<false>, {.grid = 1, .block = 64}, nullptr, out.data());
    CHECK(out == expected);
    launch(passes_on_twice<true>, {.grid = 1, .block = 64}, nullptr, out.data());
    caught.push_back(out != expected);
  }
  CHECK(caught[1]);
  CHECK(caught[2]);
}

__global__ void notes_order(unsigned* counter, unsigned* order) { order[atomicAdd(counter, 1u)] = threadIdx.x; }

TEST_CASE("the seed chooses the order in which threads run", "[emulation]") {
  const OptionsGuard guard;
  options().workers = 1;
  std::set<std::vector<unsigned>> orders;
  for (unsigned seed = 0; seed < 8; ++seed) {
    options().seed = seed;
    std::vector<unsigned> order(128), again(128), index(128);
    std::iota(index.begin(), index.end(), 0u);
    for (std::vector<unsigned>* result : {&order, &again}) {
      unsigned counter = 0;
      launch(notes_order, {.grid = 1, .block = 128}, nullptr, &counter, result->data());
    }
    INFO("seed " << seed);
    CHECK(order == again);
    CHECK(std::is_permutation(order.begin(), order.end(), index.begin()));
    CHECK((order == index) == (seed == 0));
    orders.insert(order);
  }
  CHECK(orders.size() == 8);
}

__global__ void notes_steps(unsigned* counter, unsigned* warps) {
  for (int step = 0; step < 8; ++step) {
    __syncwarp();
    if (threadIdx.x % 32 == 0) warps[atomicAdd(counter, 1u)] = threadIdx.x / 32;
  }
}
TEST_CASE("seed 0 runs warps in turns, seed 1 each as far as it can", "[emulation]") {
  const OptionsGuard guard;
  std::vector<int> changes;
  for (unsigned seed : {0u, 1u}) {
    options().seed = seed;
    unsigned counter = 0;
    std::vector<unsigned> warps(4 * 8);
    launch(notes_steps, {.grid = 1, .block = 128}, nullptr, &counter, warps.data());
    changes.push_back(0);
    for (std::size_t i = 1; i < warps.size(); ++i) changes.back() += warps[i] != warps[i - 1];
  }
  CHECK(changes[0] == 31);
  CHECK(changes[1] < 8);
}

__global__ void marks_itself(int* visits, dim3 grid, dim3 block) {
  if (gridDim.x != grid.x || gridDim.y != grid.y || gridDim.z != grid.z) return;
  if (blockDim.x != block.x || blockDim.y != block.y || blockDim.z != block.z) return;
  const unsigned b = (blockIdx.z * gridDim.y + blockIdx.y) * gridDim.x + blockIdx.x;
  const unsigned t = (threadIdx.z * blockDim.y + threadIdx.y) * blockDim.x + threadIdx.x;
  atomicAdd(&visits[b * blockDim.x * blockDim.y * blockDim.z + t], 1);
}
TEST_CASE("every thread of every block runs once", "[emulation]") {
  const OptionsGuard guard;
  const dim3 grid(3, 2, 2);
  for (const dim3 block : {dim3(1), dim3(7, 3, 2), dim3(32), dim3(33), dim3(1024), dim3(2, 2, 64)})
    for (unsigned seed = 0; seed < 4; ++seed)
      for (unsigned workers : {1u, 3u}) {
        options().seed = seed;
        options().workers = workers;
        std::vector<int> visits(std::size_t{12} * block.x * block.y * block.z);
        launch(marks_itself, {.grid = grid, .block = block}, nullptr, visits.data(), grid, block);
        CHECK(std::count(visits.begin(), visits.end(), 1) == static_cast<std::ptrdiff_t>(visits.size()));
      }
}

__global__ void half_reaches_barrier() {
  if (threadIdx.x < 32) __syncthreads();
}
__global__ void two_barriers() {
  if (threadIdx.x < 32) {
    __syncthreads();
  } else {
    __syncthreads();
  }
}
__global__ void counts_and_waits() {
  GAN_SHARED(int, count);
  if (threadIdx.x < 32) __syncthreads();
  else count = __syncthreads_count(1);
}
TEST_CASE("barrier divergence is an error that says where, not a hang", kNotUnderThreadSanitizer) {
  const OptionsGuard guard;
  const LaunchShape two_warps{.grid = 1, .block = 64};
  for (unsigned seed = 0; seed < 4; ++seed) {
    options().seed = seed;
    INFO("seed " << seed);
    const std::string half = error_of([&] { launch(half_reaches_barrier, two_warps, nullptr); });
    INFO(half);
    CHECK(contains(half,
                   "divergence: no thread of block (0,0,0) can go on; 32 threads have exited; "
                   "32 wait in __syncthreads at emulation_test.cpp:"));
    const std::string two = error_of([&] { launch(two_barriers, two_warps, nullptr); });
    INFO(two);
    CHECK(contains(two, "barrier divergence: __syncthreads at emulation_test.cpp:"));
    CHECK(contains(two, "while other threads wait in __syncthreads at emulation_test.cpp:"));
    CHECK(contains(two, ") of block (0,0,0)"));
    CHECK(contains(error_of([&] { launch(counts_and_waits, two_warps, nullptr); }), "__syncthreads_count at "));
  }
  // In the middle of a large grid, with other OS threads at work.
  options().workers = 4;
  CHECK(contains(error_of([&] { launch(half_reaches_barrier, {.grid = 100, .block = 256}, nullptr); }), "can go on"));

  // The emulation is usable afterwards.
  const std::vector<float> input = whole_numbers(256);
  float sum = NAN;
  launch(block_sum<false>, {.grid = 1, .block = 256}, nullptr, input.data(), &sum);
  CHECK(sum == std::accumulate(input.begin(), input.end(), 0.0f));
}

__global__ void predicates(int* out) {
  const int t = static_cast<int>(threadIdx.x);
  int* mine = out + t * 5;
  mine[0] = __syncthreads_count(t % 3 == 0);
  mine[1] = __syncthreads_or(t == 69);
  mine[2] = __syncthreads_or(0);
  mine[3] = __syncthreads_and(t < 70);
  mine[4] = __syncthreads_and(t != 69);
}
TEST_CASE("barriers that count, or, and", "[emulation]") {
  const OptionsGuard guard;
  for (unsigned seed = 0; seed < 4; ++seed) {
    options().seed = seed;
    std::vector<int> out(70 * 5, -1);
    launch(predicates, {.grid = 1, .block = 70}, nullptr, out.data());
    for (std::size_t t = 0; t < 70; ++t)
      CHECK(std::vector<int>(&out[t * 5], &out[t * 5] + 5) == std::vector<int>{24, 1, 0, 1, 0});
  }
}

__global__ void reads_shared_memory(int* nans) {
  GAN_SHARED(float, scalar);
  GAN_SHARED(double, array, [3][5]);
  float* const dynamic = dynamic_shared<float>();
  atomicAdd(nans, isnan(scalar) + isnan(array[2][4]) + isnan(dynamic[7]));
  scalar = 1, array[2][4] = 1, dynamic[7] = 1;  // seen by the next block if it is not made undefined again
}
TEST_CASE("shared memory is born as NaN, in every block", "[emulation]") {
  const OptionsGuard guard;
  options().workers = 1;
  int nans = 0;
  launch(reads_shared_memory, {.grid = 10, .block = 1, .dynamic_shared_bytes = 32}, nullptr, &nans);
  CHECK(nans == 30);
}

__global__ void aligned_memory(bool* fits) {
  struct alignas(128) Line {
    float values[32];
  };
  GAN_SHARED(Line, line);
  GAN_SHARED(float, row, [3]);
  const auto multiple = [](const void* p, std::uintptr_t of) { return reinterpret_cast<std::uintptr_t>(p) % of == 0; };
  *fits = multiple(&line, 128) && multiple(row, 16) && multiple(dynamic_shared<char>(), 1024);
}
TEST_CASE("shared memory is aligned", "[emulation]") {
  bool fits = false;
  launch(aligned_memory, {.grid = 1, .block = 1, .dynamic_shared_bytes = 1}, nullptr, &fits);
  CHECK(fits);
}

__global__ void nothing() {}
__global__ void takes_dynamic_shared_memory() { dynamic_shared<float>()[0] = 0; }
__global__ void takes_too_much_static_shared_memory() {
  GAN_SHARED(float, most, [12 * 1024]);
  GAN_SHARED(float, one_more);
  most[0] = 0, one_more = 0;
}
__global__ void takes_static_and_dynamic_shared_memory() {
  GAN_SHARED(float, row, [1024]);
  row[0] = 0, dynamic_shared<float>()[0] = 0;
}
__global__ void launches() { launch(nothing, {.grid = 1, .block = 1}, nullptr); }

TEST_CASE("a launch that a GPU would refuse is refused", kNotUnderThreadSanitizer) {
  CHECK(contains(error_of([] { launch(nothing, {.grid = 1, .block = 1025}, nullptr); }), "a block of (1025,1,1)"));
  CHECK(contains(error_of([] { launch(nothing, {.grid = 1, .block = dim3(1, 1, 65)}, nullptr); }), "(1,1,65)"));
  CHECK(contains(error_of([] { launch(nothing, {.grid = 1, .block = 0}, nullptr); }), "a block of (0,1,1)"));
  CHECK(contains(error_of([] { launch(nothing, {.grid = dim3(1, 65536), .block = 1}, nullptr); }), "(1,65536,1)"));
  CHECK(contains(
      error_of([] { launch(nothing, {.grid = 1, .block = 1, .dynamic_shared_bytes = 99 * 1024 + 1}, nullptr); }),
      "101377 bytes of dynamic shared memory; 101376 are allowed"));
  CHECK(contains(error_of([] { launch(takes_dynamic_shared_memory, {.grid = 1, .block = 1}, nullptr); }),
                 "asked for none"));
  CHECK(contains(error_of([] { launch(takes_too_much_static_shared_memory, {.grid = 1, .block = 1}, nullptr); }),
                 "48 KiB"));
  // A GPU counts static and dynamic shared memory together: 4 KiB and 95 KiB fit into 99 KiB, one byte more does not.
  constexpr std::size_t kRest = 95 * 1024;
  const auto with_dynamic = [](std::size_t bytes) {
    return error_of([bytes] {
      launch(takes_static_and_dynamic_shared_memory, {.grid = 1, .block = 1, .dynamic_shared_bytes = bytes}, nullptr);
    });
  };
  CHECK(with_dynamic(kRest) == "");
  CHECK(
      contains(with_dynamic(kRest + 1), "4096 bytes of static and 97281 of dynamic shared memory; 101376 are allowed"));
  CHECK(contains(error_of([] { launch(launches, {.grid = 1, .block = 1}, nullptr); }), "called by a kernel"));
}

TEST_CASE("an empty grid is no work", "[emulation]") {
  launch(takes_too_much_static_shared_memory, {.grid = 0, .block = 1}, nullptr);
  launch(takes_too_much_static_shared_memory, {.grid = dim3(1, 0), .block = 1}, nullptr);
  launch(takes_too_much_static_shared_memory, {.grid = dim3(1, 1, 0), .block = 0}, nullptr);
}

struct Pair {
  int first;
  float second;
};
__global__ void takes(int a, unsigned b, float c, Pair d, const int* e, double* out) {
  *out = a + b + static_cast<double>(c) + d.first + static_cast<double>(d.second) + (e == nullptr ? 1000 : 0);
}
TEST_CASE("arguments of a launch are converted only when that keeps their value", "[emulation]") {
  double out = 0;
  const auto call = [&](auto a, auto b) {
    launch(takes, {.grid = 1, .block = 1}, nullptr, a, b, 0.5, Pair{3, 0.25f}, nullptr, &out);
  };
  call(std::int64_t{1}, 2);
  CHECK(out == 1006.75);
  call(-1, std::uint64_t{4294967295});
  CHECK(out == 4294967294.0 + 1003.75);
  CHECK(contains(error_of([&] { call(std::int64_t{1} << 31, 2); }), "argument 1 does not fit"));
  CHECK(contains(error_of([&] { call(1, -1); }), "argument 2 does not fit"));
  CHECK(contains(error_of([&] { call(1, std::int64_t{1} << 32); }), "argument 2 does not fit"));
  CHECK(contains(error_of([&] { call(~0u, 0); }), "argument 1 does not fit"));
  static_assert(kDropsFraction<int, float> && kDropsFraction<std::int64_t, double>);
  static_assert(!kDropsFraction<float, double> && !kDropsFraction<double, int> && !kDropsFraction<int, std::int64_t>);
}

TEST_CASE("host threads may launch at the same time", "[emulation]") {
  const OptionsGuard guard;
  options().workers = 2;
  constexpr int kLaunches = kThreadSanitizer ? 5 : 200;
  std::vector<int> counters(4);
  std::vector<std::thread> hosts;
  for (int& counter : counters)
    hosts.emplace_back([&counter] {
      for (int i = 0; i < kLaunches; ++i) {
        unsigned order_counter = 0;
        std::vector<unsigned> order(256);
        launch(notes_order, {.grid = 2, .block = 128}, nullptr, &order_counter, order.data());
        counter += static_cast<int>(order_counter);
      }
    });
  for (std::thread& host : hosts) host.join();
  CHECK(counters == std::vector<int>(4, kLaunches * 256));
}

}  // namespace
}  // namespace gan::emulation
