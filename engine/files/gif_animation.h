// Animated GIF files, through giflib.
#pragma once

#include <memory>

#include "engine/files/animation.h"

namespace gan {

/// The GIF case of make_animation_encoder().
std::unique_ptr<AnimationEncoder> make_gif_encoder(const AnimationOptions& options, FileWriter& writer);

inline constexpr std::int64_t kMaxGifSide = 65535;  ///< pixels a side

}  // namespace gan
