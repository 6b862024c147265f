// Upsampling and window sums on the CPU. Both walk through the smaller image's rows and visit each pixel's window in the
// larger: upsampling scatters where the CUDA kernel gathers. A row of the smaller image belongs to one thread, so results
// do not depend on how many there are.
#include <algorithm>
#include <cstdint>

#include "kernels/core/contract/sample_rows.h"
#include "kernels/core/cpu/cpu_device.h"
#include "kernels/core/cpu/cpu_rows.h"
#include "kernels/resample/resample.h"

namespace gan {

namespace {

/// Calls `visit(small, large)`, offsets of a pixel of the smaller image and of one in its window, for all such pairs; pairs
/// of one small pixel come in the order of rows, then columns.
template <class Visit>
void for_each_pair(const Shape& small, const Window& window, int threads, const Visit& visit) {
  const std::int64_t rows = small[0] * small[1], width = small[2], channels = small[3];
  const std::int64_t large_row = width * window.width * channels;
  const RowParts parts(rows, large_row * window.height, threads);
  parts.for_each([&](std::int64_t, std::int64_t begin, std::int64_t end) {
    for (std::int64_t row = begin; row < end; ++row)
      for (std::int64_t i = 0; i < window.height; ++i)
        for (std::int64_t q = 0; q < width; ++q)
          for (std::int64_t j = 0; j < window.width; ++j)
            visit((row * width + q) * channels,
                  (row * window.height + i) * large_row + (q * window.width + j) * channels);
  });
}

}  // namespace

void run(const Upsample& op, CpuDevice& device) {
  dispatch_real(op.x.dtype, op.kName, [&](auto real) {
    using Real = decltype(real);
    const Real scale = static_cast<Real>(op.scale);
    const Real* const x = op.x.as<Real>();
    Real* const y = op.y.as<Real>();
    const std::int64_t channels = op.x.shape[3];
    for_each_pair(op.x.shape, op.window, device.threads(), [=](std::int64_t from, std::int64_t to) {
      for (std::int64_t c = 0; c < channels; ++c) y[to + c] = scale * x[from + c];
    });
  });
}

void run(const SumPool& op, CpuDevice& device) {
  dispatch_real(op.x.dtype, op.kName, [&](auto real) {
    using Real = decltype(real);
    const Real scale = static_cast<Real>(op.scale);
    const Real* const x = op.x.as<Real>();
    Real* const y = op.y.as<Real>();
    const std::int64_t channels = op.x.shape[3];
    std::fill_n(y, op.y.count(), Real{0});
    for_each_pair(op.y.shape, op.window, device.threads(), [=](std::int64_t to, std::int64_t from) {
      for (std::int64_t c = 0; c < channels; ++c) y[to + c] += scale * x[from + c];
    });
  });
}

}  // namespace gan
