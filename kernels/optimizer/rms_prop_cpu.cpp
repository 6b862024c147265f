#include <cmath>
#include <cstdint>

#include "kernels/core/cpu/cpu_device.h"
#include "kernels/core/cpu/parallel.h"
#include "kernels/optimizer/rms_prop.h"

namespace gan {

namespace {

/// One pass over the parameters; a plain loop over unaliased arrays, so that the compiler vectorises it.
template <class Arithmetic, class Real>
void run_rms_prop(const RmsProp& op, CpuDevice& device) {
  const auto learning_rate =
      static_cast<Arithmetic>(op.learning_rate * op.schedule.factor(*op.iteration.as<std::uint64_t>()));
  const auto alpha = static_cast<Arithmetic>(op.alpha), one_minus_alpha = static_cast<Arithmetic>(1 - op.alpha);
  const auto epsilon = static_cast<Arithmetic>(op.epsilon);
  const auto weight_decay = static_cast<Arithmetic>(op.weight_decay);
  parallel_for(op.parameter.count(), kElementGrain, device.threads(), [&](std::int64_t begin, std::int64_t end) {
    const Real* __restrict const gradient = op.gradient.as<Real>();
    Real* __restrict const parameter = op.parameter.as<Real>();
    Real* __restrict const square_average = op.square_average.as<Real>();
    for (std::int64_t i = begin; i < end; ++i) {
      const Arithmetic p = parameter[i];
      const Arithmetic g = gradient[i] + weight_decay * p;
      const Arithmetic average = alpha * square_average[i] + one_minus_alpha * (g * g);
      square_average[i] = static_cast<Real>(average);
      parameter[i] = static_cast<Real>(p - learning_rate * g / (std::sqrt(average) + epsilon));
    }
  });
}

}  // namespace

void run(const RmsProp& op, CpuDevice& device) {
  if (op.fault.present() && *op.fault.as<std::uint64_t>() != 0) return;
  dispatch_real(op.parameter.dtype, op.kName, [&](auto real) {
    using Real = decltype(real);
    if (device.definition_only()) run_rms_prop<double, Real>(op, device);
    else run_rms_prop<Real, Real>(op, device);
  });
}

}  // namespace gan
