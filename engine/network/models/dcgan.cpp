#include "engine/network/models/convolutional.h"

namespace gan {

GeneratorAndDiscriminator make_dcgan(const ModelOptions& o) {
  return make_convolutional(
      o, {.g_width = o.width, .d_width = o.width, .upsample = o.upsample, .d_norm = discriminator_norm(o)});
}

}  // namespace gan
