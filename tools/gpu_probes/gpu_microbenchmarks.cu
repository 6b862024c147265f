// What the kernels are held against, measured: latencies of launches, bandwidths, arithmetic peaks.
//
//   gpu_microbenchmarks [RESULT.json]
//
// A line for each figure, and all of them as one JSON object. Every figure is the median of kTries timings with events.
// Exit code 77: no GPU of compute capability 9.0.
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <fstream>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "device_array.h"

namespace {

using namespace gan::probes;

constexpr int kTries = 15;

double median(std::vector<double> values) {
  std::nth_element(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2), values.end());
  return values[values.size() / 2];
}

/// Two events and a stream: seconds that the GPU takes for what `start` starts, the median of kTries.
class Stopwatch {
 public:
  Stopwatch() {
    check(cudaStreamCreateWithFlags(&stream_, cudaStreamNonBlocking), "stream");
    check(cudaEventCreate(&begin_), "event");
    check(cudaEventCreate(&end_), "event");
  }
  Stopwatch(const Stopwatch&) = delete;
  Stopwatch& operator=(const Stopwatch&) = delete;
  ~Stopwatch() {
    cudaEventDestroy(begin_);
    cudaEventDestroy(end_);
    cudaStreamDestroy(stream_);
  }

  cudaStream_t stream() const { return stream_; }

  double seconds(const std::function<void()>& start) const {
    std::vector<double> times;
    start();  // loads the code
    for (int i = 0; i < kTries; ++i) {
      check(cudaEventRecord(begin_, stream_), "event");
      start();
      check(cudaEventRecord(end_, stream_), "event");
      check(cudaEventSynchronize(end_), "timed work");
      float milliseconds = 0;
      check(cudaEventElapsedTime(&milliseconds, begin_, end_), "event");
      times.push_back(milliseconds * 1e-3);
    }
    check(cudaGetLastError(), "launch");
    return median(times);
  }

 private:
  cudaStream_t stream_ = nullptr;
  cudaEvent_t begin_ = nullptr, end_ = nullptr;
};

/// Figures in the order in which they were measured.
class Results {
 public:
  void add(const char* name, double value, const char* unit) {
    std::printf("%-44s %12.4g %s\n", name, value, unit);
    std::fflush(stdout);
    char text[160];
    std::snprintf(text, sizeof text, "%s\"%s (%s)\": %.6g", json_.empty() ? "" : ", ", name, unit, value);
    json_ += text;
  }
  std::string json() const { return "{" + json_ + "}"; }

 private:
  std::string json_;
};

// ---- launches ------------------------------------------------------------------------------------------------------

__global__ void empty_kernel() {}

/// With programmatic launch the next kernel may start its blocks at the first line, and waits at the second.
__global__ void programmatic_kernel() {
  cudaTriggerProgrammaticLaunchCompletion();
  cudaGridDependencySynchronize();
}

void launch_programmatically(cudaStream_t stream) {
  cudaLaunchAttribute attribute{};
  attribute.id = cudaLaunchAttributeProgrammaticStreamSerialization;
  attribute.val.programmaticStreamSerializationAllowed = 1;
  cudaLaunchConfig_t config{};
  config.gridDim = config.blockDim = dim3(1);
  config.stream = stream;
  config.attrs = &attribute;
  config.numAttrs = 1;
  check(cudaLaunchKernelEx(&config, programmatic_kernel), "programmatic launch");
}

/// A graph of what `start` puts on the stream.
cudaGraphExec_t captured(cudaStream_t stream, const std::function<void()>& start) {
  cudaGraph_t graph = nullptr;
  check(cudaStreamBeginCapture(stream, cudaStreamCaptureModeThreadLocal), "capture");
  start();
  check(cudaStreamEndCapture(stream, &graph), "capture");
  cudaGraphExec_t executable = nullptr;
  check(cudaGraphInstantiate(&executable, graph, 0), "graph");
  check(cudaGraphDestroy(graph), "graph");
  return executable;
}

