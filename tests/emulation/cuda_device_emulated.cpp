// gan::CudaDevice on host memory, for kernels that run through the emulation.

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <cstring>

#include "kernels/core/contract/error.h"
#include "kernels/core/cuda/cuda_device.h"

namespace gan {
namespace {

std::size_t bytes_of_pages(int which) {
  return static_cast<std::size_t>(sysconf(which)) * static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
}

}  // namespace

int CudaDevice::count() { return 1; }

CudaDevice::CudaDevice(int ordinal) {
  if (ordinal != 0) throw MachineError(fmt::format("there is no emulated CUDA device {}, only device 0", ordinal));
}

CudaDevice::~CudaDevice() = default;

std::string CudaDevice::description() const { return "emulated CUDA device"; }

/// Of the exact size, so that AddressSanitizer sees overflows, and full of NaN, because device memory starts undefined.
void* CudaDevice::allocate(std::size_t bytes) {
  void* memory = nullptr;
  if (bytes > bytes_of_pages(_SC_PHYS_PAGES) || posix_memalign(&memory, 256, std::max<std::size_t>(bytes, 1)) != 0)
    throw MachineError(
        fmt::format("emulated CUDA device: {} bytes of memory are needed, {} are free", bytes, free_memory()));
  std::memset(memory, 0xff, bytes);
  return memory;
}

void CudaDevice::release(void* memory) { std::free(memory); }

std::size_t CudaDevice::free_memory() const { return bytes_of_pages(_SC_AVPHYS_PAGES); }

void CudaDevice::zero(void* device, std::size_t bytes) {
  if (bytes != 0) std::memset(device, 0, bytes);
}

void CudaDevice::copy_to_device(void* device, const void* host, std::size_t bytes) {
  if (bytes != 0) std::memcpy(device, host, bytes);
}

void CudaDevice::copy_to_host(void* host, const void* device, std::size_t bytes) {
  if (bytes != 0) std::memcpy(host, device, bytes);
}

void CudaDevice::synchronize() {}

double CudaDevice::seconds(const std::function<void()>& start) {
  const auto begin = std::chrono::steady_clock::now();
  start();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

/// Small, so that whoever rotates through memory to get past it does so in tests, too.
std::size_t CudaDevice::cache_bytes() const { return 64 << 10; }

}  // namespace gan
