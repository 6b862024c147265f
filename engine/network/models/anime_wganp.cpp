#include <algorithm>

#include "engine/network/models/convolutional.h"

namespace gan {

GeneratorAndDiscriminator make_anime_wganp(const ModelOptions& o) {
  return make_convolutional(o, {.g_width = std::max<std::int64_t>(o.width * 3 / 2, 1),
                                .d_width = 4 * o.width,
                                .upsample = UpsampleKind::Nearest,
                                .d_norm = discriminator_norm(o),
                                .d_norm_at_image = true,
                                .biases = true,
                                .start = ConvolutionalPlan::Start::Pytorch});
}

}  // namespace gan