void measure_launches(const Stopwatch& watch, Results& results) {
  constexpr int kLaunches = 200;  // as many as a training iteration has
  const cudaStream_t stream = watch.stream();
  const auto plain = [&] {
    for (int i = 0; i < kLaunches; ++i) empty_kernel<<<1, 1, 0, stream>>>();
  };
  const auto programmatic = [&] {
    for (int i = 0; i < kLaunches; ++i) launch_programmatically(stream);
  };
  plain();
  check(cudaStreamSynchronize(stream), "launches");
  std::vector<double> host;
  for (int i = 0; i < kTries; ++i) {
    const auto start = std::chrono::steady_clock::now();
    plain();
    host.push_back(std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
    check(cudaStreamSynchronize(stream), "launches");
  }
  results.add("launch, host time", 1e6 * median(host) / kLaunches, "us");
  results.add("launch to launch", 1e6 * watch.seconds(plain) / kLaunches, "us");
  results.add("launch to launch, programmatic", 1e6 * watch.seconds(programmatic) / kLaunches, "us");
  for (const auto& [name, work] : {std::pair<const char*, std::function<void()>>{"graph node to node", plain},
                                   {"graph node to node, programmatic", programmatic}}) {
    const cudaGraphExec_t graph = captured(stream, work);
    const double seconds = watch.seconds([&] { check(cudaGraphLaunch(graph, stream), "graph launch"); });
    results.add(name, 1e6 * seconds / kLaunches, "us");
    check(cudaGraphExecDestroy(graph), "graph");
  }
  const cudaGraphExec_t single = captured(stream, [&] { empty_kernel<<<1, 1, 0, stream>>>(); });
  results.add("graph of one node, replayed", 1e6 / kLaunches * watch.seconds([&] {
    for (int i = 0; i < kLaunches; ++i) check(cudaGraphLaunch(single, stream), "graph launch");
  }),
              "us");
  check(cudaGraphExecDestroy(single), "graph");
}

// ---- bandwidths ----------------------------------------------------------------------------------------------------

/// x: random bits, so that nothing profits from zeros.
__global__ void fill_kernel(uint4* x, std::size_t count) {
  for (std::size_t i = blockIdx.x * std::size_t{blockDim.x} + threadIdx.x; i < count;
       i += std::size_t{gridDim.x} * blockDim.x) {
    std::uint32_t value = static_cast<std::uint32_t>(i) * 2654435761u + 12345u;
    const auto next = [&] { return value = value * 1664525u + 1013904223u; };
    x[i] = make_uint4(next(), next(), next(), next());
  }
}

constexpr int kUnroll = 8;

/// y = x, 16 bytes a thread, kUnroll loads in flight.
__global__ void __launch_bounds__(256) copy_kernel(const uint4* x, uint4* y, std::size_t count) {
  const std::size_t step = std::size_t{gridDim.x} * blockDim.x;
  for (std::size_t i = blockIdx.x * std::size_t{blockDim.x} + threadIdx.x; i < count; i += kUnroll * step) {
    uint4 values[kUnroll];
#pragma unroll
    for (int u = 0; u < kUnroll; ++u)
      if (i + u * step < count) values[u] = x[i + u * step];
#pragma unroll
    for (int u = 0; u < kUnroll; ++u)
      if (i + u * step < count) y[i + u * step] = values[u];
  }
}

/// Reads x `rounds` times past the L1 cache and keeps only a sum, written if it is an unlikely one.
__global__ void __launch_bounds__(512) read_kernel(const uint4* x, std::size_t count, int rounds, std::uint32_t* sum) {
  const std::size_t step = std::size_t{gridDim.x} * blockDim.x;
  std::uint32_t total = 0;
  for (int round = 0; round < rounds; ++round)
    for (std::size_t i = blockIdx.x * std::size_t{blockDim.x} + threadIdx.x; i + (kUnroll - 1) * step < count;
         i += kUnroll * step) {
      uint4 values[kUnroll];
#pragma unroll
      for (int u = 0; u < kUnroll; ++u) values[u] = __ldcg(&x[i + u * step]);
#pragma unroll
      for (int u = 0; u < kUnroll; ++u) total += values[u].x ^ values[u].y ^ values[u].z ^ values[u].w;
    }
  if (total == 0xffffffffu) *sum = total;
}

void measure_bandwidths(const Stopwatch& watch, const cudaDeviceProp& device, Results& results) {
  constexpr std::size_t kMega = std::size_t{1} << 20, kCopied = 2048 * kMega;
  const DeviceArray<uint4> x(kCopied / 16), y(kCopied / 16);
  const DeviceArray<std::uint32_t> sum(1);
  const unsigned blocks = static_cast<unsigned>(device.multiProcessorCount) * 8;
  fill_kernel<<<blocks, 256, 0, watch.stream()>>>(x.data(), kCopied / 16);
  const auto rate = [&](std::size_t bytes, const std::function<void()>& start) {
    return 1e-9 * static_cast<double>(bytes) / watch.seconds(start);
  };
  results.add(
      "copy kernel, 2 GiB, read + written",
      rate(2 * kCopied, [&] { copy_kernel<<<blocks, 256, 0, watch.stream()>>>(x.data(), y.data(), kCopied / 16); }),
      "GB/s");
  results.add("cudaMemcpyAsync, 2 GiB, read + written",
              rate(2 * kCopied,
                   [&] {
                     check(cudaMemcpyAsync(y.data(), x.data(), kCopied, cudaMemcpyDeviceToDevice, watch.stream()),
                           "copy");
                   }),
              "GB/s");
  constexpr int kRounds = 20;
  for (const std::size_t megabytes : {8, 16, 24, 48}) {
    const unsigned readers = static_cast<unsigned>(device.multiProcessorCount) * 4;
    const std::size_t unit = std::size_t{readers} * 512 * kUnroll;  // whole rounds of all threads
    const std::size_t count = std::max(megabytes * kMega / 16 / unit, std::size_t{1}) * unit;
    const std::string name = "read from L2, about " + std::to_string(megabytes) + " MiB";
    results.add(name.c_str(),
                rate(count * 16 * kRounds,
                     [&] { read_kernel<<<readers, 512, 0, watch.stream()>>>(x.data(), count, kRounds, sum.data()); }),
                "GB/s");
  }
}

// ---- arithmetic ----------------------------------------------------------------------------------------------------

constexpr int kSteps = 4096, kChains = 16;

/// kChains independent chains of fused multiply-adds in every thread.
__global__ void __launch_bounds__(256) multiply_add_kernel(float a, float b, float* result) {
  float x[kChains];
#pragma unroll
  for (int c = 0; c < kChains; ++c) x[c] = static_cast<float>(threadIdx.x + c);
#pragma unroll 8
  for (int i = 0; i < kSteps; ++i)
#pragma unroll
    for (int c = 0; c < kChains; ++c) x[c] = fmaf(x[c], a, b);
  float sum = 0;
#pragma unroll
  for (int c = 0; c < kChains; ++c) sum += x[c];
  if (sum == 0.5f) *result = sum;
}

/// kMmaChains independent accumulators of mma.sync m16n8k16 bf16 in every warp; operands are random bf16 in [1, 2).
constexpr int kMmaChains = 8;
__global__ void __launch_bounds__(256) mma_kernel(std::uint32_t seed, float* result) {
  std::uint32_t a[4], b[2];
  const auto operand = [&] { return ((seed = seed * 1664525u + 1013904223u + threadIdx.x) & 0x007f007f) | 0x3f803f80; };
  for (std::uint32_t& r : a) r = operand();
  for (std::uint32_t& r : b) r = operand();
  float d[kMmaChains][4] = {};
#pragma unroll 4
  for (int i = 0; i < kSteps / 4; ++i)
#pragma unroll
    for (int c = 0; c < kMmaChains; ++c)
      asm volatile(
          "mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, %1, "
          "%2, %3};"
          : "+f"(d[c][0]), "+f"(d[c][1]), "+f"(d[c][2]), "+f"(d[c][3])
          : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
  float sum = 0;
  for (int c = 0; c < kMmaChains; ++c) sum += d[c][0] + d[c][1] + d[c][2] + d[c][3];
  if (sum == 0.5f) *result = sum;
}

void measure_arithmetic(const Stopwatch& watch, const cudaDeviceProp& device, Results& results) {
  const DeviceArray<float> result(1);
  const unsigned blocks = static_cast<unsigned>(device.multiProcessorCount) * 8;
  const double threads = 256.0 * blocks;
  const double fused =
      watch.seconds([&] { multiply_add_kernel<<<blocks, 256, 0, watch.stream()>>>(0.999f, 1e-3f, result.data()); });
  results.add("fp32 multiply-add", 1e-12 * 2 * threads * kSteps * kChains / fused, "TFLOP/s");
  const double products = watch.seconds([&] { mma_kernel<<<blocks, 256, 0, watch.stream()>>>(1, result.data()); });
  results.add("bf16 mma.sync m16n8k16, fp32 sums",
              1e-12 * 2 * 16 * 8 * 16 * (threads / 32) * (kSteps / 4) * kMmaChains / products, "TFLOP/s");
}

}  // namespace

int main(int argc, char** argv) try {
  if (argc > 2) {
    std::fputs("gpu_microbenchmarks: error: call it as gpu_microbenchmarks [RESULT.json]\n", stderr);
    return 2;
  }
  if (!hopper_present()) return 77;
  cudaDeviceProp device;
  check(cudaGetDeviceProperties(&device, 0), "device properties");
  std::printf("%s, %d multiprocessors, L2 %.0f MiB\n", device.name, device.multiProcessorCount,
              device.l2CacheSize / 1048576.0);
  const Stopwatch watch;
  Results results;
  measure_arithmetic(watch, device, results);  // first: it brings the clocks up
  measure_bandwidths(watch, device, results);
  measure_launches(watch, results);
  std::printf("%s\n", results.json().c_str());
  if (argc == 2) std::ofstream(argv[1]) << results.json() << '\n';
  return 0;
} catch (const std::exception& error) {
  std::fprintf(stderr, "gpu_microbenchmarks: error: %s\n", error.what());
  return 1;
}
