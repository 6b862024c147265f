// What must end a process can only be seen from another one: these cases run hidden cases of this program.

#include <unistd.h>

#include <array>
#include <cstdio>

#include "tests/emulation/test_support.h"

namespace gan::emulation {

Outcome run_test_case(const std::string& name, const std::string& assignments) {
  std::array<char, 4096> path{};
  REQUIRE(readlink("/proc/self/exe", path.data(), path.size() - 1) > 0);
  const std::string no_sleep = "TSAN_OPTIONS=\"$TSAN_OPTIONS:atexit_sleep_ms=0\"";  // else a second at every exit
  FILE* const pipe = popen(fmt::format("{} {} '{}' '{}' 2>&1", no_sleep, assignments, path.data(), name).c_str(), "r");
  REQUIRE(pipe != nullptr);
  Outcome outcome;
  std::array<char, 4096> buffer;
  for (std::size_t bytes; (bytes = std::fread(buffer.data(), 1, buffer.size(), pipe)) != 0;)
    outcome.output.append(buffer.data(), bytes);
  outcome.succeeded = pclose(pipe) == 0;
  return outcome;
}

namespace {

__global__ void write_past_dynamic(int n) { dynamic_shared<float>()[n + static_cast<int>(threadIdx.x)] = 1; }
__global__ void write_past_static(int n) {
  GAN_SHARED(float, a, [32]);
  (&a[0])[n + static_cast<int>(threadIdx.x)] = 1;
}
__global__ void write_past_global(float* p, int n) { p[n + static_cast<int>(threadIdx.x)] = 1; }

TEST_CASE("planted: overflow of dynamic shared memory", "[.][planted]") {
  launch(write_past_dynamic, {.grid = 1, .block = 32, .dynamic_shared_bytes = 128}, nullptr, 1);
}
TEST_CASE("planted: overflow of static shared memory", "[.][planted]") {
  launch(write_past_static, {.grid = 1, .block = 32}, nullptr, 1);
}
TEST_CASE("planted: overflow of global memory", "[.][planted]") {
  std::vector<float> v(32);
  launch(write_past_global, {.grid = 1, .block = 32}, nullptr, v.data(), 1);
}

__global__ void reads_neighbour(float* out, bool with_barrier) {
  GAN_SHARED(float, a, [64]);
  const unsigned t = threadIdx.x;
  a[t] = 0;
  if (with_barrier) __syncthreads();
  out[t] = a[(t + 1) % 64];
}
TEST_CASE("planted: race through shared memory", "[.][planted]") {
  std::vector<float> out(64);
  launch(reads_neighbour, {.grid = 1, .block = 64}, nullptr, out.data(), false);
}
TEST_CASE("not planted: no race through shared memory", "[.][planted]") {
  std::vector<float> out(64);
  for (unsigned seed = 0; seed < 4; ++seed) {
    options().seed = seed;
    launch(reads_neighbour, {.grid = 1, .block = 64}, nullptr, out.data(), true);
  }
}

__global__ void writes_the_same(float* out) { out[threadIdx.x] = static_cast<float>(blockIdx.x); }
TEST_CASE("planted: race of blocks on one worker", "[.][planted]") {
  options().workers = 1;
  std::vector<float> out(64);
  launch(writes_the_same, {.grid = 2, .block = 64}, nullptr, out.data());
}
TEST_CASE("planted: race of blocks on two workers", "[.][planted]") {
  options().workers = 2;
  std::vector<float> out(256);
  launch(writes_the_same, {.grid = 64, .block = 256}, nullptr, out.data());
}
TEST_CASE("not planted: no race between launches", "[.][planted]") {
  options().workers = 2;
  std::vector<float> out(256);
  for (int i = 0; i < 10; ++i) {
    launch(writes_the_same, {.grid = 1, .block = 256}, nullptr, out.data());
    out[static_cast<std::size_t>(i)] = 1;
  }
}

/// All that blocks share without racing: the same shared memory, the same stacks, barriers and collectives.
__global__ void keeps_to_itself(float* out) {
  GAN_SHARED(float, a, [64]);
  float* const b = dynamic_shared<float>();
  const unsigned t = threadIdx.x;
  volatile float local[4] = {};
  for (unsigned i = 0; i < 4; ++i) {
    a[t] = static_cast<float>(t), b[63 - t] = static_cast<float>(i);
    __syncthreads();
    local[i] = a[63 - t] + b[t] + __shfl_xor_sync(~0u, static_cast<float>(t), 1);
    __syncthreads();
  }
  out[blockIdx.x * 64 + t] = local[0] + local[1] + local[2] + local[3];
}
TEST_CASE("not planted: no race between blocks", "[.][planted]") {
  for (unsigned workers : {1u, 3u})
    for (unsigned seed = 0; seed < 4; ++seed) {
      options().seed = seed;
      options().workers = workers;
      std::vector<float> out(20 * 64);
      launch(keeps_to_itself, {.grid = 20, .block = 64, .dynamic_shared_bytes = 256}, nullptr, out.data());
    }
}

#if defined(GAN_EMULATION_ASAN)
TEST_CASE("AddressSanitizer sees overflows of every kind of device memory", "[emulation]") {
  for (const char* kind : {"dynamic shared", "static shared", "global"}) {
    const Outcome outcome = run_test_case(fmt::format("planted: overflow of {} memory", kind));
    INFO(kind << ": " << outcome.output);
    CHECK(!outcome.succeeded);
    CHECK(contains(outcome.output, "heap-buffer-overflow"));
    CHECK(contains(outcome.output, "sanitizer_test.cpp"));
  }
}
#endif

#if defined(GAN_EMULATION_TSAN)
TEST_CASE("ThreadSanitizer sees races between threads of a block and between blocks", "[emulation]") {
  for (const char* race : {"planted: race through shared memory", "planted: race of blocks on one worker",
                           "planted: race of blocks on two workers"}) {
    const Outcome outcome = run_test_case(race);
    INFO(race << ": " << outcome.output);
    CHECK(!outcome.succeeded);
    CHECK(contains(outcome.output, "data race"));
    CHECK(contains(outcome.output, "sanitizer_test.cpp"));
  }
  for (const char* none : {"not planted: no race through shared memory", "not planted: no race between launches",
                           "not planted: no race between blocks"}) {
    const Outcome outcome = run_test_case(none);
    INFO(none << ": " << outcome.output);
    CHECK(outcome.succeeded);
  }
}
#endif

TEST_CASE("planted: three workers", "[.][planted]") { CHECK(options().workers == 3); }

TEST_CASE("GAN_EMULATION_WORKERS sets the number of workers", "[emulation]") {
  CHECK(run_test_case("planted: three workers", "GAN_EMULATION_WORKERS=3").succeeded);
  CHECK(!run_test_case("planted: three workers", "GAN_EMULATION_WORKERS=2").succeeded);
  for (const char* wrong : {"0", "-1", "many", "3x", "''", "99999999999999999999"}) {
    INFO(wrong);
    const Outcome outcome = run_test_case("planted: three workers", fmt::format("GAN_EMULATION_WORKERS={}", wrong));
    CHECK(!outcome.succeeded);
    CHECK(contains(outcome.output, "is not a number"));
  }
}

}  // namespace
}  // namespace gan::emulation
