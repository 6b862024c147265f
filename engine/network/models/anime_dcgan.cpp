#include "engine/network/models/convolutional.h"

namespace gan {

GeneratorAndDiscriminator make_anime_dcgan(const ModelOptions& o) {
  return make_convolutional(o, {.g_width = 2 * o.width,
                                .d_width = 4 * o.width,
                                .d_norm = discriminator_norm(o),
                                .biases = true,
                                .start = ConvolutionalPlan::Start::Pytorch});
}

}  // namespace gan
