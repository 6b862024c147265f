// Pixel shuffle on the CPU: goes along the rows of the image with more pixels, where its channels lie side by side.
#include <cstdint>

#include "kernels/core/cpu/cpu_device.h"
#include "kernels/core/cpu/cpu_rows.h"
#include "kernels/resample/pixel_shuffle.h"

namespace gan {

void run(const PixelShuffle& op, CpuDevice& device) {
  const Shape& large = op.inverse ? op.x.shape : op.y.shape;
  const std::int64_t f = op.factor, rows = large[0] * large[1], width = large[2], channels = large[3];
  dispatch_real(op.x.dtype, op.kName, [&](auto real) {
    using Real = decltype(real);
    const Real* const x = op.x.as<Real>();
    Real* const y = op.y.as<Real>();
    RowParts(rows, width * channels, device.threads()).for_each([&](auto, std::int64_t begin, std::int64_t end) {
      for (std::int64_t row = begin; row < end; ++row)
        for (std::int64_t column = 0; column < width; ++column) {
          const std::int64_t pixel = (row * width + column) * channels;
          const std::int64_t packed =
              (row / f * (width / f) + column / f) * channels * f * f + row % f * f + column % f;
          if (op.inverse)
            for (std::int64_t c = 0; c < channels; ++c) y[packed + c * f * f] = x[pixel + c];
          else
            for (std::int64_t c = 0; c < channels; ++c) y[pixel + c] = x[packed + c * f * f];
        }
    });
  });
}

}  // namespace gan
