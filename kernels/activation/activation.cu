// Pointwise activations and their gradients.
//
//   forward   y(...)  = f(x(...))                  8 bytes an element in f32: x read, y written
//   backward  dx(...) = f'(y(...)) dy(...)        12 bytes an element in f32: y, dy read, dx written; f' is read off y
//   tangent   second_order(...) = f''(y(...)) dy(...) v(...)   16 bytes an element in f32; f'' is read off y
//   launch and determinism: kernels/core/cuda/elementwise.cuh
#include "kernels/activation/activation.h"

#include "kernels/core/cuda/cuda_device.h"
#include "kernels/core/cuda/elementwise.cuh"

namespace gan {

namespace {

struct Relu {
  __device__ __forceinline__ float operator()(float x) const { return x <= 0.0f ? 0.0f : x; }  // NaN stays NaN
};

struct LeakyRelu {
  float slope;
  __device__ __forceinline__ float operator()(float x) const { return x > 0.0f ? x : slope * x; }
};

struct Tanh {
  __device__ __forceinline__ float operator()(float x) const { return tanhf(x); }
};

/// With e = e^-|x| <= 1 nothing overflows, and small results keep their digits.
struct Sigmoid {
  __device__ __forceinline__ float operator()(float x) const {
    const float e = expf(-fabsf(x));
    return (x < 0.0f ? e : 1.0f) / (1.0f + e);
  }
};

struct ReluGradient {
  __device__ __forceinline__ float operator()(float y, float dy) const { return y <= 0.0f ? 0.0f : dy; }
};

struct LeakyReluGradient {
  float slope;
  __device__ __forceinline__ float operator()(float y, float dy) const { return y > 0.0f ? dy : slope * dy; }
};

/// (1 - y)(1 + y) keeps its digits near |y| = 1, where 1 - y^2 would lose them.
struct TanhGradient {
  __device__ __forceinline__ float operator()(float y, float dy) const { return dy * ((1.0f - y) * (1.0f + y)); }
};

struct SigmoidGradient {
  __device__ __forceinline__ float operator()(float y, float dy) const { return dy * (y * (1.0f - y)); }
};

struct TanhTangent {
  __device__ __forceinline__ float operator()(float y, float dy, float v) const {
    return dy * v * (-2.0f * y * ((1.0f - y) * (1.0f + y)));
  }
};

struct SigmoidTangent {
  __device__ __forceinline__ float operator()(float y, float dy, float v) const {
    return dy * v * (y * (1.0f - y) * (1.0f - 2.0f * y));
  }
};

}  // namespace

void run(const ActivationForward& i, CudaDevice& device) {
  const auto apply = [&](const auto& function) {
    with_storage(i.kName, i.x.dtype, [&](auto storage) {
      using T = decltype(storage);
      elementwise(i.x.count(), function, device.stream(), i.y.as<T>(), i.x.as<const T>());
    });
  };
  switch (i.kind) {
    case ActivationKind::Relu: return apply(Relu{});
    case ActivationKind::LeakyRelu: return apply(LeakyRelu{i.slope});
    case ActivationKind::Tanh: return apply(Tanh{});
    case ActivationKind::Sigmoid: return apply(Sigmoid{});
  }
}

void run(const ActivationBackward& i, CudaDevice& device) {
  const auto apply = [&](const auto& function) {
    with_storage(i.kName, i.y.dtype, [&](auto storage) {
      using T = decltype(storage);
      elementwise(i.y.count(), function, device.stream(), i.dx.as<T>(), i.y.as<const T>(), i.dy.as<const T>());
    });
  };
  switch (i.kind) {
    case ActivationKind::Relu: return apply(ReluGradient{});
    case ActivationKind::LeakyRelu: return apply(LeakyReluGradient{i.slope});
    case ActivationKind::Tanh: return apply(TanhGradient{});
    case ActivationKind::Sigmoid: return apply(SigmoidGradient{});
  }
}

void run(const ActivationTangent& i, CudaDevice& device) {
  const auto apply = [&](const auto& function) {
    with_storage(i.kName, i.y.dtype, [&](auto storage) {
      using T = decltype(storage);
      elementwise(i.y.count(), function, device.stream(), i.second_order.as<T>(), i.y.as<const T>(), i.dy.as<const T>(),
                  i.v.as<const T>());
    });
  };
  if (i.kind == ActivationKind::Tanh) apply(TanhTangent{});
  else apply(SigmoidTangent{});
}

}  // namespace gan
