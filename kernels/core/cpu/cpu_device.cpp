#include "kernels/core/cpu/cpu_device.h"

#include <cstdlib>

#include "kernels/core/cpu/processor.h"

namespace gan {

CpuDevice::CpuDevice(const Options& options) : options_(options) {
  require(options.threads >= 1, "a CPU device has at least one thread, got {}", options.threads);
  if (options.products == Precision::Bf16 && !multiplies_bf16())
    throw MachineError("this processor does not multiply bf16 (it has no AVX512-BF16); fp32 works everywhere");
}

CpuDevice::~CpuDevice() = default;

void CpuDevice::Free::operator()(void* memory) const { std::free(memory); }

void* CpuDevice::scratch(std::size_t bytes) {
  if (bytes > scratch_bytes_) {
    constexpr std::size_t kAlignment = 64;
    const std::size_t rounded = (bytes + kAlignment - 1) / kAlignment * kAlignment;
    scratch_.reset();
    scratch_bytes_ = 0;
    scratch_.reset(std::aligned_alloc(kAlignment, rounded));
    if (!scratch_) throw MachineError(fmt::format("out of memory: {} bytes of scratch memory", rounded));
    scratch_bytes_ = rounded;
  }
  return scratch_.get();
}

}  // namespace gan
