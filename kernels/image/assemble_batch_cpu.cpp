#include <algorithm>
#include <cstdint>

#include "kernels/core/cpu/cpu_device.h"
#include "kernels/core/cpu/parallel.h"
#include "kernels/image/assemble_batch.h"
#include "kernels/random/philox.h"

namespace gan {

namespace {

/// byte / 127.5 - 1, rounded once: the subtraction is exact, 0 becomes -1 and 255 becomes 1.
template <class Real>
void scale_bytes(std::int64_t count, const std::uint8_t* __restrict bytes, Real* __restrict y) {
  for (std::int64_t i = 0; i < count; ++i) y[i] = (static_cast<Real>(bytes[i]) - Real(127.5)) / Real(127.5);
}

/// The same for one row of `width` pixels, from right to left. Grey and RGB rows have their channel count compiled in.
template <int kChannels, class Real>
void scale_row_mirrored(std::int64_t width, std::int64_t channels, const std::uint8_t* __restrict bytes,
                        Real* __restrict y) {
  const std::int64_t c_count = kChannels > 0 ? kChannels : channels;
  for (std::int64_t w = 0; w < width; ++w)
    for (std::int64_t c = 0; c < c_count; ++c)
      y[w * c_count + c] = (static_cast<Real>(bytes[(width - 1 - w) * c_count + c]) - Real(127.5)) / Real(127.5);
}

/// One image, of `rows` rows.
template <class Real>
void assemble_image(std::int64_t rows, std::int64_t width, std::int64_t channels, bool mirrored,
                    const std::uint8_t* bytes, Real* y) {
  if (!mirrored) return scale_bytes(rows * width * channels, bytes, y);
  const std::int64_t row = width * channels;
  const auto scale_row = channels == 1 ? scale_row_mirrored<1, Real>
                                       : (channels == 3 ? scale_row_mirrored<3, Real> : scale_row_mirrored<0, Real>);
  for (std::int64_t h = 0; h < rows; ++h) scale_row(width, channels, bytes + h * row, y + h * row);
}

}  // namespace

void run(const AssembleBatch& op, CpuDevice& device) {
  const std::int64_t height = op.y.shape[1], width = op.y.shape[2], channels = op.y.shape[3];
  const std::int64_t image = height * width * channels;
  const std::uint64_t iteration = *op.iteration.as<std::uint64_t>();
  const auto* const data = op.data.as<std::uint8_t>();
  const auto* const indices = op.indices.as<std::int32_t>();
  constexpr std::int64_t kBytesGrain = 16384;
  const std::int64_t images_grain = std::max<std::int64_t>(kBytesGrain / std::max<std::int64_t>(image, 1), 1);
  dispatch_real(op.y.dtype, op.kName, [&](auto real) {
    using Real = decltype(real);
    Real* const y = op.y.as<Real>();
    parallel_for(op.y.shape[0], images_grain, device.threads(), [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t i = begin; i < end; ++i) {
        const bool mirrored = op.flip && (stream_word(op.stream.seed, op.stream.stream, iteration, i) & 1) != 0;
        assemble_image(height, width, channels, mirrored, data + indices[i] * image, y + i * image);
      }
    });
  });
}

}  // namespace gan
