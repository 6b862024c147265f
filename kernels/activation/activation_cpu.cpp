// The activations on the CPU: one pass, nothing allocated. F64 and the definition call the C library's functions; the
// fast F32 route is made of loops that vectorise. y may be x, and dx may be dy: element i depends on elements i only.
#include <cmath>

#include "kernels/activation/activation.h"
#include "kernels/activation/vector_math.h"
#include "kernels/core/cpu/cpu_device.h"
#include "kernels/core/cpu/parallel.h"

namespace gan {

namespace {

/// to[i] = function(from[i]...) for i in [0, count).
template <class Real, class Function, class... From>
void map(std::int64_t count, int threads, const Function& function, Real* to, const From*... from) {
  parallel_for(count, kElementGrain, threads, [&](std::int64_t begin, std::int64_t end) {
    const Function own = function;  // what it captures could otherwise be written through `to`: nothing would vectorise
#pragma GCC ivdep
    for (std::int64_t i = begin; i < end; ++i) to[i] = own(from[i]...);
  });
}

/// The logistic function by its definition, rearranged so that the exponential cannot overflow.
template <class Real>
Real logistic(Real x) {
  const Real e = std::exp(-std::abs(x));
  return (x < 0 ? e : Real{1}) / (1 + e);
}

template <class Real>
void forward(const ActivationForward& i, CpuDevice& device) {
  const auto apply = [&](const auto& function) {
    map(i.x.count(), device.threads(), function, i.y.as<Real>(), i.x.as<const Real>());
  };
  const Real slope = i.slope;  // chosen between values, not between computations: that is what vectorises
  switch (i.kind) {
    case ActivationKind::Relu: return apply([](Real x) { return x <= 0 ? Real{0} : x; });  // NaN stays NaN
    case ActivationKind::LeakyRelu: return apply([slope](Real x) { return x * (x > 0 ? Real{1} : slope); });
    case ActivationKind::Tanh:
      if constexpr (std::is_same_v<Real, float>)
        if (!device.definition_only()) return apply([](float x) { return branchless_tanh(x); });
      return apply([](Real x) { return std::tanh(x); });
    case ActivationKind::Sigmoid:
      if constexpr (std::is_same_v<Real, float>)
        if (!device.definition_only()) return apply([](float x) { return branchless_sigmoid(x); });
      return apply([](Real x) { return logistic(x); });
  }
}

template <class Real>
void backward(const ActivationBackward& i, CpuDevice& device) {
  const auto apply = [&](const auto& function) {
    map(i.y.count(), device.threads(), function, i.dx.as<Real>(), i.y.as<const Real>(), i.dy.as<const Real>());
  };
  const Real slope = i.slope;
  switch (i.kind) {
    case ActivationKind::Relu: return apply([](Real y, Real dy) { return y <= 0 ? Real{0} : dy; });
    case ActivationKind::LeakyRelu: return apply([slope](Real y, Real dy) { return dy * (y > 0 ? Real{1} : slope); });
    // (1 - y)(1 + y) keeps its digits near |y| = 1, where 1 - y^2 would lose them.
    case ActivationKind::Tanh: return apply([](Real y, Real dy) { return dy * ((1 - y) * (1 + y)); });
    case ActivationKind::Sigmoid: return apply([](Real y, Real dy) { return dy * (y * (1 - y)); });
  }
}

template <class Real>
void tangent(const ActivationTangent& i, CpuDevice& device) {
  const auto apply = [&](const auto& second_derivative) {
    map(
        i.y.count(), device.threads(), [=](Real y, Real dy, Real v) { return dy * v * second_derivative(y); },
        i.second_order.as<Real>(), i.y.as<const Real>(), i.dy.as<const Real>(), i.v.as<const Real>());
  };
  if (i.kind == ActivationKind::Tanh) apply([](Real y) { return -2 * y * ((1 - y) * (1 + y)); });
  else apply([](Real y) { return y * (1 - y) * (1 - 2 * y); });
}

}  // namespace

void run(const ActivationForward& i, CpuDevice& device) {
  dispatch_real(i.x.dtype, i.kName, [&](auto real) { forward<decltype(real)>(i, device); });
}

void run(const ActivationBackward& i, CpuDevice& device) {
  dispatch_real(i.y.dtype, i.kName, [&](auto real) { backward<decltype(real)>(i, device); });
}

void run(const ActivationTangent& i, CpuDevice& device) {
  dispatch_real(i.y.dtype, i.kName, [&](auto real) { tangent<decltype(real)>(i, device); });
}

}  // namespace gan
