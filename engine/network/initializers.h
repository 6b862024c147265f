// The published ways to start weights, by the number of values that meet in an output and of outputs that a value reaches.
#pragma once

#include <cstdint>

#include "engine/network/layer.h"

namespace gan {

/// For a convolution C_in k k and C_out k k; for a linear layer its two sizes.
struct Fan {
  std::int64_t in = 1, out = 1;
};

/// Of a convolution with a filter of `kernel_h` x `kernel_w`.
Fan fan_of_filter(std::int64_t in_channels, std::int64_t out_channels, std::int64_t kernel_h, std::int64_t kernel_w);

/// Glorot & Bengio 2010, equation 16: U(-a, a) with a = gain sqrt(6 / (in + out)). With gain sqrt(2), for layers that a ReLU
/// follows, this is what the code of Gulrajani et al. 2017 calls "He": standard deviation sqrt(4 / (in + out)) at stride 1.
Initializer glorot_uniform(const Fan& fan, float gain = 1);

/// What PyTorch's layers start with, weights and biases alike: U(-a, a) with a = 1 / sqrt(in). For its transposed
/// convolutions `in` counts as for the convolution that they are the gradient of: C_out k k.
Initializer pytorch_uniform(const Fan& fan);

}  // namespace gan
