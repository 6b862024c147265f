// Bias on the CPU. The definition is the double loop; the fast F32 route does the same over wider rows.
#include <algorithm>

#include "kernels/core/contract/channel_rows.h"
#include "kernels/core/cpu/cpu_rows.h"
#include "kernels/linear/bias.h"

namespace gan {

namespace {

/// A matrix with few channels seen as one with many, so that the loops along a row are long enough to vectorise:
/// `repeat` rows side by side. `leftover` rows at the end fill only the front of a wide row.
struct WideRows {
  std::int64_t rows, columns, repeat, leftover;

  WideRows(std::int64_t narrow_rows, std::int64_t channels) {
    constexpr std::int64_t kNarrow = 32, kWide = 128;
    repeat = channels < kNarrow ? kWide / channels : 1;
    rows = narrow_rows / repeat;
    leftover = narrow_rows % repeat;
    columns = repeat * channels;
  }
};

template <class Real>
void define_add(const BiasAdd& i) {
  const auto [rows, channels] = channel_rows(i.x.shape);
  for (std::int64_t row = 0; row < rows; ++row)
    for (std::int64_t c = 0; c < channels; ++c)
      i.y.as<Real>()[row * channels + c] = i.x.as<Real>()[row * channels + c] + i.bias.as<Real>()[c];
}

template <class Real>
void define_gradient(const BiasGradient& i) {
  const auto [rows, channels] = channel_rows(i.dy.shape);
  for (std::int64_t c = 0; c < channels; ++c) {
    double sum = 0;
    for (std::int64_t row = 0; row < rows; ++row) sum += i.dy.as<Real>()[row * channels + c];
    Real& dbias = i.dbias.as<Real>()[c];
    dbias = static_cast<Real>(i.mode == ParamGrad::Accumulate ? dbias + sum : sum);
  }
}

void add(const BiasAdd& i, CpuDevice& device) {
  const auto [rows, channels] = channel_rows(i.x.shape);
  if (rows == 0 || channels == 0) return;
  const WideRows wide(rows, channels);
  ScratchArrays scratch(device, 0, wide.columns, 1);
  float* bias = scratch.take<float>(wide.columns);
  for (std::int64_t j = 0; j < wide.columns; ++j) bias[j] = i.bias.as<float>()[j % channels];
  const float* x = i.x.as<float>();
  float* y = i.y.as<float>();
  RowParts(wide.rows, wide.columns, device.threads()).for_each([&](std::int64_t, std::int64_t begin, std::int64_t end) {
    for (std::int64_t at = begin * wide.columns; at < end * wide.columns; at += wide.columns)
#pragma GCC ivdep
      for (std::int64_t j = 0; j < wide.columns; ++j) y[at + j] = x[at + j] + bias[j];
  });
  for (std::int64_t j = 0, at = wide.rows * wide.columns; j < wide.leftover * channels; ++j)
    y[at + j] = x[at + j] + bias[j];
}

/// sums[j] += the column sums of `rows` rows: in float over at most 64 rows, in double beyond. `block` is for that.
void sum_rows(const float* x, std::int64_t rows, std::int64_t columns, float* block, double* sums) {
  constexpr std::int64_t kBlockRows = 64;
  for (std::int64_t first = 0; first < rows; first += kBlockRows) {
    std::fill_n(block, columns, 0.0f);
    four_rows_at_a_time(first, std::min(first + kBlockRows, rows), [&](auto count, std::int64_t row) {
      const float* from = x + row * columns;
#pragma GCC ivdep
      for (std::int64_t j = 0; j < columns; ++j)
        if constexpr (count == 4)
          block[j] += (from[j] + from[columns + j]) + (from[2 * columns + j] + from[3 * columns + j]);
        else block[j] += from[j];
    });
#pragma GCC ivdep
    for (std::int64_t j = 0; j < columns; ++j) sums[j] += block[j];
  }
}

void gradient(const BiasGradient& i, CpuDevice& device) {
  const auto [rows, channels] = channel_rows(i.dy.shape);
  if (channels == 0) return;
  const WideRows wide(rows, channels);
  const RowParts parts(wide.rows, wide.columns, device.threads());
  ScratchArrays scratch(device, parts.count() * wide.columns, parts.count() * wide.columns, 2);
  double* sums = scratch.take<double>(parts.count() * wide.columns);
  float* block = scratch.take<float>(parts.count() * wide.columns);
  const float* dy = i.dy.as<float>();
  parts.for_each([&](std::int64_t part, std::int64_t begin, std::int64_t end) {
    std::fill_n(sums + part * wide.columns, wide.columns, 0.0);
    sum_rows(dy + begin * wide.columns, end - begin, wide.columns, block + part * wide.columns,
             sums + part * wide.columns);
  });
  const float* leftover = dy + wide.rows * wide.columns;
  for (std::int64_t j = 0; j < wide.leftover * channels; ++j) sums[j] += leftover[j];
  for (std::int64_t c = 0; c < channels; ++c) {
    double sum = i.mode == ParamGrad::Accumulate ? i.dbias.as<float>()[c] : 0.0;
    for (std::int64_t part = 0; part < parts.count(); ++part)
      for (std::int64_t j = c; j < wide.columns; j += channels) sum += sums[part * wide.columns + j];
    i.dbias.as<float>()[c] = static_cast<float>(sum);
  }
}

}  // namespace

void run(const BiasAdd& i, CpuDevice& device) {
  if (i.x.dtype == DType::F32 && !device.definition_only()) return add(i, device);
  dispatch_real(i.x.dtype, i.kName, [&](auto real) { define_add<decltype(real)>(i); });
}

void run(const BiasGradient& i, CpuDevice& device) {
  if (i.dy.dtype == DType::F32 && !device.definition_only()) return gradient(i, device);
  dispatch_real(i.dy.dtype, i.kName, [&](auto real) { define_gradient<decltype(real)>(i); });
}

}  // namespace gan
