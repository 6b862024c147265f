// Convolution: forward, input gradient, weight gradient. Transposed convolution is these three with the roles swapped.
#pragma once

#include <cstdint>
#include <string>

#include "kernels/core/contract/cost.h"
#include "kernels/core/contract/operands.h"

namespace gan {

class CpuDevice;
class CudaDevice;

/// The geometry all three convolution instructions share: x(N, H, W, C), w(K, R, S, C), y(N, P, Q, K) with
/// P = floor((H + 2 pad_h - R) / stride_h) + 1 and Q likewise.
///
/// A transposed convolution from P x Q x K to H x W x C (PyTorch's ConvTranspose2d) is the input gradient of this
/// convolution: its output size H = (P - 1) stride - 2 pad + R + output_padding is simply this shape's H.
struct ConvShape {
  std::int64_t n = 1, h = 1, w = 1, c = 1;  ///< batch, height, width, channels of x
  std::int64_t k = 1, r = 1, s = 1;         ///< filters, and their height and width
  std::int64_t stride_h = 1, stride_w = 1;
  std::int64_t pad_h = 0, pad_w = 0;

  /// Height and width of y.
  std::int64_t p() const { return (h + 2 * pad_h - r) / stride_h + 1; }
  std::int64_t q() const { return (w + 2 * pad_w - s) / stride_w + 1; }
  Shape x_shape() const { return {n, h, w, c}; }
  Shape w_shape() const { return {k, r, s, c}; }
  Shape y_shape() const { return {n, p(), q(), k}; }
  /// The filter covers all of an unpadded input: the convolution is a linear layer on H*W*C features.
  bool covers_input() const { return pad_h == 0 && pad_w == 0 && r == h && s == w; }
  /// 2 N P Q K R S C, taps that fall on padding counted, as is usual.
  std::int64_t flops() const { return 2 * n * p() * q() * k * r * s * c; }
};

/// "N64 32x32x32 -> 16x16x64, 4x4/2 pad 1"
std::string to_string(const ConvShape& shape);

/// Throws Error unless extents and strides are positive, padding is not negative and smaller than the filter, the
/// filter fits into the padded input, and every tensor has less than 2^31 elements.
void validate(const ConvShape& shape);

/// y[n,p,q,k] = sum over r,s,c of x[n, p stride_h - pad_h + r, q stride_w - pad_w + s, c] w[k,r,s,c]; x is 0 outside.
struct ConvFprop {
  static constexpr const char* kName = "conv fprop";
  ConvShape shape;
  Tensor x, w;
  Tensor y;

  static void operands(auto& self, auto&& visit) {
    visit("x", self.x, Access::Read, Role::Activation);
    visit("w", self.w, Access::Read, Role::Weight);
    visit("y", self.y, Access::Write, Role::Activation);
  }
};

/// dx = the gradient of <dy, conv(x, w)> by x: every element of dx is written, those that no tap reads with 0.
/// Also the transposed convolution of dy by w.
struct ConvDgrad {
  static constexpr const char* kName = "conv dgrad";
  ConvShape shape;
  Tensor dy, w;
  Tensor dx;

  static void operands(auto& self, auto&& visit) {
    visit("dy", self.dy, Access::Read, Role::Activation);
    visit("w", self.w, Access::Read, Role::Weight);
    visit("dx", self.dx, Access::Write, Role::Activation);
  }
};

/// dw (=, +=) the gradient of <dy, conv(x, w)> by w. The sum over N, P, Q is cut into parts whose results lie in
/// `workspace` and are added in a fixed order.
struct ConvWgrad {
  static constexpr const char* kName = "conv wgrad";
  ConvShape shape;
  Tensor x, dy;
  Tensor dw;
  Tensor workspace;  ///< F32, workspace_count(shape) elements; absent when that is 0
  ParamGrad mode = ParamGrad::Overwrite;

  /// How many floats the CUDA kernel wants: parts * K R S C when the sum is cut, else 0.
  static std::int64_t workspace_count(const ConvShape& shape);

  static void operands(auto& self, auto&& visit) {
    visit("x", self.x, Access::Read, Role::Activation);
    visit("dy", self.dy, Access::Read, Role::Activation);
    visit("dw", self.dw, access_of(self.mode), Role::ParameterGradient);
    visit("workspace", self.workspace, Access::Scratch, Role::Workspace);
  }
};

/// What these promise of every instruction: kernels/core/contract/operands.h.
void validate(const ConvFprop&);
void validate(const ConvDgrad&);
void validate(const ConvWgrad&);
Cost cost(const ConvFprop&);
Cost cost(const ConvDgrad&);
Cost cost(const ConvWgrad&);
void run(const ConvFprop&, CpuDevice&);
void run(const ConvDgrad&, CpuDevice&);
void run(const ConvWgrad&, CpuDevice&);
void run(const ConvFprop&, CudaDevice&);
void run(const ConvDgrad&, CudaDevice&);
void run(const ConvWgrad&, CudaDevice&);

}  // namespace gan
