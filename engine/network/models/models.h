// The networks by name, for any image size. One file beside this holds each model.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/network/graph.h"

namespace gan {

/// What normalises features: over a batch, over the pixels of a channel of one image, over all of one image.
enum class NormKind { Batch, Instance, Layer, None };

/// How a generator doubles the side of a grid: by a transposed 4x4 convolution, or by copying pixels before a 3x3 one.
enum class UpsampleKind { Transposed, Nearest };

/// What the user asks of a model.
struct ModelOptions {
  std::string model = "dcgan";                       ///< a name of model_names()
  FeatureShape image;                                ///< 16 to 256 a side, 1 or 3 channels; points: 1 x 1, any number
  std::int64_t latent = 100;                         ///< length of z
  std::optional<NormKind> d_norm = {};               ///< in the discriminator; absent: the model's own
  UpsampleKind upsample = UpsampleKind::Transposed;  ///< dcgan: in the generator
  bool spectral_norm = false;                        ///< of all products in the discriminator
  std::int64_t width = 64;  ///< channels next to the image; see each model for how others follow from it
};

/// The two players.
struct GeneratorAndDiscriminator {
  NetworkGraph generator, discriminator;
};

/// "dcgan", "mlp", "resnet" ...
std::vector<std::string> model_names();

/// "batch", "instance", "layer", "none"; nothing for any other text.
std::optional<NormKind> norm_kind(std::string_view name);
/// "nearest", or transposed for any other text.
UpsampleKind upsample_kind(std::string_view name);

/// What the discriminator that `options` describe is normalised with. Throws Error for a model that is not there.
NormKind discriminator_norm(const ModelOptions& options);

/// Why the model has no networks for these options, the option of the command line first: "--image-size 50x50: ...". Empty
/// where it has. Throws Error for a model that is not there.
std::string misfit(const ModelOptions& options);

/// The networks that `options` describe, whose ranges the table of settings has checked. Throws Error for a name that is
/// not there and for what misfit() names.
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
/// output padding of 1. All weights ~ N(0, 0.02), gamma ~ N(1, 0.02). Without a norm the discriminator's convolutions have
/// biases: the critic of Gulrajani et al. 2017, whose penalty is per image. With UpsampleKind::Nearest the generator's
/// transposed convolutions are nearest upsampling and 3x3 convolutions (Odena et al. 2016); every halving must be exact then.
GeneratorAndDiscriminator make_dcgan(const ModelOptions& options);

/// The kind of network of Goodfellow et al. 2014 (fully connected), with today's usual sizes: G latent - 4w - 8w - 16w
/// - image, tanh; D image - 16w - 8w - 4w - 1; LeakyReLU(0.2) between; biases; weights ~ N(0, 1 / fan_in). D's own norm is
/// none; another one stands before the second and third LeakyReLU, in place of biases.
/// For points of D numbers: G latent - w - w - D, D D - w - w - 1, LeakyReLU(0.2) between, no tanh, weights and biases as
/// PyTorch starts them (with biases of 0 every kink of a first layer on the line would lie at the origin); the
/// discriminator's norm stands before its second LeakyReLU.
GeneratorAndDiscriminator make_mlp(const ModelOptions& options);

/// The residual pair of SNGAN (Miyato et al. 2018; kwotsin/mimicry a7fda06c, nets/sngan) and, without spectral norm, of
/// WGAN-GP (Gulrajani et al. 2017). G: a linear layer to the base grid, a block of (BN, ReLU, upsampling, 3x3, BN, ReLU, 3x3)
/// beside (1x1, upsampling) for every doubling, BN, ReLU, 3x3, tanh. D: blocks of (ReLU, 3x3, ReLU, 3x3, pooling) beside
/// (pooling, 1x1), the first without its ReLU, then ReLU, the sum over all pixels, a linear layer. Upsampling copies pixels,
/// as in the SNGAN authors' code; the shortcuts take what the block was given. D's own norm is none; another one stands
/// before every ReLU inside blocks but the first. Images whose shorter side is at most 32 have one width throughout, 2 w in G
/// and w in D, and two halvings in four blocks: at 32x32 and w = 128 the published networks. Larger ones double from w at the
/// image to at most 16 w: at 48x48, 64x64 and 128x128 and w = 64 the published ones. Weights start by glorot_uniform() with
/// gain sqrt(2) in the 3x3 convolutions of blocks, biases at 0. Every halving must be exact.
GeneratorAndDiscriminator make_resnet(const ModelOptions& options);

/// The models of the project that closes the series this program follows, an exercise in anime faces at 64x64: DCGAN's grids,
/// biases everywhere, PyTorch's own initialisation. `width` 64 gives the published widths: 128 to 1024 channels in G, 256 to
/// 2048 in D. Batch norm in both.
GeneratorAndDiscriminator make_anime_dcgan(const ModelOptions& options);
/// The same with a critic whose own norm is instance norm, in the first layer, too.
GeneratorAndDiscriminator make_anime_wgan(const ModelOptions& options);
/// The same with a generator of nearest upsampling and 3x3 convolutions against checkerboards, 96 to 768 channels at `width`
/// 64. Every halving must be exact.
GeneratorAndDiscriminator make_anime_wganp(const ModelOptions& options);
/// The series' unfinished 256x256 model as it was meant: residual blocks, pixel shuffle in G, no batch norm in the critic,
/// and as many channels next to the image as the others have, where the original came down to three before its last blocks.
/// G: a filter that makes the base grid; for every doubling a 1x1 convolution to four times the channels that the larger grid
/// is to have, pixel shuffle, and a residual block (3x3, BN, ReLU, 3x3, BN) with ReLU after the sum; a 3x3 convolution and
/// pixel shuffle make the image. Critic: for every halving a 4x4 stride-2 convolution, LeakyReLU, and a residual block (3x3,
/// LeakyReLU, 3x3) with LeakyReLU after the sum; a filter that covers the base grid. Channels double from `width` at the
/// grid next to the image, to at most 8 width. The critic's own norm is none; another one stands before each LeakyReLU but
/// the last of a block. PyTorch's own initialisation, biases everywhere. Every halving must be exact.
GeneratorAndDiscriminator make_anime_wgan256(const ModelOptions& options);

}  // namespace gan
