// The functions of libcudart that programs call, over the software GPU. Everything is done at once, in order.

#include <cuda_runtime_api.h>

#include <cstring>

#include "tests/ptx/runtime/device.h"
#include "tests/ptx/runtime/software_gpu.h"
#include "tests/ptx/runtime/stream.h"

namespace ptx = gan::ptx;
namespace runtime = gan::ptx::runtime;
using runtime::Device;
using runtime::Kernel;

namespace {

Device& device() { return Device::instance(); }
cudaError_t report(cudaError_t error) { return device().report(error); }
/// What a call returns when an earlier kernel failed, else what `call` returns.
template <class F>
cudaError_t after_kernels(F call) {
  return device().sticky() != cudaSuccess ? device().sticky() : report(call());
}

struct CallConfiguration {
  dim3 grid, block;
  std::size_t shared = 0;
  cudaStream_t stream = nullptr;
};
thread_local std::vector<CallConfiguration> configurations;

struct Known {
  cudaError_t error;
  const char *name, *text;
};
constexpr Known kErrors[] = {
    {cudaSuccess, "cudaSuccess", "no error"},
    {cudaErrorInvalidValue, "cudaErrorInvalidValue", "invalid argument"},
    {cudaErrorMemoryAllocation, "cudaErrorMemoryAllocation", "out of memory"},
    {cudaErrorInvalidConfiguration, "cudaErrorInvalidConfiguration", "invalid configuration argument"},
    {cudaErrorInvalidDeviceFunction, "cudaErrorInvalidDeviceFunction", "invalid device function"},
    {cudaErrorInvalidDevice, "cudaErrorInvalidDevice", "invalid device ordinal"},
    {cudaErrorInvalidPtx, "cudaErrorInvalidPtx", "a PTX JIT compilation failed"},
    {cudaErrorIllegalAddress, "cudaErrorIllegalAddress", "an illegal memory access was encountered"},
    {cudaErrorMisalignedAddress, "cudaErrorMisalignedAddress", "misaligned address"},
    {cudaErrorLaunchTimeout, "cudaErrorLaunchTimeout", "the launch timed out and was terminated"},
    {cudaErrorAssert, "cudaErrorAssert", "device-side assert triggered"},
    {cudaErrorLaunchFailure, "cudaErrorLaunchFailure", "unspecified launch failure"},
    {cudaErrorNotSupported, "cudaErrorNotSupported", "operation not supported"},
    {cudaErrorInvalidClusterSize, "cudaErrorInvalidClusterSize", "invalid cluster size"},
    {cudaErrorStreamCaptureUnsupported, "cudaErrorStreamCaptureUnsupported",
     "operation not permitted when stream is capturing"},
    {cudaErrorStreamCaptureInvalidated, "cudaErrorStreamCaptureInvalidated",
     "operation failed due to a previous error during capture"},
    {cudaErrorIllegalState, "cudaErrorIllegalState", "the operation cannot be performed in the present state"},
    {cudaErrorNotReady, "cudaErrorNotReady", "device not ready"},
};

const Known* known(cudaError_t error) {
  for (const Known& k : kErrors)
    if (k.error == error) return &k;
  return nullptr;
}

/// Checks the launch now; runs it now, or whenever the graph is launched that the stream is captured into.
cudaError_t launch(Kernel* kernel, const runtime::LaunchShape& shape, void** arguments, cudaStream_t stream) {
  ptx::Launch prepared;
  if (const cudaError_t error = device().prepare(kernel, shape, arguments, prepared); error != cudaSuccess)
    return report(error);
  return report(runtime::submit(stream, [prepared = std::move(prepared)] { return device().execute(prepared); }));
}

/// For calls that wait for the whole device.
template <class F>
cudaError_t when_nothing_is_captured(F call) {
  const cudaError_t error = runtime::may_wait(nullptr);
  return error != cudaSuccess ? report(error) : after_kernels(call);
}

}  // namespace

