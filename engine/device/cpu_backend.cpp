#include <chrono>
#include <cstdlib>
#include <cstring>

#include "engine/device/available_memory.h"
#include "engine/device/backend.h"
#include "kernels/core/cpu/cpu_device.h"

namespace gan {

namespace {

class CpuBackend final : public Backend {
 public:
  CpuBackend(int threads, Precision products) : device_({.threads = threads, .products = products}) {}

  std::string description() const override {
    return fmt::format("CPU, {} thread{}{}", device_.threads(), device_.threads() == 1 ? "" : "s",
                       device_.products() == Precision::Bf16 ? ", products in bf16" : "");
  }

  void* allocate(std::size_t bytes) override {
    constexpr std::size_t kAlignment = 256;
    void* memory = std::aligned_alloc(kAlignment, (bytes + kAlignment - 1) / kAlignment * kAlignment);
    if (!memory) throw MachineError(fmt::format("out of memory: could not allocate {} bytes", bytes));
    return memory;
  }
  void release(void* memory) override { std::free(memory); }
  std::size_t free_memory() const override {
    // An eighth is left to the program itself: stacks of threads, scratch memory of libraries, a checkpoint on its way.
    return available_memory(device_.threads()) / 8 * 7;
  }

  void zero(void* device, std::size_t bytes) override { std::memset(device, 0, bytes); }
  void upload(void* device, const void* host, std::size_t bytes) override { std::memcpy(device, host, bytes); }
  void download(void* host, const void* device, std::size_t bytes) override { std::memcpy(host, device, bytes); }

  void run(const Instruction& bound) override {
    std::visit([this](const auto& instruction) { gan::run(instruction, device_); }, bound);
  }
  void synchronize() override {}
  double seconds(const std::function<void()>& start) override {
    const auto begin = std::chrono::steady_clock::now();
    start();
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  }
  std::size_t cache_bytes() const override { return 0; }
  void begin_range(const char*) override {}
  void end_range() override {}

 private:
  CpuDevice device_;
};

}  // namespace

std::unique_ptr<Backend> make_cpu_backend(int threads, Precision products) {
  try {
    return std::make_unique<CpuBackend>(threads, products);
  } catch (const MachineError& error) {
    throw MachineError(fmt::format("--precision {}: {}", name_of(products), error.what()));
  }
}

}  // namespace gan
