// Probes of TMA: where a copied box lands in shared memory, and which pixels an im2col copy reads.
#include <cuda.h>

#include <algorithm>

#include "device_array.h"
#include "probes.h"

namespace gan::probes {

namespace {

constexpr int kThreads = 32, kPeriod = 1024;

void check_driver(CUresult result, const char* what) {
  if (result != CUDA_SUCCESS) throw std::runtime_error(std::string(what) + ": CUresult " + std::to_string(result));
}

/// The driver's function of that name; going through the runtime saves linking with libcuda.
template <typename Function>
Function driver_function(const char* name) {
  void* function = nullptr;
  cudaDriverEntryPointQueryResult found;
  const cudaError_t status = cudaGetDriverEntryPointByVersion(name, &function, 12000, cudaEnableDefault, &found);
  if (status != cudaSuccess || found != cudaDriverEntryPointSuccess) {
    cudaGetLastError();  // an unknown name is no failure of what comes next
    throw MissingFromDriver(std::string("the driver has no ") + name);
  }
  return reinterpret_cast<Function>(function);
}

/// The shared memory of a copy: its destination at a multiple of 1024.
__device__ unsigned char* aligned_memory() {
  extern __shared__ unsigned char memory[];
  const auto base = static_cast<std::uint32_t>(__cvta_generic_to_shared(memory));
  return memory + (kPeriod - base % kPeriod) % kPeriod;
}

// One warp: runs `copy(destination, barrier)` in one thread, waits for `bytes`, writes what arrived to `dump`.
template <typename Copy>
__device__ void copy_and_dump(std::uint32_t bytes, std::uint16_t* dump, Copy copy) {
  __shared__ __align__(8) std::uint64_t barrier_storage;
  unsigned char* tile = aligned_memory();
  const auto destination = static_cast<std::uint32_t>(__cvta_generic_to_shared(tile));
  const auto barrier = static_cast<std::uint32_t>(__cvta_generic_to_shared(&barrier_storage));
  for (std::uint32_t i = threadIdx.x; i < bytes / 2; i += kThreads) reinterpret_cast<std::uint16_t*>(tile)[i] = 0xffff;
  asm volatile("fence.proxy.async.shared::cta;" ::: "memory");
  if (threadIdx.x == 0) {
    asm volatile("mbarrier.init.shared.b64 [%0], 1;" ::"r"(barrier) : "memory");
    asm volatile("fence.mbarrier_init.release.cluster;" ::: "memory");
  }
  __syncthreads();
  if (threadIdx.x == 0) {
    asm volatile("mbarrier.arrive.expect_tx.shared.b64 _, [%0], %1;" ::"r"(barrier), "r"(bytes) : "memory");
    copy(destination, barrier);
  }
  std::uint32_t done = 0;
  while (done == 0)
    asm volatile(
        "{\n"
        "  .reg .pred p;\n"
        "  mbarrier.try_wait.parity.shared.b64 p, [%1], 0;\n"
        "  selp.u32 %0, 1, 0, p;\n"
        "}"
        : "=r"(done)
        : "r"(barrier)
        : "memory");
  for (std::uint32_t i = threadIdx.x; i < bytes / 2; i += kThreads) dump[i] = reinterpret_cast<std::uint16_t*>(tile)[i];
}

__global__ void tile_kernel(const __grid_constant__ CUtensorMap map, std::uint32_t bytes, std::uint16_t* dump) {
  copy_and_dump(bytes, dump, [&](std::uint32_t destination, std::uint32_t barrier) {
    asm volatile(
        "cp.async.bulk.tensor.2d.shared::cluster.global.tile.mbarrier::complete_tx::bytes [%0], [%1, {%2, %3}], "
        "[%4];" ::"r"(destination),
        "l"(&map), "r"(0), "r"(0), "r"(barrier)
        : "memory");
  });
}

__global__ void im2col_kernel(const __grid_constant__ CUtensorMap map, std::uint32_t bytes, int n, int h, int w,
                              std::uint16_t offset_h, std::uint16_t offset_w, std::uint16_t* dump) {
  copy_and_dump(bytes, dump, [&](std::uint32_t destination, std::uint32_t barrier) {
    asm volatile(
        "cp.async.bulk.tensor.4d.shared::cluster.global.im2col.mbarrier::complete_tx::bytes [%0], [%1, {%2, %3, %4, "
        "%5}], "
        "[%6], {%7, %8};" ::"r"(destination),
        "l"(&map), "r"(0), "r"(w), "r"(h), "r"(n), "r"(barrier), "h"(offset_w), "h"(offset_h)
        : "memory");
  });
}

}  // namespace

std::vector<std::int64_t> tensor_tile_chunks(int swizzle, int row_bytes, int rows) {
  const int chunks_in_row = row_bytes / 16, bytes = row_bytes * rows;
  std::vector<std::uint16_t> box(static_cast<std::size_t>(bytes) / 2);
  for (std::size_t i = 0; i < box.size(); ++i) box[i] = static_cast<std::uint16_t>(i / 8);
  const DeviceArray<std::uint16_t> source(box), dump(box.size());
  const auto encode = driver_function<decltype(&cuTensorMapEncodeTiled)>("cuTensorMapEncodeTiled");
  CUtensorMap map;
  const cuuint64_t size[] = {static_cast<cuuint64_t>(8 * chunks_in_row), static_cast<cuuint64_t>(rows)};
  const cuuint64_t pitch[] = {static_cast<cuuint64_t>(row_bytes)};
  const cuuint32_t box_size[] = {static_cast<cuuint32_t>(8 * chunks_in_row), static_cast<cuuint32_t>(rows)};
  const cuuint32_t steps[] = {1, 1};
  check_driver(encode(&map, CU_TENSOR_MAP_DATA_TYPE_UINT16, 2, source.data(), size, pitch, box_size, steps,
                      CU_TENSOR_MAP_INTERLEAVE_NONE, static_cast<CUtensorMapSwizzle>(swizzle),
                      CU_TENSOR_MAP_L2_PROMOTION_NONE, CU_TENSOR_MAP_FLOAT_OOB_FILL_NONE),
               "cuTensorMapEncodeTiled");
  tile_kernel<<<1, kThreads, bytes + kPeriod>>>(map, static_cast<std::uint32_t>(bytes), dump.data());
  finish("tiled TMA copy");
  const std::vector<std::uint16_t> raw = dump.values();
  std::vector<std::int64_t> chunks;
  for (std::size_t i = 0; i < raw.size(); i += 8) {
    const bool whole =
        std::all_of(raw.begin() + static_cast<std::ptrdiff_t>(i), raw.begin() + static_cast<std::ptrdiff_t>(i + 8),
                    [&](auto x) { return x == raw[i]; });
    chunks.push_back(whole ? raw[i] : -1);
  }
  return chunks;
}

std::vector<std::int64_t> im2col_pixels(const Im2col& c) {
  constexpr int kChannels = 8;  // 16 bytes of 16-bit elements: the smallest pixel
  std::vector<std::uint16_t> images(static_cast<std::size_t>(c.n) * c.h * c.w * kChannels);
  for (std::size_t i = 0; i < images.size(); ++i) images[i] = static_cast<std::uint16_t>(1 + i / kChannels);
  const DeviceArray<std::uint16_t> source(images), dump(static_cast<std::size_t>(c.pixels) * kChannels);
  const auto encode = driver_function<decltype(&cuTensorMapEncodeIm2col)>("cuTensorMapEncodeIm2col");
  CUtensorMap map;
  const auto wide = [](int value) { return static_cast<cuuint64_t>(value); };
  const cuuint64_t size[] = {kChannels, wide(c.w), wide(c.h), wide(c.n)};
  const cuuint64_t pitch[] = {2 * kChannels, wide(c.w) * 2 * kChannels, wide(c.h) * wide(c.w) * 2 * kChannels};
  const int lower[] = {c.lower[1], c.lower[0]}, upper[] = {c.upper[1], c.upper[0]};  // the driver takes the width first
  const cuuint32_t steps[] = {1, static_cast<cuuint32_t>(c.stride[1]), static_cast<cuuint32_t>(c.stride[0]), 1};
  check_driver(encode(&map, CU_TENSOR_MAP_DATA_TYPE_UINT16, 4, source.data(), size, pitch, lower, upper, kChannels,
                      static_cast<cuuint32_t>(c.pixels), steps, CU_TENSOR_MAP_INTERLEAVE_NONE,
                      CU_TENSOR_MAP_SWIZZLE_NONE, CU_TENSOR_MAP_L2_PROMOTION_NONE, CU_TENSOR_MAP_FLOAT_OOB_FILL_NONE),
               "cuTensorMapEncodeIm2col");
  const int bytes = c.pixels * kChannels * 2;
  im2col_kernel<<<1, kThreads, bytes + kPeriod>>>(map, static_cast<std::uint32_t>(bytes), c.start[0], c.start[1],
                                                  c.start[2], static_cast<std::uint16_t>(c.offset[0]),
                                                  static_cast<std::uint16_t>(c.offset[1]), dump.data());
  finish("im2col TMA copy");
  const std::vector<std::uint16_t> raw = dump.values();
  std::vector<std::int64_t> pixels;
  for (std::size_t i = 0; i < raw.size(); i += kChannels) pixels.push_back(raw[i]);
  return pixels;
}

}  // namespace gan::probes
