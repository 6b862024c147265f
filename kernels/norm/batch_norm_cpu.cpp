// Batch normalisation on the CPU, by definition: for F64, and for F32 when the definition alone is asked for. Channel
// after channel, everything in double, two passes for the variance. The fast F32 route is in batch_norm_cpu_fast.cpp.
#include <cmath>

#include "kernels/core/contract/channel_rows.h"
#include "kernels/core/cpu/cpu_device.h"
#include "kernels/norm/batch_norm.h"
#include "kernels/norm/batch_norm_cpu_fast.h"

namespace gan {

namespace {

/// One channel of a channels-last tensor.
template <class Real>
struct Channel {
  Real* data;
  std::int64_t stride;

  Channel(const Tensor& tensor, std::int64_t c)
      : data(tensor.as<Real>() + c), stride(channel_rows(tensor.shape).channels) {}
  Real& operator[](std::int64_t row) const { return data[row * stride]; }
};

template <class Real>
void define_forward(const BatchNormForward& i) {
  const auto [rows, channels] = channel_rows(i.x.shape);
  const double n = static_cast<double>(rows);
  for (std::int64_t c = 0; c < channels; ++c) {
    const Channel<Real> x(i.x, c), y(i.y, c);
    double mean = 0, variance = 0;
    for (std::int64_t row = 0; row < rows; ++row) mean += x[row] / n;
    for (std::int64_t row = 0; row < rows; ++row) variance += (x[row] - mean) * (x[row] - mean) / n;
    const double inverse_std = 1 / std::sqrt(variance + i.epsilon);
    const double gamma = i.gamma.as<Real>()[c], beta = i.beta.as<Real>()[c];
    for (std::int64_t row = 0; row < rows; ++row)
      y[row] = static_cast<Real>(gamma * (x[row] - mean) * inverse_std + beta);
    i.mean.as<Real>()[c] = static_cast<Real>(mean);
    i.inverse_std.as<Real>()[c] = static_cast<Real>(inverse_std);
    if (!i.running_mean.present()) continue;
    Real& running_mean = i.running_mean.as<Real>()[c];
    Real& running_variance = i.running_variance.as<Real>()[c];
    running_mean = static_cast<Real>(running_mean + i.momentum * (mean - running_mean));
    running_variance = static_cast<Real>(running_variance + i.momentum * (variance * n / (n - 1) - running_variance));
  }
}

template <class Real>
void define_backward(const BatchNormBackward& i) {
  const auto [rows, channels] = channel_rows(i.x.shape);
  const double n = static_cast<double>(rows);
  for (std::int64_t c = 0; c < channels; ++c) {
    const Channel<Real> x(i.x, c), dy(i.dy, c), dx(i.dx, c);
    const double mean = i.mean.as<Real>()[c], inverse_std = i.inverse_std.as<Real>()[c], gamma = i.gamma.as<Real>()[c];
    double dgamma = 0, dbeta = 0;
    for (std::int64_t row = 0; row < rows; ++row) {
      dgamma += dy[row] * (x[row] - mean) * inverse_std;
      dbeta += dy[row];
    }
    for (std::int64_t row = 0; row < rows; ++row) {
      const double xhat = (x[row] - mean) * inverse_std;
      dx[row] = static_cast<Real>(gamma * inverse_std * (dy[row] - dbeta / n - xhat * dgamma / n));
    }
    if (i.mode == ParamGrad::Skip) continue;
    const bool accumulate = i.mode == ParamGrad::Accumulate;
    Real& dgamma_out = i.dgamma.as<Real>()[c];
    Real& dbeta_out = i.dbeta.as<Real>()[c];
    dgamma_out = static_cast<Real>(accumulate ? dgamma_out + dgamma : dgamma);
    dbeta_out = static_cast<Real>(accumulate ? dbeta_out + dbeta : dbeta);
  }
}

template <class Real>
void define_inference(const BatchNormInference& i) {
  const auto [rows, channels] = channel_rows(i.x.shape);
  for (std::int64_t c = 0; c < channels; ++c) {
    const Channel<Real> x(i.x, c), y(i.y, c);
    const double mean = i.running_mean.as<Real>()[c], variance = i.running_variance.as<Real>()[c];
    const double gamma = i.gamma.as<Real>()[c], beta = i.beta.as<Real>()[c];
    for (std::int64_t row = 0; row < rows; ++row)
      y[row] = static_cast<Real>(gamma * (x[row] - mean) / std::sqrt(variance + i.epsilon) + beta);
  }
}

bool takes_fast_route(const Tensor& x, const CpuDevice& device) {
  return x.dtype == DType::F32 && !device.definition_only();
}

}  // namespace

void run(const BatchNormForward& i, CpuDevice& device) {
  if (takes_fast_route(i.x, device)) return batch_norm_forward_fast(i, device);
  dispatch_real(i.x.dtype, i.kName, [&](auto real) { define_forward<decltype(real)>(i); });
}

void run(const BatchNormBackward& i, CpuDevice& device) {
  if (takes_fast_route(i.x, device)) return batch_norm_backward_fast(i, device);
  dispatch_real(i.x.dtype, i.kName, [&](auto real) { define_backward<decltype(real)>(i); });
}

void run(const BatchNormInference& i, CpuDevice& device) {
  if (takes_fast_route(i.x, device)) return batch_norm_inference_fast(i, device);
  dispatch_real(i.x.dtype, i.kName, [&](auto real) { define_inference<decltype(real)>(i); });
}

}  // namespace gan
