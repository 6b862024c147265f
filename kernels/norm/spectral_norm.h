// Spectral normalisation (Miyato et al. 2018): a weight divided by an estimate of its largest singular value, and the
// gradient through that. The weight is seen as a matrix: a filter (K, R, S, C) as (K, RSC), a linear layer's as (out, in).
#pragma once

#include <cstdint>

#include "kernels/core/contract/cost.h"
#include "kernels/core/contract/operands.h"

namespace gan {

class CpuDevice;
class CudaDevice;

/// One power iteration (Miyato et al. 2018, Algorithm 1) and the weight divided by what it found. With W the weight and
/// n(x) = x / max(||x||, epsilon), as torch.nn.utils.spectral_norm computes it:
///   v = n(W^T u),  u = n(W v),  sigma = u^T W v,  normalized = W / sigma
/// sigma never exceeds the largest singular value of W. While W stands still it comes closer with every call, its relative
/// distance shrinking by about (second largest / largest)^4 each time. A weight of zeros has no direction to divide by: 0 / 0.
struct SpectralNorm {
  static constexpr const char* kName = "spectral norm";
  Tensor weight;      ///< (rows, columns), fewer than 2^31 elements
  Tensor u;           ///< (rows): read, then written
  Tensor v;           ///< (columns): written only
  Tensor sigma;       ///< (1)
  Tensor normalized;  ///< as weight
  Tensor workspace;   ///< F32, workspace_count(rows, columns) elements
  float epsilon = 1e-12f;

  /// Floats that the CUDA kernels' products on their way take.
  static std::int64_t workspace_count(std::int64_t rows, std::int64_t columns);

  static void operands(auto& self, auto&& visit) {
    visit("weight", self.weight, Access::Read, Role::Parameter);
    visit("u", self.u, Access::ReadWrite, Role::Statistic);
    visit("v", self.v, Access::Write, Role::Statistic);
    visit("sigma", self.sigma, Access::Write, Role::Statistic);
    visit("normalized", self.normalized, Access::Write, Role::Weight);
    visit("workspace", self.workspace, Access::Scratch, Role::Workspace);
  }
};

/// The gradient by the weight from that by the normalised weight, in place. With u and v constant, as power iterations are
/// not differentiated, sigma = u^T W v has the derivative u v^T, and for G = dL / d(W / sigma)
///   dL/dW = G / sigma - <G, W> / sigma^2 u v^T = (G - <G, W / sigma> u v^T) / sigma,
/// <,> being the sum of products (Miyato et al. 2018, equation 11). It is orthogonal to W: <dL/dW, W> = 0.
struct SpectralNormGradient {
  static constexpr const char* kName = "spectral norm grad";
  Tensor normalized;  ///< (rows, columns), as SpectralNorm left it; so are u, v and sigma
  Tensor u;           ///< (rows)
  Tensor v;           ///< (columns)
  Tensor sigma;       ///< (1)
  Tensor gradient;    ///< as normalized: dL/d(normalized) becomes dL/d(weight)
  Tensor workspace;   ///< F32, workspace_count(elements) elements

  /// Floats that the CUDA kernels' partial sums take.
  static std::int64_t workspace_count(std::int64_t elements);

  static void operands(auto& self, auto&& visit) {
    visit("normalized", self.normalized, Access::Read, Role::Weight);
    visit("u", self.u, Access::Read, Role::Statistic);
    visit("v", self.v, Access::Read, Role::Statistic);
    visit("sigma", self.sigma, Access::Read, Role::Statistic);
    visit("gradient", self.gradient, Access::ReadWrite, Role::ParameterGradient);
    visit("workspace", self.workspace, Access::Scratch, Role::Workspace);
  }
};

/// What these promise of every instruction: kernels/core/contract/operands.h.
void validate(const SpectralNorm&);
void validate(const SpectralNormGradient&);
Cost cost(const SpectralNorm&);
Cost cost(const SpectralNormGradient&);
void run(const SpectralNorm&, CpuDevice&);
void run(const SpectralNormGradient&, CpuDevice&);
void run(const SpectralNorm&, CudaDevice&);
void run(const SpectralNormGradient&, CudaDevice&);

}  // namespace gan
