// What the host code asks of CUDA: which GPU it takes, and how it starts kernels. No GPU is needed (fake_runtime.h).
#define CATCH_CONFIG_MAIN
#include "kernels/core/cuda/cuda_device.h"
#include "kernels/core/cuda/launch.cuh"
#include "tests/cuda_runtime/fake_runtime.h"
#include "tests/support/error_message.h"

namespace gan {

namespace {

using fake_cuda::Runtime;
using fake_cuda::runtime;
using test::require_error;

TEST_CASE("usable GPUs are found wherever they stand", "[cuda_runtime]") {
  // CUDA_DEVICE_ORDER=PCI_BUS_ID: the display's old card comes first, another one between the two that count.
  runtime() = Runtime{.capability_majors = {6, 9, 7, 8}};
  CHECK(CudaDevice::count() == 2);
  {
    const CudaDevice device;
    CHECK(runtime().device_taken == 1);
  }
  {
    const CudaDevice device(1);
    CHECK(runtime().device_taken == 3);
  }
  require_error<MachineError>([] { CudaDevice device(2); }, {"no CUDA device 2", "2 that can be used"});
  require_error<MachineError>([] { CudaDevice device(-1); }, {"no CUDA device -1"});
}

TEST_CASE("a machine without a usable GPU says so", "[cuda_runtime]") {
  runtime() = Runtime{.has_driver = false};
  CHECK(CudaDevice::count() == 0);
  require_error<MachineError>([] { CudaDevice device; }, {"no CUDA device", "the words of CUDA"});
  runtime() = Runtime{};
  CHECK(CudaDevice::count() == 0);
  require_error<MachineError>([] { CudaDevice device; }, {"no CUDA device"});
  runtime() = Runtime{.capability_majors = {6, 7}};
  CHECK(CudaDevice::count() == 0);
  require_error<MachineError>([] { CudaDevice device; }, {"none of 2 CUDA devices", "8.0"});
  CHECK(runtime().device_taken == -1);
}

__global__ void kernel(int) {}

/// Launches with so much shared memory; what was asked for, or 0.
int asked_for(std::size_t static_bytes, std::size_t dynamic_bytes) {
  runtime() = Runtime{.capability_majors = {9}, .static_shared_bytes = static_bytes};
  launch(kernel, {.grid = 1, .block = 1, .dynamic_shared_bytes = dynamic_bytes}, nullptr, 7);
  REQUIRE(runtime().launches == 1);
  REQUIRE(runtime().dynamic_shared_launched == dynamic_bytes);
  return runtime().dynamic_shared_allowed.value_or(0);
}

TEST_CASE("a launch asks for dynamic shared memory where both kinds together pass 48 KiB", "[cuda_runtime]") {
  constexpr std::size_t kLimit = 48 * 1024;
  CHECK(asked_for(0, 0) == 0);
  CHECK(asked_for(kLimit, 0) == 0);
  CHECK(asked_for(0, kLimit) == 0);
  CHECK(asked_for(0, kLimit + 1) == kLimit + 1);
  CHECK(asked_for(16, kLimit - 16) == 0);
  CHECK(asked_for(16, kLimit - 15) == kLimit - 15);
  CHECK(asked_for(kLimit, 1) == 1);
}

TEST_CASE("an empty grid is not launched", "[cuda_runtime]") {
  runtime() = Runtime{.capability_majors = {9}};
  launch(kernel, {.grid = dim3(0), .block = dim3(1)}, nullptr, 7);
  launch(kernel, {.grid = dim3(1, 0), .block = dim3(1)}, nullptr, 7);
  CHECK(runtime().launches == 0);
}

}  // namespace

}  // namespace gan