extern "C" {

// ---- registration ----
void** __cudaRegisterFatBinary(void* wrapper) { return reinterpret_cast<void**>(device().load(wrapper)); }
void __cudaRegisterFatBinaryEnd(void**) {}
void __cudaUnregisterFatBinary(void** module) { device().unload(reinterpret_cast<ptx::LoadedModule*>(module)); }
char __cudaInitModule(void**) { return 1; }
void __cudaRegisterFunction(void** module, const char* host, char*, const char* name, int, uint3*, uint3*, dim3*, dim3*,
                            int*) {
  device().add_kernel(host, name, reinterpret_cast<ptx::LoadedModule*>(module));
}
void __cudaRegisterVar(void** module, char* host, char*, const char* name, int, size_t, int, int) {
  device().add_variable(host, name, reinterpret_cast<ptx::LoadedModule*>(module));
}

// ---- launches ----
unsigned __cudaPushCallConfiguration(dim3 grid, dim3 block, size_t shared, CUstream_st* stream) {
  configurations.push_back({grid, block, shared, stream});
  return 0;
}
cudaError_t __cudaPopCallConfiguration(dim3* grid, dim3* block, size_t* shared, void* stream) {
  if (configurations.empty()) return cudaErrorInvalidConfiguration;
  const CallConfiguration& c = configurations.back();
  *grid = c.grid, *block = c.block, *shared = c.shared;
  *static_cast<cudaStream_t*>(stream) = c.stream;
  configurations.pop_back();
  return cudaSuccess;
}
cudaError_t __cudaGetKernel(cudaKernel_t* kernel, const void* host) {
  *kernel = reinterpret_cast<cudaKernel_t>(device().kernel(host));
  return *kernel ? cudaSuccess : report(cudaErrorInvalidDeviceFunction);
}
cudaError_t cudaLaunchKernel(const void* f, dim3 grid, dim3 block, void** args, size_t shared, cudaStream_t stream) {
  return launch(device().kernel(f), {.grid = grid, .block = block, .dynamic_shared = shared}, args, stream);
}
cudaError_t __cudaLaunchKernel(cudaKernel_t k, dim3 grid, dim3 block, void** args, size_t shared, cudaStream_t stream) {
  return launch(reinterpret_cast<Kernel*>(k), {.grid = grid, .block = block, .dynamic_shared = shared}, args, stream);
}
cudaError_t cudaLaunchKernelExC(const cudaLaunchConfig_t* c, const void* f, void** args) {
  runtime::LaunchShape shape{.grid = c->gridDim, .block = c->blockDim, .dynamic_shared = c->dynamicSmemBytes};
  for (unsigned i = 0; i < c->numAttrs; ++i) {
    if (c->attrs[i].id == cudaLaunchAttributeClusterDimension) {
      const auto& cluster = c->attrs[i].val.clusterDim;
      if (cluster.y > 1 || cluster.z > 1) return report(cudaErrorNotSupported);
      shape.cluster_blocks = cluster.x;
    } else if (c->attrs[i].id == cudaLaunchAttributeProgrammaticStreamSerialization) {
      // before sm_90 it changes nothing
      shape.dependent = c->attrs[i].val.programmaticStreamSerializationAllowed != 0 && device().capability() >= 90;
    } else {
      return report(cudaErrorNotSupported);
    }
  }
  return launch(device().kernel(f), shape, args, c->stream);
}
cudaError_t cudaFuncSetAttribute(const void* f, cudaFuncAttribute attribute, int value) {
  Kernel* kernel = device().kernel(f);
  if (kernel == nullptr) return report(cudaErrorInvalidDeviceFunction);
  if (attribute != cudaFuncAttributeMaxDynamicSharedMemorySize) return cudaSuccess;
  const ptx::Program* program = nullptr;
  try {
    program = kernel->module->kernel(kernel->name);
  } catch (const ptx::SyntaxError&) { return report(cudaErrorInvalidPtx); }
  if (value < 0 || program->shared_bytes + static_cast<std::size_t>(value) > runtime::kSharedOptIn)
    return report(cudaErrorInvalidValue);
  kernel->asked_shared = static_cast<std::size_t>(value);
  return cudaSuccess;
}
cudaError_t cudaFuncGetAttributes(cudaFuncAttributes* a, const void* f) {
  Kernel* kernel = device().kernel(f);
  if (kernel == nullptr) return report(cudaErrorInvalidDeviceFunction);
  const ptx::Program* program = kernel->module->kernel(kernel->name);
  std::memset(a, 0, sizeof *a);
  a->sharedSizeBytes = program->shared_bytes;
  a->localSizeBytes = program->local_bytes;
  a->maxThreadsPerBlock = program->max_threads ? static_cast<int>(program->max_threads) : 1024;
  a->maxDynamicSharedSizeBytes =
      static_cast<int>(std::max(kernel->asked_shared, runtime::kSharedWithoutAsking - program->shared_bytes));
  a->ptxVersion = a->binaryVersion = 90;
  return cudaSuccess;
}
cudaError_t cudaOccupancyMaxActiveBlocksPerMultiprocessor(int* blocks, const void*, int, size_t) {
  return *blocks = 1, cudaSuccess;
}

// ---- memory ----
cudaError_t cudaMalloc(void** memory, size_t bytes) {
  return after_kernels([&] { return device().allocate(memory, bytes); });
}
cudaError_t cudaMallocAsync(void** memory, size_t bytes, cudaStream_t) { return cudaMalloc(memory, bytes); }
cudaError_t cudaMallocHost(void** memory, size_t bytes) {
  return (*memory = std::malloc(bytes)) ? cudaSuccess : cudaErrorMemoryAllocation;
}
cudaError_t cudaHostAlloc(void** memory, size_t bytes, unsigned) { return cudaMallocHost(memory, bytes); }
cudaError_t cudaFreeHost(void* memory) { return std::free(memory), cudaSuccess; }
cudaError_t cudaFree(void* memory) {
  const cudaError_t error = device().release(memory);
  return device().sticky() != cudaSuccess ? device().sticky() : report(error);
}
cudaError_t cudaFreeAsync(void* memory, cudaStream_t) { return cudaFree(memory); }
cudaError_t cudaMemGetInfo(size_t* free, size_t* total) {
  return *free = device().free_memory(), *total = device().total_memory(), cudaSuccess;
}
cudaError_t cudaMemcpy(void* to, const void* from, size_t bytes, cudaMemcpyKind kind) {
  return when_nothing_is_captured([&] { return device().copy(to, from, bytes, kind); });
}
cudaError_t cudaMemcpyAsync(void* to, const void* from, size_t bytes, cudaMemcpyKind kind, cudaStream_t stream) {
  return runtime::submit(stream, [=] { return after_kernels([=] { return device().copy(to, from, bytes, kind); }); });
}
cudaError_t cudaMemset(void* to, int value, size_t bytes) {
  return after_kernels([&] { return device().fill(to, value, bytes); });
}
cudaError_t cudaMemsetAsync(void* to, int value, size_t bytes, cudaStream_t stream) {
  return runtime::submit(stream, [=] { return after_kernels([=] { return device().fill(to, value, bytes); }); });
}
cudaError_t cudaGetSymbolAddress(void** address, const void* symbol) {
  *address = device().variable(symbol).first;
  return *address ? cudaSuccess : report(cudaErrorInvalidSymbol);
}
cudaError_t cudaMemcpyToSymbol(const void* symbol, const void* from, size_t bytes, size_t offset, cudaMemcpyKind) {
  const auto [at, size] = device().variable(symbol);
  if (at == nullptr || offset + bytes > size) return report(cudaErrorInvalidValue);
  std::memcpy(static_cast<char*>(at) + offset, from, bytes);
  return cudaSuccess;
}
cudaError_t cudaMemcpyFromSymbol(void* to, const void* symbol, size_t bytes, size_t offset, cudaMemcpyKind) {
  const auto [at, size] = device().variable(symbol);
  if (at == nullptr || offset + bytes > size) return report(cudaErrorInvalidValue);
  std::memcpy(to, static_cast<char*>(at) + offset, bytes);
  return device().sticky();
}

// ---- devices ----
cudaError_t cudaGetDeviceCount(int* count) { return *count = 1, cudaSuccess; }
cudaError_t cudaSetDevice(int ordinal) { return ordinal == 0 ? cudaSuccess : report(cudaErrorInvalidDevice); }
cudaError_t cudaGetDevice(int* ordinal) { return *ordinal = 0, cudaSuccess; }
cudaError_t cudaDeviceReset() { return device().reset(), cudaSuccess; }
cudaError_t cudaDeviceGetAttribute(int* value, cudaDeviceAttr attribute, int ordinal) {
  if (ordinal != 0) return report(cudaErrorInvalidDevice);
  switch (attribute) {
    case cudaDevAttrComputeCapabilityMajor: *value = device().capability() / 10; break;
    case cudaDevAttrComputeCapabilityMinor: *value = device().capability() % 10; break;
    case cudaDevAttrMultiProcessorCount: *value = 132; break;
    case cudaDevAttrMaxThreadsPerBlock: *value = 1024; break;
    case cudaDevAttrWarpSize: *value = 32; break;
    case cudaDevAttrMaxSharedMemoryPerBlock: *value = runtime::kSharedWithoutAsking; break;
    case cudaDevAttrMaxSharedMemoryPerBlockOptin: *value = runtime::kSharedOptIn; break;
    case cudaDevAttrMaxSharedMemoryPerMultiprocessor: *value = 228 * 1024; break;
    case cudaDevAttrL2CacheSize: *value = 50 << 20; break;
    default: *value = 0;
  }
  return cudaSuccess;
}
cudaError_t cudaGetDeviceProperties(cudaDeviceProp* p, int ordinal) {
  if (ordinal != 0) return report(cudaErrorInvalidDevice);
  std::memset(p, 0, sizeof *p);
  std::strcpy(p->name, runtime::kDeviceName);
  p->major = device().capability() / 10, p->minor = device().capability() % 10;
  p->totalGlobalMem = device().total_memory();
  p->sharedMemPerBlock = runtime::kSharedWithoutAsking, p->sharedMemPerBlockOptin = runtime::kSharedOptIn;
  p->sharedMemPerMultiprocessor = 228 * 1024;
  p->regsPerBlock = p->regsPerMultiprocessor = 65536;
  p->warpSize = 32, p->maxThreadsPerBlock = 1024, p->maxThreadsPerMultiProcessor = 2048, p->multiProcessorCount = 132;
  p->maxThreadsDim[0] = p->maxThreadsDim[1] = 1024, p->maxThreadsDim[2] = 64;
  p->maxGridSize[0] = 0x7fffffff, p->maxGridSize[1] = p->maxGridSize[2] = 65535;
  p->l2CacheSize = 50 << 20;
  return cudaSuccess;
}
cudaError_t cudaRuntimeGetVersion(int* version) { return *version = 13000, cudaSuccess; }
cudaError_t cudaDriverGetVersion(int* version) { return *version = 13000, cudaSuccess; }

// ---- errors ----
cudaError_t cudaGetLastError() { return device().take_last(); }
cudaError_t cudaPeekAtLastError() { return device().peek_last(); }
const char* cudaGetErrorString(cudaError_t error) { return known(error) ? known(error)->text : "unknown error"; }
const char* cudaGetErrorName(cudaError_t error) { return known(error) ? known(error)->name : "unknown error"; }

}  // extern "C"
