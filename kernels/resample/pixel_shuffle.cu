// Pixel shuffle and its inverse.
//
// shapes:   packed (N, H, W, C f f), pixels (N, H f, W f, C); rows of all images are numbered through.
// equation: pixels[r f + i, w f + j, c] = packed[r, w, c f f + i f + j], read from left to right or from right to left.
// traffic:  every element read and written once. A thread owns the f f neighbours of one (r, w, c): for f = 2, where the
//           pointers allow it, one access of four; else f f accesses of one, whose sectors L1 keeps from one to the next.
//           In `pixels` neighbouring threads have neighbouring channels: coalesced for large C.
// launch:   a thread for each column (w, c), going down the rows r: map_columns of core/cuda/reduce.cuh.
// results:  every element is written by one thread: deterministic.
#include "kernels/core/cuda/cuda_device.h"
#include "kernels/core/cuda/reduce.cuh"
#include "kernels/resample/pixel_shuffle.h"

namespace gan {

namespace {

/// Map over the rows r and columns (w, c). `Packed` and `Pixels` are T, the one that is read const. kFour: f is 2 and the
/// packed elements of a thread are moved together.
template <class Packed, class Pixels, bool kFour>
struct Shuffle {
  static constexpr bool kUnpacks = std::is_const_v<Packed>;
  Packed* packed;
  Pixels* pixels;
  int factor;
  std::int64_t channels, columns;

  struct Writer {
    Packed* packed;
    Pixels* pixels;
    int factor;
    std::int64_t channels, columns;

    template <int kRows>
    __device__ __forceinline__ void write(std::int64_t row, std::int64_t step) const {
      // loops over any f, several rows at once, would need too many registers
      [[maybe_unused]] constexpr int kAtOnce = kFour ? kRows : 1;
#pragma unroll kAtOnce
      for (int k = 0; k < kRows; ++k) move(row + k * step);
    }

    /// The packed elements of this column in row r begin here.
    __device__ __forceinline__ Packed* packed_at(std::int64_t r) const {
      return packed + r * columns * factor * factor;
    }
    __device__ __forceinline__ Pixels* pixel_at(std::int64_t r, int i, int j) const {
      return pixels + (r * factor + i) * columns * factor + j * channels;
    }

    __device__ __forceinline__ void move(std::int64_t r) const {
      if constexpr (kFour && kUnpacks) {
        const Floats<4> four = load<4>(packed_at(r));
#pragma unroll
        for (int e = 0; e < 4; ++e) store(pixel_at(r, e / 2, e % 2), Floats<1>{four.value[e]});
      } else if constexpr (kFour) {
        Floats<4> four;
#pragma unroll
        for (int e = 0; e < 4; ++e) four.value[e] = load<1>(pixel_at(r, e / 2, e % 2)).value[0];
        store(packed_at(r), four);
      } else {
        Packed* at = packed_at(r);
        Pixels* line = pixel_at(r, 0, 0);
#pragma unroll 1
        for (int i = 0; i < factor; ++i, line += columns * factor)
#pragma unroll 1
          for (int j = 0; j < factor; ++j, ++at) {
            if constexpr (kUnpacks) store(line + j * channels, load<1>(at));
            else store(at, load<1>(line + j * channels));
          }
      }
    }
  };

  template <int N>
  __device__ __forceinline__ Writer at(int column) const {
    static_assert(N == 1, "a thread owns one channel of the pixels");
    const std::int64_t w = column / channels, c = column % channels;
    return {packed + std::int64_t{column} * factor * factor, pixels + w * factor * channels + c, factor, channels,
            columns};
  }
};

template <class Packed, class Pixels>
void shuffle(const PixelShuffle& op, const Shape& of_packed, Packed* packed, Pixels* pixels, CudaDevice& device) {
  const std::int64_t f = op.factor, channels = of_packed[3] / (f * f);
  const std::int64_t rows = of_packed[0] * of_packed[1], columns = of_packed[2] * channels;
  const auto launch_on = [&](const auto& map) { map_columns<1>(rows, columns, map, device.stream()); };
  const int factor = static_cast<int>(f);
  if (f == 2 && is_aligned(packed, 4 * sizeof(*packed)))
    launch_on(Shuffle<Packed, Pixels, true>{packed, pixels, factor, channels, columns});
  else launch_on(Shuffle<Packed, Pixels, false>{packed, pixels, factor, channels, columns});
}

}  // namespace

void run(const PixelShuffle& op, CudaDevice& device) {
  with_storage(op.kName, op.x.dtype, [&](auto storage) {
    using T = decltype(storage);
    if (op.inverse) shuffle(op, op.y.shape, op.y.as<T>(), op.x.as<const T>(), device);
    else shuffle(op, op.x.shape, op.x.as<const T>(), op.y.as<T>(), device);
  });
}

}  // namespace gan
