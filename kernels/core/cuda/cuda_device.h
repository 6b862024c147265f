// A CUDA GPU as a device: one stream, one cuBLAS handle. No CUDA header is needed to use it.
#pragma once

#include <cstddef>
#include <functional>
#include <string>

struct CUstream_st;

namespace gan {

/// Runs instructions on one GPU, in order, on one stream. Everything but `allocate`, `release`, the copies and
/// `synchronize` is asynchronous and allowed while a CUDA graph is being captured.
class CudaDevice {
 public:
  /// The number of usable GPUs, whichever numbers CUDA gives them; 0 without a driver.
  static int count();

  /// Takes the usable GPU `ordinal`, counted from 0 in CUDA's order. Throws MachineError if there is none, or none with
  /// that number.
  explicit CudaDevice(int ordinal = 0);
  ~CudaDevice();
  CudaDevice(const CudaDevice&) = delete;
  CudaDevice& operator=(const CudaDevice&) = delete;

  /// What the card calls itself, for logs.
  std::string description() const;
  CUstream_st* stream() const { return stream_; }
  /// The cublasHandle_t, bound to the stream.
  void* blas() const { return blas_; }

  /// Device memory, aligned to 256 bytes at least. Throws MachineError naming the size if there is not enough.
  void* allocate(std::size_t bytes);
  /// Gives memory of `allocate` back; waits for the kernels that may use it. Never throws.
  void release(void* memory);
  /// Bytes that could be allocated now.
  std::size_t free_memory() const;

  /// Fills `bytes` of memory with zeros, in stream order.
  void zero(void* device, std::size_t bytes);
  /// Copies in stream order; returns when the copy is done.
  void copy_to_device(void* device, const void* host, std::size_t bytes);
  void copy_to_host(void* host, const void* device, std::size_t bytes);

  /// Waits for everything that was started. Throws Error with CUDA's words if a kernel failed.
  void synchronize();

  /// Seconds between two events on the stream, one before and one after what `start` starts; waits for the second.
  double seconds(const std::function<void()>& start);
  /// Of the L2 cache.
  std::size_t cache_bytes() const;

 private:
  CUstream_st* stream_ = nullptr;
  void* blas_ = nullptr;
  void* blas_workspace_ = nullptr;  ///< cuBLAS's own would be allocated while a graph is captured
  int cuda_number_ = 0;             ///< CUDA's, which counts GPUs that are not usable, too
};

}  // namespace gan
