// Compiled once against the real CUDA device and once against the emulated one.
#if defined(GAN_HAS_NVTX)
#include <nvtx3/nvToolsExt.h>
#endif

#include "engine/device/backend.h"
#include "kernels/core/cuda/cuda_device.h"

namespace gan {

namespace {

class CudaBackend final : public Backend {
 public:
  std::string description() const override { return device_.description(); }
  void* allocate(std::size_t bytes) override { return device_.allocate(bytes); }
  void release(void* memory) override { device_.release(memory); }
  std::size_t free_memory() const override { return device_.free_memory(); }
  void zero(void* device, std::size_t bytes) override { device_.zero(device, bytes); }
  void upload(void* device, const void* host, std::size_t bytes) override {
    device_.copy_to_device(device, host, bytes);
  }
  void download(void* host, const void* device, std::size_t bytes) override {
    device_.copy_to_host(host, device, bytes);
  }

  void run(const Instruction& bound) override {
    begin_range(name_of(bound));
    std::visit([this](const auto& instruction) { gan::run(instruction, device_); }, bound);
    end_range();
  }
  void synchronize() override { device_.synchronize(); }
  double seconds(const std::function<void()>& start) override { return device_.seconds(start); }
  std::size_t cache_bytes() const override { return device_.cache_bytes(); }

#if defined(GAN_HAS_NVTX)
  void begin_range(const char* name) override { nvtxRangePushA(name); }
  void end_range() override { nvtxRangePop(); }
#else
  void begin_range(const char*) override {}
  void end_range() override {}
#endif

 private:
  CudaDevice device_;
};

}  // namespace

std::unique_ptr<Backend> make_cuda_backend() { return std::make_unique<CudaBackend>(); }

bool cuda_available() { return CudaDevice::count() > 0; }

}  // namespace gan
