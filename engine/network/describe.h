// Networks as JSON: what a checkpoint says about itself, enough to rebuild the modules in PyTorch.
#pragma once

#include <nlohmann/json.hpp>

#include "engine/network/network.h"

namespace gan {

/// {"name": "generator", "input": [C, H, W], "output": [C, H, W], "modules": [...]}, a module a layer, as PyTorch
/// would have it:
///   {"type": "conv_transpose2d", "in_channels", "out_channels", "kernel_size", "stride", "padding", "output_padding"}
///   {"type": "conv2d", "in_channels", "out_channels", "kernel_size", "stride", "padding"}
///   {"type": "linear", "in_features", "out_features"}, {"type": "batch_norm2d", "num_features"}
///   {"type": "relu" | "leaky_relu" | "tanh" | "sigmoid", "negative_slope"}, {"type": "reshape", "shape": [C, H, W]}
nlohmann::json describe(const NetworkSpec& spec);

}  // namespace gan
