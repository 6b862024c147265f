// The networks by name, for any image size. One file beside this holds each model.
#pragma once

#include <string>
#include <vector>

#include "engine/network/graph.h"

namespace gan {

/// What the user asks of a model.
struct ModelOptions {
  std::string model = "dcgan";  ///< a name of model_names()
  FeatureShape image;           ///< 16 to 256 a side, 1 or 3 channels
  std::int64_t latent = 100;    ///< length of z
  bool d_norm = true;           ///< dcgan: batch norm in the discriminator; else biases in its place
  std::int64_t width = 64;  ///< channels of the convolutions next to the image (mlp: a fourth of the narrowest layer)
};

/// The two players.
struct GeneratorAndDiscriminator {
  NetworkGraph generator, discriminator;
};

/// "dcgan", "mlp".
std::vector<std::string> model_names();

/// The networks that `options` describe, whose ranges the table of settings has checked. Throws Error for a name that is
/// not there and for sizes that no network fits.
GeneratorAndDiscriminator make_model(const ModelOptions& options);

/// The sizes of the feature maps between image and base grid, image first: a side is halved (rounding down) as long as
/// the shorter one is at least 8, so that the base grid's shorter side ends in 4 ... 7.
/// 64x64 -> 32 -> 16 -> 8 -> 4;  28x28 -> 14 -> 7;  96x64 -> 48x32 -> 24x16 -> 12x8 -> 6x4;  50x50 -> 25 -> 12 -> 6.
std::vector<FeatureShape> plan_grids(const FeatureShape& image);

/// Radford, Metz & Chintala 2015, with the layers of PyTorch's DCGAN example at 64x64: 4x4 stride-2 pad-1 convolutions
/// between the grids of plan_grids (channels double from `width` at the finest grid, to at most 8 width), batch norm
/// everywhere but at the image and at the discriminator's first layer, ReLU in G and LeakyReLU(0.2) in D, tanh at the
/// end of G, no bias; the base grid is joined to the latent, and to the logit, by a filter that covers it. An odd side
/// H is halved to floor(H / 2) by D, which never reads its last row past the padding, and grown back by G with an
/// output padding of 1. All weights ~ N(0, 0.02), gamma ~ N(1, 0.02). Without `d_norm` the discriminator's convolutions have
/// biases and no norm follows them: the critic of Gulrajani et al. 2017, whose penalty is per image.
GeneratorAndDiscriminator make_dcgan(const ModelOptions& options);

/// The kind of network of Goodfellow et al. 2014 (fully connected), with today's usual sizes: G latent - 4w - 8w - 16w
/// - image, tanh; D image - 16w - 8w - 4w - 1; LeakyReLU(0.2) between; biases; weights ~ N(0, 1 / fan_in).
GeneratorAndDiscriminator make_mlp(const ModelOptions& options);

}  // namespace gan
