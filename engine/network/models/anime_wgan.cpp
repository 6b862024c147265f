#include "engine/network/models/convolutional.h"

namespace gan {

GeneratorAndDiscriminator make_anime_wgan(const ModelOptions& o) {
  return make_convolutional(o, {.g_width = 2 * o.width,
                                .d_width = 4 * o.width,
                                .d_norm = discriminator_norm(o),
                                .d_norm_at_image = true,
                                .biases = true,
                                .start = ConvolutionalPlan::Start::Pytorch});
}

}  // namespace gan
