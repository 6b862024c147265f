// gan::CudaDevice on a real GPU.

#include "kernels/core/cuda/cuda_device.h"

#include <cublas_v2.h>
#include <cuda_runtime_api.h>

#include <algorithm>
#include <vector>

#include "kernels/core/contract/error.h"

namespace gan {
namespace {

constexpr int kLeastMajorCapability = 8;  // cp.async and what the kernels are compiled for: sm_80 and later

// cuBLAS would otherwise allocate one when a graph is captured. The size is what cuBLAS itself takes on Hopper.
constexpr std::size_t kBlasWorkspaceBytes = 32 << 20;

std::string mebibytes(std::size_t bytes) { return fmt::format("{:.1f} MiB", static_cast<double>(bytes) / (1 << 20)); }

bool is_usable(int cuda_number) {
  int major = 0;
  return cudaDeviceGetAttribute(&major, cudaDevAttrComputeCapabilityMajor, cuda_number) == cudaSuccess &&
         major >= kLeastMajorCapability;
}

/// CUDA's numbers of all devices that can run the kernels. All are looked at: with CUDA_DEVICE_ORDER=PCI_BUS_ID the most
/// capable one need not come first.
std::vector<int> usable_devices() {
  int devices = 0;
  if (const cudaError_t status = cudaGetDeviceCount(&devices); status != cudaSuccess) {
    cudaGetLastError();  // no driver or no device is an answer, not an error that a later check should find
    throw MachineError(fmt::format("no CUDA device: {}", cudaGetErrorString(status)));
  }
  std::vector<int> usable;
  for (int number = 0; number < devices; ++number)
    if (is_usable(number)) usable.push_back(number);
  cudaGetLastError();  // nor is a device that cannot be asked
  if (usable.empty())
    throw MachineError(
        fmt::format("none of {} CUDA devices has compute capability {}.0 or later", devices, kLeastMajorCapability));
  return usable;
}

/// What a device holds, released in the right order; nothing can be done about errors here.
void destroy(CUstream_st* stream, void* blas, void* blas_workspace) {
  if (stream != nullptr) cudaStreamSynchronize(stream);
  if (blas != nullptr) cublasDestroy(static_cast<cublasHandle_t>(blas));
  if (blas_workspace != nullptr) cudaFree(blas_workspace);
  if (stream != nullptr) cudaStreamDestroy(stream);
}

void check_at_start(cudaError_t status, int ordinal, const char* what) {
  if (status != cudaSuccess)
    throw MachineError(fmt::format("CUDA device {}: {}: {}", ordinal, what, cudaGetErrorString(status)));
}

void check_at_start(cublasStatus_t status, int ordinal, const char* what) {
  if (status != CUBLAS_STATUS_SUCCESS)
    throw MachineError(fmt::format("CUDA device {}: {}: {}", ordinal, what, cublasGetStatusString(status)));
}

}  // namespace

void cuda_check(cudaError_t status, const char* what) {
  if (status != cudaSuccess)
    throw Error(fmt::format("CUDA, {}: {} ({})", what, cudaGetErrorString(status), cudaGetErrorName(status)));
}

int CudaDevice::count() {
  try {
    return static_cast<int>(usable_devices().size());
  } catch (const MachineError&) { return 0; }
}

CudaDevice::CudaDevice(int ordinal) {
  const std::vector<int> usable = usable_devices();
  if (ordinal < 0 || ordinal >= static_cast<int>(usable.size()))
    throw MachineError(fmt::format("there is no CUDA device {}; this machine has {} that can be used, counted from 0",
                                   ordinal, usable.size()));
  const int number = cuda_number_ = usable[static_cast<std::size_t>(ordinal)];
  try {
    check_at_start(cudaSetDevice(number), number, "taking it");
    check_at_start(cudaStreamCreateWithFlags(&stream_, cudaStreamNonBlocking), number, "making a stream");
    cublasHandle_t handle = nullptr;
    check_at_start(cublasCreate(&handle), number, "starting cuBLAS");
    blas_ = handle;
    blas_workspace_ = allocate(kBlasWorkspaceBytes);
    check_at_start(cublasSetStream(handle, stream_), number, "giving cuBLAS its stream");  // forgets the workspace
    check_at_start(cublasSetWorkspace(handle, blas_workspace_, kBlasWorkspaceBytes), number,
                   "giving cuBLAS its workspace");
    check_at_start(cublasSetMathMode(handle, CUBLAS_DEFAULT_MATH), number, "asking cuBLAS for fp32 without TF32");
  } catch (...) {
    destroy(stream_, blas_, blas_workspace_);
    throw;
  }
}

CudaDevice::~CudaDevice() { destroy(stream_, blas_, blas_workspace_); }

std::string CudaDevice::description() const {
  cudaDeviceProp properties{};
  cuda_check(cudaGetDeviceProperties(&properties, cuda_number_), "asking for the device's properties");
  return fmt::format("{}, sm_{}{}, {}", properties.name, properties.major, properties.minor,
                     mebibytes(properties.totalGlobalMem));
}

void* CudaDevice::allocate(std::size_t bytes) {
  void* memory = nullptr;
  const cudaError_t status = cudaMalloc(&memory, std::max<std::size_t>(bytes, 1));
  if (status == cudaErrorMemoryAllocation) {
    cudaGetLastError();
    throw MachineError(fmt::format("CUDA device {}: {} of memory are needed, {} are free", cuda_number_,
                                   mebibytes(bytes), mebibytes(free_memory())));
  }
  cuda_check(status, "allocating memory");
  return memory;
}

/// Destructors call this: an error here is that of an earlier kernel, which `synchronize` reports.
void CudaDevice::release(void* memory) { cudaFree(memory); }

std::size_t CudaDevice::free_memory() const {
  std::size_t free = 0, total = 0;
  cuda_check(cudaMemGetInfo(&free, &total), "asking for the free memory");
  return free;
}

void CudaDevice::zero(void* device, std::size_t bytes) {
  if (bytes != 0) cuda_check(cudaMemsetAsync(device, 0, bytes, stream_), "filling memory with zeros");
}

void CudaDevice::copy_to_device(void* device, const void* host, std::size_t bytes) {
  if (bytes == 0) return;
  cuda_check(cudaMemcpyAsync(device, host, bytes, cudaMemcpyHostToDevice, stream_), "copying to the device");
  synchronize();
}

void CudaDevice::copy_to_host(void* host, const void* device, std::size_t bytes) {
  if (bytes == 0) return;
  cuda_check(cudaMemcpyAsync(host, device, bytes, cudaMemcpyDeviceToHost, stream_), "copying from the device");
  synchronize();
}

void CudaDevice::synchronize() { cuda_check(cudaStreamSynchronize(stream_), "waiting for the device"); }

namespace {

/// An event that destroys itself.
class Event {
 public:
  Event() { cuda_check(cudaEventCreate(&event_), "making an event"); }
  Event(const Event&) = delete;
  Event& operator=(const Event&) = delete;
  ~Event() { cudaEventDestroy(event_); }
  cudaEvent_t get() const { return event_; }

 private:
  cudaEvent_t event_ = nullptr;
};

}  // namespace

double CudaDevice::seconds(const std::function<void()>& start) {
  const Event before, after;
  cuda_check(cudaEventRecord(before.get(), stream_), "recording an event");
  start();
  cuda_check(cudaEventRecord(after.get(), stream_), "recording an event");
  cuda_check(cudaEventSynchronize(after.get()), "waiting for timed work");
  float milliseconds = 0;
  cuda_check(cudaEventElapsedTime(&milliseconds, before.get(), after.get()), "reading the time between two events");
  return milliseconds * 1e-3;
}

std::size_t CudaDevice::cache_bytes() const {
  int bytes = 0;
  cuda_check(cudaDeviceGetAttribute(&bytes, cudaDevAttrL2CacheSize, cuda_number_),
             "asking for the size of the L2 cache");
  return static_cast<std::size_t>(bytes);
}

}  // namespace gan
