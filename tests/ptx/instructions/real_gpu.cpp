// Snippets on a GPU, through the driver that is there when the test runs: nothing of NVIDIA's is linked.

#include <dlfcn.h>

#include <array>
#include <stdexcept>

#include "tests/ptx/instructions/snippet.h"

namespace gan::ptx::test {
namespace {

using Handle = void*;
using Address = unsigned long long;

/// The few functions of libcuda that are needed, by the names of the ABI.
struct Driver {
  int (*init)(unsigned);
  int (*device_get)(int*, int);
  int (*attribute)(int*, int, int);
  int (*context_retain)(Handle*, int);
  int (*context_set)(Handle);
  int (*module_load)(Handle*, const void*);
  int (*module_unload)(Handle);
  int (*function)(Handle*, Handle, const char*);
  int (*set_attribute)(Handle, int, int);
  int (*allocate)(Address*, std::size_t);
  int (*release)(Address);
  int (*to_device)(Address, const void*, std::size_t);
  int (*to_host)(void*, Address, std::size_t);
  int (*launch)(Handle, unsigned, unsigned, unsigned, unsigned, unsigned, unsigned, unsigned, Handle, void**, void**);

  bool open() {
    void* library = dlopen("libcuda.so.1", RTLD_NOW);
    if (library == nullptr) return false;
    bool all = true;
    const auto find = [&](auto& f, const char* name) {
      f = reinterpret_cast<std::remove_reference_t<decltype(f)>>(dlsym(library, name));
      all &= f != nullptr;
    };
    find(init, "cuInit"), find(device_get, "cuDeviceGet"), find(attribute, "cuDeviceGetAttribute");
    find(context_retain, "cuDevicePrimaryCtxRetain"), find(context_set, "cuCtxSetCurrent");
    find(module_load, "cuModuleLoadData"), find(module_unload, "cuModuleUnload");
    find(function, "cuModuleGetFunction"), find(set_attribute, "cuFuncSetAttribute");
    find(allocate, "cuMemAlloc_v2"), find(release, "cuMemFree_v2");
    find(to_device, "cuMemcpyHtoD_v2"), find(to_host, "cuMemcpyDtoH_v2"), find(launch, "cuLaunchKernel");
    return all && init(0) == 0;
  }
};

class RealGpu : public Runner {
 public:
  explicit RealGpu(const Driver& driver) : driver_(driver) {}

  Words run(const Snippet& snippet, const Words& input) override {
    constexpr int kMaxDynamicShared = 8;
    Handle module = nullptr, kernel = nullptr;
    check(driver_.module_load(&module, text_of(snippet).c_str()), "cuModuleLoadData");
    check(driver_.function(&kernel, module, "snippet"), "cuModuleGetFunction");
    if (snippet.shared > 48 * 1024)
      check(driver_.set_attribute(kernel, kMaxDynamicShared, static_cast<int>(snippet.shared)), "cuFuncSetAttribute");
    Words output(std::size_t{snippet.threads} * snippet.blocks * snippet.outputs, 0xdeadbeef);
    Address in = 0, out = 0;
    check(driver_.allocate(&in, input.size() * 4 + 4), "cuMemAlloc");
    check(driver_.allocate(&out, output.size() * 4 + 4), "cuMemAlloc");
    check(driver_.to_device(in, input.data(), input.size() * 4), "cuMemcpyHtoD");
    std::array<std::byte, 64> extra;
    for (std::size_t i = 0; i < extra.size(); ++i) extra[i] = static_cast<std::byte>(i);
    void* parameters[] = {&in, &out, extra.data()};
    check(driver_.launch(kernel, snippet.blocks, 1, 1, snippet.threads, 1, 1, snippet.shared, nullptr, parameters,
                         nullptr),
          "cuLaunchKernel");
    check(driver_.to_host(output.data(), out, output.size() * 4), "cuMemcpyDtoH");
    driver_.release(in), driver_.release(out), driver_.module_unload(module);
    return output;
  }

 private:
  static void check(int status, const char* what) {
    if (status != 0) throw std::runtime_error(std::string(what) + ": CUDA error " + std::to_string(status));
  }
  Driver driver_;
};

}  // namespace

std::unique_ptr<Runner> real_gpu() {
  constexpr int kMajorCapability = 75;
  Driver driver;
  int device = 0, major = 0;
  Handle context = nullptr;
  if (!driver.open() || driver.device_get(&device, 0) != 0 || driver.attribute(&major, kMajorCapability, device) != 0 ||
      major != 9 || driver.context_retain(&context, device) != 0 || driver.context_set(context) != 0)
    return nullptr;
  return std::make_unique<RealGpu>(driver);
}

}  // namespace gan::ptx::test
