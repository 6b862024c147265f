#include "engine/network/models/parts.h"

#include "engine/network/initializers.h"
#include "kernels/core/contract/error.h"

namespace gan {

LayerPointer norm_layer(NormKind kind, const FeatureShape& in, const Initializer& gamma) {
  switch (kind) {
    case NormKind::Batch: return batch_norm_layer(in.channels, gamma);
    case NormKind::Instance: return group_norm_layer(in, in.channels);
    case NormKind::Layer: return group_norm_layer(in, 1);
    case NormKind::None: return nullptr;
  }
  throw Error("a norm of no kind");
}

ConvOptions covering(const FeatureShape& grid, const FeatureShape& out, bool transposed) {
  return {.out = out,
          .kernel_h = grid.height,
          .kernel_w = grid.width,
          .stride_h = 1,
          .stride_w = 1,
          .pad_h = 0,
          .pad_w = 0,
          .transposed = transposed};
}

ConvOptions same_size(const FeatureShape& in, std::int64_t channels, std::int64_t kernel) {
  return {.out = {in.height, in.width, channels},
          .kernel_h = kernel,
          .kernel_w = kernel,
          .stride_h = 1,
          .stride_w = 1,
          .pad_h = kernel / 2,
          .pad_w = kernel / 2,
          .bias = true};
}

ConvOptions with_pytorch_start(ConvOptions options, const FeatureShape& in) {
  Fan fan = fan_of_filter(in.channels, options.out.channels, options.kernel_h, options.kernel_w);
  if (options.transposed) std::swap(fan.in, fan.out);
  options.weight = options.bias_start = pytorch_uniform(fan);
  return options;
}

}  // namespace gan
