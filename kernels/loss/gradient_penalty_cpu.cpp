#include <cmath>
#include <cstdint>

#include "kernels/core/contract/sample_rows.h"
#include "kernels/core/cpu/cpu_device.h"
#include "kernels/core/cpu/cpu_rows.h"
#include "kernels/loss/gradient_penalty.h"
#include "kernels/loss/norm_deviation.h"

namespace gan {

namespace {

/// The L2 norm, summed in double whatever the elements are.
template <class Real>
double euclidean_norm(const Real* x, std::int64_t count) {
  double sum = 0;
  for (std::int64_t i = 0; i < count; ++i) sum += static_cast<double>(x[i]) * x[i];
  return std::sqrt(sum);
}

}  // namespace

void run(const GradientPenalty& op, CpuDevice& device) {
  const SampleRows rows = sample_rows(op.gradient.shape);
  const NormDeviation<double> deviation{.target = op.target, .one_sided = op.one_sided};
  const double inverse_count = 1 / static_cast<double>(rows.samples);
  ScratchArrays scratch(device, rows.samples, 0, 1);
  double* const norm = scratch.take<double>(rows.samples);
  dispatch_real(op.gradient.dtype, op.kName, [&](auto real) {
    using Real = decltype(real);
    RowParts(rows.samples, rows.elements, device.threads()).for_each([&](auto, std::int64_t begin, std::int64_t end) {
      for (std::int64_t n = begin; n < end; ++n) {
        const Real* const g = op.gradient.as<Real>() + n * rows.elements;
        Real* const dg = op.dgradient.as<Real>() + n * rows.elements;
        norm[n] = euclidean_norm(g, rows.elements);
        op.norm.as<Real>()[n] = static_cast<Real>(norm[n]);
        const Real factor = static_cast<Real>(2 * op.weight * inverse_count * deviation.per_norm(norm[n]));
        for (std::int64_t i = 0; i < rows.elements; ++i) dg[i] = factor * g[i];
      }
    });
    double loss = 0, sum = 0;
    for (std::int64_t n = 0; n < rows.samples; ++n) {
      loss += deviation.of(norm[n]) * deviation.of(norm[n]);
      sum += norm[n];
    }
    *op.loss.as<Real>() = static_cast<Real>(op.weight * inverse_count * loss);
    *op.mean_norm.as<Real>() = static_cast<Real>(inverse_count * sum);
  });
}

}  // namespace gan
