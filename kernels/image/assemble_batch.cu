// Batch assembly: gather, scale and mirror images of a data set that lies on the device as bytes.
//
// shapes:   data (count, H, W, C) bytes, indices (B), y (B, H, W, C).
// equation: y[i, h, w, c] = (data[indices[i], h, w', c] - 127.5) / 127.5, w' = W - 1 - w in mirrored images. The
//           subtraction is exact, so the result is rounded once: the same bits as on the CPU.
// traffic:  reads each gathered byte once (mirrored rows through L1), writes y once: memory-bound.
// launch:   256 threads over a tile of one image, 4 elements a thread in one store when an image is a multiple of 4 elements
//           and the pointers are aligned, 1 otherwise; a block for each tile of each image. One thread of a block draws
//           whether its image is mirrored.
// results:  every element is written by one thread: deterministic.
#include "kernels/image/assemble_batch.h"

#include "kernels/core/cuda/cuda_device.h"
#include "kernels/core/cuda/storage.cuh"
#include "kernels/random/philox.h"

namespace gan {

namespace {

constexpr unsigned kBlock = 256;

/// How a thread finds its way in one image.
struct ImageLayout {
  std::uint32_t width, channels;
  std::uint32_t elements;  ///< H W C, below 2^31
  std::uint32_t tiles;     ///< blocks that an image takes
};

__device__ __forceinline__ float scaled(unsigned char byte) { return (static_cast<float>(byte) - 127.5f) / 127.5f; }

/// Where element `i` of a mirrored image comes from.
__device__ __forceinline__ std::uint32_t mirrored_source(const ImageLayout& shape, std::uint32_t i) {
  const std::uint32_t pixel = i / shape.channels;
  const std::uint32_t column = pixel % shape.width;
  return i - column * shape.channels + (shape.width - 1 - column) * shape.channels;
}

template <int kElements, class T>
__global__ void __launch_bounds__(kBlock)
    assemble_kernel(ImageLayout shape, RandomStream stream, bool flip, const std::uint64_t* iteration,
                    const unsigned char* __restrict__ data, const std::int32_t* __restrict__ indices,
                    T* __restrict__ y) {
  GAN_SHARED(bool, mirrored);
  const std::int64_t image = blockIdx.x / shape.tiles;
  if (threadIdx.x == 0) mirrored = flip && (stream_word(stream.seed, stream.stream, *iteration, image) & 1) != 0;
  __syncthreads();
  const std::uint32_t i = (blockIdx.x % shape.tiles * kBlock + threadIdx.x) * kElements;
  if (i >= shape.elements) return;
  const unsigned char* const from = data + indices[image] * std::int64_t{shape.elements};
  T* const to = y + image * shape.elements + i;
  if constexpr (kElements == 4) {
    uchar4 bytes;
    if (mirrored)
      bytes = make_uchar4(from[mirrored_source(shape, i)], from[mirrored_source(shape, i + 1)],
                          from[mirrored_source(shape, i + 2)], from[mirrored_source(shape, i + 3)]);
    else bytes = *reinterpret_cast<const uchar4*>(from + i);
    store(to, Floats<4>{scaled(bytes.x), scaled(bytes.y), scaled(bytes.z), scaled(bytes.w)});
  } else {
    store(to, Floats<1>{scaled(from[mirrored ? mirrored_source(shape, i) : i])});
  }
}

template <int kElements, class T>
void assemble(const AssembleBatch& op, CudaDevice& device) {
  constexpr std::int64_t kTile = std::int64_t{kBlock} * kElements;
  const std::int64_t elements = op.y.shape[1] * op.y.shape[2] * op.y.shape[3];
  const std::int64_t tiles = (elements + kTile - 1) / kTile;
  const ImageLayout shape{.width = static_cast<std::uint32_t>(op.y.shape[2]),
                          .channels = static_cast<std::uint32_t>(op.y.shape[3]),
                          .elements = static_cast<std::uint32_t>(elements),
                          .tiles = static_cast<std::uint32_t>(tiles)};
  launch(assemble_kernel<kElements, T>,
         {.grid = dim3(static_cast<unsigned>(op.y.shape[0] * tiles)), .block = dim3(kBlock)}, device.stream(), shape,
         op.stream, op.flip, op.iteration.as<std::uint64_t>(), op.data.as<unsigned char>(),
         op.indices.as<std::int32_t>(), op.y.as<T>());
}

}  // namespace

void run(const AssembleBatch& op, CudaDevice& device) {
  const std::int64_t elements = op.y.shape[1] * op.y.shape[2] * op.y.shape[3];
  with_storage(op.kName, op.y.dtype, [&](auto storage) {
    using T = decltype(storage);
    const int width = vector_width(elements, op.y.as<T>(), op.data.as<unsigned char>());
    if (width == 4) assemble<4, T>(op, device);
    else assemble<1, T>(op, device);
  });
}

}  // namespace gan
