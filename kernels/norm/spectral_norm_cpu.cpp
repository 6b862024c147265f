// Spectral normalisation on the CPU. By definition for F64, and for F32 when the definition alone is asked for: sums in
// double. Else the two products are oneDNN's.
#include <cmath>
#include <vector>

#include "kernels/core/cpu/cpu_device.h"
#include "kernels/core/cpu/cpu_rows.h"
#include "kernels/core/cpu/library_threads.h"
#include "kernels/linear/gemm.h"
#include "kernels/norm/spectral_norm.h"

namespace gan {

namespace {

template <class A, class B>
double inner_product(const A* a, const B* b, std::int64_t count) {
  double sum = 0;
  for (std::int64_t i = 0; i < count; ++i) sum += static_cast<double>(a[i]) * static_cast<double>(b[i]);
  return sum;
}

/// What n(x) divides x by: max(||x||, epsilon), and NaN where the norm is.
template <class Real>
double length(const Real* x, std::int64_t count, double epsilon) {
  const double norm = std::sqrt(inner_product(x, x, count));
  return norm < epsilon ? epsilon : norm;
}

template <class Real>
void divide(const Real* x, double by, std::int64_t count, Real* y) {
  for (std::int64_t i = 0; i < count; ++i) y[i] = static_cast<Real>(x[i] / by);
}

template <class Real>
void define(const SpectralNorm& op, Real) {
  const std::int64_t rows = op.weight.shape[0], columns = op.weight.shape[1];
  const Real* const weight = op.weight.as<Real>();
  Real *const u = op.u.as<Real>(), *const v = op.v.as<Real>();
  std::vector<double> product(static_cast<std::size_t>(columns));
  for (std::int64_t row = 0; row < rows; ++row)
    for (std::int64_t column = 0; column < columns; ++column)
      product[static_cast<std::size_t>(column)] +=
          static_cast<double>(weight[row * columns + column]) * static_cast<double>(u[row]);
  const double v_length = length(product.data(), columns, op.epsilon);
  std::vector<double> unit(product);
  divide(product.data(), v_length, columns, unit.data());

  product.assign(static_cast<std::size_t>(rows), 0.0);
  for (std::int64_t row = 0; row < rows; ++row)
    product[static_cast<std::size_t>(row)] = inner_product(weight + row * columns, unit.data(), columns);
  const double u_length = length(product.data(), rows, op.epsilon);
  const double sigma = inner_product(product.data(), product.data(), rows) / u_length;  // u = W v / u_length

  for (std::int64_t row = 0; row < rows; ++row)
    u[row] = static_cast<Real>(product[static_cast<std::size_t>(row)] / u_length);
  for (std::int64_t column = 0; column < columns; ++column)
    v[column] = static_cast<Real>(unit[static_cast<std::size_t>(column)]);
  *op.sigma.as<Real>() = static_cast<Real>(sigma);
  divide(weight, sigma, rows * columns, op.normalized.as<Real>());
}

/// Both products by oneDNN, the rest in one pass over the rows.
void run_fast(const SpectralNorm& op, CpuDevice& device) {
  const std::int64_t rows = op.weight.shape[0], columns = op.weight.shape[1];
  const float* const weight = op.weight.as<float>();
  float *const u = op.u.as<float>(), *const v = op.v.as<float>();
  gemm({.m = 1,
        .n = columns,
        .k = rows,
        .a = u,
        .lda = rows,
        .transpose_a = false,
        .b = weight,
        .ldb = columns,
        .transpose_b = false,
        .beta = 0,
        .c = v,
        .ldc = columns},
       device);
  divide(v, length(v, columns, op.epsilon), columns, v);
  gemm({.m = rows,
        .n = 1,
        .k = columns,
        .a = weight,
        .lda = columns,
        .transpose_a = false,
        .b = v,
        .ldb = 1,
        .transpose_b = false,
        .beta = 0,
        .c = u,
        .ldc = 1},
       device);
  const double u_length = length(u, rows, op.epsilon);
  const double sigma = inner_product(u, u, rows) / u_length;
  divide(u, u_length, rows, u);
  *op.sigma.as<float>() = static_cast<float>(sigma);
  float* const normalized = op.normalized.as<float>();
  RowParts(rows, columns, device.threads()).for_each([&](auto, std::int64_t begin, std::int64_t end) {
    const float divisor = static_cast<float>(sigma);
    for (std::int64_t i = begin * columns; i < end * columns; ++i) normalized[i] = weight[i] / divisor;
  });
}

/// Row after row; the inner product in double, the rows' sums in the order of the rows.
template <class Real>
void run_gradient(const SpectralNormGradient& op, Real, CpuDevice& device) {
  const std::int64_t rows = op.gradient.shape[0], columns = op.gradient.shape[1];
  const Real *const normalized = op.normalized.as<Real>(), *const u = op.u.as<Real>(), *const v = op.v.as<Real>();
  Real* const gradient = op.gradient.as<Real>();
  const double sigma = static_cast<double>(*op.sigma.as<Real>());
  const RowParts parts(rows, columns, device.threads());
  ScratchArrays scratch(device, rows, 0, 1);
  double* const of_row = scratch.take<double>(rows);
  parts.for_each([&](auto, std::int64_t begin, std::int64_t end) {
    for (std::int64_t row = begin; row < end; ++row)
      of_row[row] = inner_product(gradient + row * columns, normalized + row * columns, columns);
  });
  double inner = 0;
  for (std::int64_t row = 0; row < rows; ++row) inner += of_row[row];
  parts.for_each([&](auto, std::int64_t begin, std::int64_t end) {
    for (std::int64_t row = begin; row < end; ++row) {
      const Real along = static_cast<Real>(inner * static_cast<double>(u[row]) / sigma);
      const Real scale = static_cast<Real>(1 / sigma);
      Real* const g = gradient + row * columns;
      for (std::int64_t column = 0; column < columns; ++column) g[column] = g[column] * scale - along * v[column];
    }
  });
}

}  // namespace

void run(const SpectralNorm& op, CpuDevice& device) {
  if (kLibraryThreads && op.weight.dtype == DType::F32 && !device.definition_only()) return run_fast(op, device);
  dispatch_real(op.weight.dtype, op.kName, [&](auto real) { define(op, real); });
}

void run(const SpectralNormGradient& op, CpuDevice& device) {
  dispatch_real(op.gradient.dtype, op.kName, [&](auto real) { run_gradient(op, real, device); });
}

}  // namespace gan
