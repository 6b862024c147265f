#include "tests/cuda_runtime/fake_runtime.h"

#include <cublas_v2.h>
#include <cuda_runtime_api.h>

#include <cstdlib>

namespace gan::fake_cuda {

Runtime& runtime() {
  static Runtime instance;
  return instance;
}

}  // namespace gan::fake_cuda

using gan::fake_cuda::runtime;

extern "C" {

cudaError_t cudaGetDeviceCount(int* count) {
  *count = static_cast<int>(runtime().capability_majors.size());
  if (!runtime().has_driver) return cudaErrorInsufficientDriver;
  return *count == 0 ? cudaErrorNoDevice : cudaSuccess;
}
cudaError_t cudaDeviceGetAttribute(int* value, cudaDeviceAttr attribute, int device) {
  if (attribute != cudaDevAttrComputeCapabilityMajor) std::abort();
  *value = runtime().capability_majors.at(static_cast<std::size_t>(device));
  return cudaSuccess;
}
cudaError_t cudaSetDevice(int device) {
  runtime().device_taken = device;
  return cudaSuccess;
}
cudaError_t cudaGetDeviceProperties(cudaDeviceProp* properties, int) {
  *properties = {};
  return cudaSuccess;
}
cudaError_t cudaGetLastError() { return cudaSuccess; }
const char* cudaGetErrorString(cudaError_t) { return "the words of CUDA"; }
const char* cudaGetErrorName(cudaError_t) { return "cudaErrorOfSomeKind"; }

cudaError_t cudaMalloc(void** memory, std::size_t) {
  static char somewhere;
  *memory = &somewhere;
  return cudaSuccess;
}
cudaError_t cudaFree(void*) { return cudaSuccess; }
cudaError_t cudaMemGetInfo(std::size_t* free, std::size_t* total) {
  *free = *total = 0;
  return cudaSuccess;
}
cudaError_t cudaMemcpyAsync(void*, const void*, std::size_t, cudaMemcpyKind, cudaStream_t) { return cudaSuccess; }
cudaError_t cudaMemsetAsync(void*, int, std::size_t, cudaStream_t) { return cudaSuccess; }
cudaError_t cudaEventCreate(cudaEvent_t*) { return cudaSuccess; }
cudaError_t cudaEventDestroy(cudaEvent_t) { return cudaSuccess; }
cudaError_t cudaEventRecord(cudaEvent_t, cudaStream_t) { return cudaSuccess; }
cudaError_t cudaEventSynchronize(cudaEvent_t) { return cudaSuccess; }
cudaError_t cudaEventElapsedTime(float* milliseconds, cudaEvent_t, cudaEvent_t) {
  *milliseconds = 0;
  return cudaSuccess;
}
cudaError_t cudaStreamCreateWithFlags(cudaStream_t*, unsigned) { return cudaSuccess; }
cudaError_t cudaStreamSynchronize(cudaStream_t) { return cudaSuccess; }
cudaError_t cudaStreamDestroy(cudaStream_t) { return cudaSuccess; }

cudaError_t cudaFuncGetAttributes(cudaFuncAttributes* attributes, const void*) {
  attributes->sharedSizeBytes = runtime().static_shared_bytes;
  return cudaSuccess;
}
cudaError_t cudaFuncSetAttribute(const void*, cudaFuncAttribute attribute, int value) {
  if (attribute != cudaFuncAttributeMaxDynamicSharedMemorySize) std::abort();
  runtime().dynamic_shared_allowed = value;
  return cudaSuccess;
}
cudaError_t cudaLaunchKernelExC(const cudaLaunchConfig_t* config, const void*, void**) {
  constexpr std::size_t kWithoutAsking = 48 * 1024;  // as a GPU counts: static and dynamic together
  auto& r = runtime();
  r.dynamic_shared_launched = config->dynamicSmemBytes;
  const bool fits = r.static_shared_bytes + config->dynamicSmemBytes <= kWithoutAsking;
  const bool asked =
      r.dynamic_shared_allowed && config->dynamicSmemBytes <= static_cast<std::size_t>(*r.dynamic_shared_allowed);
  if (!fits && !asked) return cudaErrorInvalidValue;
  ++r.launches;
  return cudaSuccess;
}

cublasStatus_t cublasCreate_v2(cublasHandle_t*) { return CUBLAS_STATUS_SUCCESS; }
cublasStatus_t cublasDestroy_v2(cublasHandle_t) { return CUBLAS_STATUS_SUCCESS; }
cublasStatus_t cublasSetStream_v2(cublasHandle_t, cudaStream_t) { return CUBLAS_STATUS_SUCCESS; }
cublasStatus_t cublasSetWorkspace_v2(cublasHandle_t, void*, std::size_t) { return CUBLAS_STATUS_SUCCESS; }
cublasStatus_t cublasSetMathMode(cublasHandle_t, cublasMath_t) { return CUBLAS_STATUS_SUCCESS; }
const char* cublasGetStatusString(cublasStatus_t) { return "the words of cuBLAS"; }
}
