#include "engine/network/initializers.h"

#include <cmath>

namespace gan {

Fan fan_of_filter(std::int64_t in_channels, std::int64_t out_channels, std::int64_t kernel_h, std::int64_t kernel_w) {
  return {.in = in_channels * kernel_h * kernel_w, .out = out_channels * kernel_h * kernel_w};
}

Initializer glorot_uniform(const Fan& fan, float gain) {
  return Initializer::uniform(gain * std::sqrt(6 / static_cast<float>(fan.in + fan.out)));
}

Initializer pytorch_uniform(const Fan& fan) { return Initializer::uniform(1 / std::sqrt(static_cast<float>(fan.in))); }

}  // namespace gan
