// The shape of networks that DCGAN gave its name to: one filter a grid, each half as large as the one before.
#pragma once

#include "engine/network/models/models.h"

namespace gan {

/// How such a pair is made. G: latent, a filter that makes the base grid, then for every step to the next larger grid (norm,
/// ReLU, a layer that doubles the side), tanh at the end. D: 4x4 stride-2 pad-1 convolutions, each with norm and
/// LeakyReLU(0.2), and a filter that covers the base grid. Grids are those of plan_grids.
struct ConvolutionalPlan {
  enum class Start {
    Dcgan,   ///< weights ~ N(0, 0.02), batch norm's gamma ~ N(1, 0.02), biases 0
    Pytorch  ///< weights and biases pytorch_uniform(), gamma 1
  };

  std::int64_t g_width = 64, d_width = 64;  ///< channels next to the image; doubled from grid to grid, up to 8 times
  UpsampleKind upsample = UpsampleKind::Transposed;  ///< in G
  NormKind d_norm = NormKind::Batch;
  bool d_norm_at_image = false;  ///< whether D's first layer has its norm, too
  bool biases = false;           ///< everywhere; else only in D where no norm follows
  Start start = Start::Dcgan;
};

GeneratorAndDiscriminator make_convolutional(const ModelOptions& options, const ConvolutionalPlan& plan);

}  // namespace gan
