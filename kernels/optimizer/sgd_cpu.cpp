#include <cstdint>

#include "kernels/core/cpu/cpu_device.h"
#include "kernels/core/cpu/parallel.h"
#include "kernels/optimizer/sgd.h"

namespace gan {

namespace {

/// One pass over the parameters; plain loops over unaliased arrays, so that the compiler vectorises them.
template <class Arithmetic, class Real>
void run_sgd(const Sgd& op, CpuDevice& device) {
  const auto learning_rate =
      static_cast<Arithmetic>(op.learning_rate * op.schedule.factor(*op.iteration.as<std::uint64_t>()));
  const auto momentum = static_cast<Arithmetic>(op.momentum), weight_decay = static_cast<Arithmetic>(op.weight_decay);
  parallel_for(op.parameter.count(), kElementGrain, device.threads(), [&](std::int64_t begin, std::int64_t end) {
    const Real* __restrict const gradient = op.gradient.as<Real>();
    Real* __restrict const parameter = op.parameter.as<Real>();
    Real* __restrict const buffer = op.momentum_buffer.as<Real>();
    if (buffer == nullptr) {
      for (std::int64_t i = begin; i < end; ++i) {
        const Arithmetic p = parameter[i];
        parameter[i] = static_cast<Real>(p - learning_rate * (gradient[i] + weight_decay * p));
      }
      return;
    }
    for (std::int64_t i = begin; i < end; ++i) {
      const Arithmetic p = parameter[i];
      const Arithmetic step = momentum * buffer[i] + (gradient[i] + weight_decay * p);
      buffer[i] = static_cast<Real>(step);
      parameter[i] = static_cast<Real>(p - learning_rate * step);
    }
  });
}

}  // namespace

void run(const Sgd& op, CpuDevice& device) {
  if (op.fault.present() && *op.fault.as<std::uint64_t>() != 0) return;
  dispatch_real(op.parameter.dtype, op.kName, [&](auto real) {
    using Real = decltype(real);
    if (device.definition_only()) run_sgd<double, Real>(op, device);
    else run_sgd<Real, Real>(op, device);
  });
}

}  // namespace gan
