// Group normalisation on the CPU, by definition: for F64, and for F32 when the definition alone is asked for. Group after
// group, everything in double, two passes for the variance; the tangent's parts one by one as group_norm.h derives them.
// The fast F32 route is in group_norm_cpu_fast.cpp.
#include <cmath>
#include <vector>

#include "kernels/core/cpu/cpu_device.h"
#include "kernels/norm/group_norm.h"
#include "kernels/norm/group_norm_cpu_fast.h"

namespace gan {

namespace {

/// One group of channels of one sample.
struct Group {
  GroupNormShape shape;
  std::int64_t sample, group;

  std::int64_t size() const { return shape.channels / shape.groups; }
  double count() const { return static_cast<double>(shape.rows * size()); }
  /// Its place in (N, groups).
  std::int64_t index() const { return sample * shape.groups + group; }

  /// Calls `visit(place in x, channel)` for each of its elements.
  template <class Visit>
  void for_each(const Visit& visit) const {
    for (std::int64_t row = 0; row < shape.rows; ++row)
      for (std::int64_t c = group * size(); c < (group + 1) * size(); ++c)
        visit((sample * shape.rows + row) * shape.channels + c, c);
  }
  /// The mean of `value(place in x, channel)` over it.
  template <class Value>
  double mean(const Value& value) const {
    double sum = 0;
    for_each([&](std::int64_t at, std::int64_t c) { sum += value(at, c); });
    return sum / count();
  }
};

template <class Visit>
void for_each_group(const GroupNormShape& shape, const Visit& visit) {
  for (std::int64_t n = 0; n < shape.samples; ++n)
    for (std::int64_t g = 0; g < shape.groups; ++g) visit(Group{shape, n, g});
}

/// Writes or adds a parameter's gradient.
template <class Real>
void put(const Tensor& gradient, const std::vector<double>& sums, ParamGrad mode) {
  for (std::size_t c = 0; c < sums.size(); ++c) {
    Real& to = gradient.as<Real>()[c];
    to = static_cast<Real>(mode == ParamGrad::Accumulate ? to + sums[c] : sums[c]);
  }
}

template <class Real>
void define_forward(const GroupNormForward& i) {
  const Real *x = i.x.as<Real>(), *gamma = i.gamma.as<Real>(), *beta = i.beta.as<Real>();
  for_each_group(group_norm_shape(i.x.shape, i.groups), [&](const Group& group) {
    const double mean = group.mean([&](auto at, auto) { return x[at]; });
    const double variance = group.mean([&](auto at, auto) { return (x[at] - mean) * (x[at] - mean); });
    const double inverse_std = 1 / std::sqrt(variance + i.epsilon);
    group.for_each([&](auto at, auto c) {
      i.y.as<Real>()[at] = static_cast<Real>(gamma[c] * ((x[at] - mean) * inverse_std) + beta[c]);
    });
    i.mean.as<Real>()[group.index()] = static_cast<Real>(mean);
    i.inverse_std.as<Real>()[group.index()] = static_cast<Real>(inverse_std);
  });
}

template <class Real>
void define_backward(const GroupNormBackward& i) {
  const GroupNormShape shape = group_norm_shape(i.x.shape, i.groups);
  const Real *x = i.x.as<Real>(), *dy = i.dy.as<Real>(), *gamma = i.gamma.as<Real>();
  std::vector<double> dgamma(static_cast<std::size_t>(shape.channels)), dbeta(dgamma);
  for_each_group(shape, [&](const Group& group) {
    const double mean = i.mean.as<Real>()[group.index()], r = i.inverse_std.as<Real>()[group.index()];
    const auto xhat = [&](auto at) { return (x[at] - mean) * r; };
    const auto t = [&](auto at, auto c) { return double{gamma[c]} * dy[at]; };
    const double mean_t = group.mean(t);
    const double m1 = group.mean([&](auto at, auto c) { return t(at, c) * xhat(at); });
    group.for_each([&](auto at, auto c) {
      i.dx.as<Real>()[at] = static_cast<Real>(r * (t(at, c) - mean_t - xhat(at) * m1));
      dgamma[static_cast<std::size_t>(c)] += dy[at] * xhat(at);
      dbeta[static_cast<std::size_t>(c)] += dy[at];
    });
  });
  if (i.mode == ParamGrad::Skip) return;
  put<Real>(i.dgamma, dgamma, i.mode);
  put<Real>(i.dbeta, dbeta, i.mode);
}

template <class Real>
void define_tangent(const GroupNormTangent& i) {
  const GroupNormShape shape = group_norm_shape(i.x.shape, i.groups);
  const Real *x = i.x.as<Real>(), *dy = i.dy.as<Real>(), *v = i.v.as<Real>(), *gamma = i.gamma.as<Real>();
  std::vector<double> dgamma(static_cast<std::size_t>(shape.channels));
  for_each_group(shape, [&](const Group& group) {
    const double mean = i.mean.as<Real>()[group.index()], r = i.inverse_std.as<Real>()[group.index()];
    const auto xhat = [&](auto at) { return (x[at] - mean) * r; };
    const auto t = [&](auto at, auto c) { return double{gamma[c]} * dy[at]; };
    const double mean_t = group.mean(t), mean_v = group.mean([&](auto at, auto) { return v[at]; });
    const double m1 = group.mean([&](auto at, auto c) { return t(at, c) * xhat(at); });
    const double m2 = group.mean([&](auto at, auto) { return v[at] * xhat(at); });
    const auto u = [&](auto at) { return r * (v[at] - mean_v - xhat(at) * m2); };
    const auto dx = [&](auto at, auto c) { return r * (t(at, c) - mean_t - xhat(at) * m1); };
    const auto d = [&](auto at, auto c) { return -r * (v[at] * m1 + t(at, c) * m2); };
    const double mean_d = group.mean(d), mean_vdx = group.mean([&](auto at, auto c) { return v[at] * dx(at, c); });
    const double mean_dxhat = group.mean([&](auto at, auto c) { return d(at, c) * xhat(at); });
    group.for_each([&](auto at, auto c) {
      i.pushed.as<Real>()[at] = static_cast<Real>(gamma[c] * u(at));
      i.second_order.as<Real>()[at] =
          static_cast<Real>(r * (d(at, c) - mean_d - xhat(at) * mean_dxhat) - r * xhat(at) * mean_vdx);
      dgamma[static_cast<std::size_t>(c)] += dy[at] * u(at);
    });
  });
  if (i.mode != ParamGrad::Skip) put<Real>(i.dgamma, dgamma, i.mode);
}

bool takes_fast_route(const Tensor& x, const CpuDevice& device) {
  return x.dtype == DType::F32 && !device.definition_only();
}

}  // namespace

void run(const GroupNormForward& i, CpuDevice& device) {
  if (takes_fast_route(i.x, device)) return group_norm_forward_fast(i, device);
  dispatch_real(i.x.dtype, i.kName, [&](auto real) { define_forward<decltype(real)>(i); });
}

void run(const GroupNormBackward& i, CpuDevice& device) {
  if (takes_fast_route(i.x, device)) return group_norm_backward_fast(i, device);
  dispatch_real(i.x.dtype, i.kName, [&](auto real) { define_backward<decltype(real)>(i); });
}

void run(const GroupNormTangent& i, CpuDevice& device) {
  if (takes_fast_route(i.x, device)) return group_norm_tangent_fast(i, device);
  dispatch_real(i.x.dtype, i.kName, [&](auto real) { define_tangent<decltype(real)>(i); });
}

}  // namespace gan
