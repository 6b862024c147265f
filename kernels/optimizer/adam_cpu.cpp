#include <cmath>
#include <cstdint>

#include "kernels/core/cpu/cpu_device.h"
#include "kernels/core/cpu/parallel.h"
#include "kernels/optimizer/adam.h"
#include "kernels/optimizer/step_factors.h"

namespace gan {

namespace {

/// The factors of one update, in the precision it is computed in.
template <class Arithmetic>
struct UpdateFactors {
  Arithmetic step_size, inverse_root, beta1, one_minus_beta1, beta2, one_minus_beta2, epsilon, weight_decay;
};

template <class Arithmetic>
UpdateFactors<Arithmetic> update_factors(const Adam& op) {
  const std::uint64_t iteration = *op.iteration.as<std::uint64_t>();
  const std::uint64_t before =
      op.updates.present() ? *op.updates.as<std::uint64_t>() : iteration * op.updates_per_iteration;
  const std::uint64_t step = before + op.update_index + 1;
  const AdamScales scales = adam_scales(op.learning_rate * op.schedule.factor(iteration), op.beta1, op.beta2, step);
  return {.step_size = static_cast<Arithmetic>(scales.step_size),
          .inverse_root = static_cast<Arithmetic>(scales.inverse_root),
          .beta1 = static_cast<Arithmetic>(op.beta1),
          .one_minus_beta1 = static_cast<Arithmetic>(1 - op.beta1),
          .beta2 = static_cast<Arithmetic>(op.beta2),
          .one_minus_beta2 = static_cast<Arithmetic>(1 - op.beta2),
          .epsilon = static_cast<Arithmetic>(op.epsilon),
          .weight_decay = static_cast<Arithmetic>(op.weight_decay)};
}

/// One pass over `count` parameters; a plain loop over unaliased arrays, so that the compiler vectorises it (where it
/// is told -fno-math-errno, for the square root).
template <class Arithmetic, class Real>
void update(const UpdateFactors<Arithmetic>& f, std::int64_t count, const Real* __restrict gradient,
            Real* __restrict parameter, Real* __restrict m, Real* __restrict v) {
  for (std::int64_t i = 0; i < count; ++i) {
    const Arithmetic p = parameter[i];
    const Arithmetic g = gradient[i] + f.weight_decay * p;
    const Arithmetic m_new = f.beta1 * m[i] + f.one_minus_beta1 * g;
    const Arithmetic v_new = f.beta2 * v[i] + f.one_minus_beta2 * (g * g);
    m[i] = static_cast<Real>(m_new);
    v[i] = static_cast<Real>(v_new);
    parameter[i] = static_cast<Real>(p - f.step_size * m_new / (std::sqrt(v_new) * f.inverse_root + f.epsilon));
  }
}

template <class Arithmetic, class Real>
void run_adam(const Adam& op, CpuDevice& device) {
  const auto factors = update_factors<Arithmetic>(op);
  parallel_for(op.parameter.count(), kElementGrain, device.threads(), [&](std::int64_t begin, std::int64_t end) {
    update(factors, end - begin, op.gradient.as<Real>() + begin, op.parameter.as<Real>() + begin,
           op.m.as<Real>() + begin, op.v.as<Real>() + begin);
  });
}

template <class Arithmetic, class Real>
void run_average(const ExponentialMovingAverage& op, CpuDevice& device) {
  const Arithmetic weight =
      averaging_weight(static_cast<Arithmetic>(1 - static_cast<double>(op.decay)), *op.iteration.as<std::uint64_t>());
  const Real* const source = op.source.as<Real>();
  Real* const average = op.average.as<Real>();
  parallel_for(op.average.count(), kElementGrain, device.threads(), [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i) {
      const Arithmetic a = average[i];
      average[i] = static_cast<Real>(a + weight * (source[i] - a));
    }
  });
}

}  // namespace

void run(const Adam& op, CpuDevice& device) {
  if (op.fault.present() && *op.fault.as<std::uint64_t>() != 0) return;
  dispatch_real(op.parameter.dtype, op.kName, [&](auto real) {
    using Real = decltype(real);
    if (device.definition_only()) run_adam<double, Real>(op, device);
    else run_adam<Real, Real>(op, device);
  });
}

void run(const ExponentialMovingAverage& op, CpuDevice& device) {
  dispatch_real(op.average.dtype, op.kName, [&](auto real) {
    using Real = decltype(real);
    if (device.definition_only()) run_average<double, Real>(op, device);
    else run_average<Real, Real>(op, device);
  });
}

}  // namespace gan
