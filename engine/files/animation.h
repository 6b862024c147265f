// Animations as files: GIF and WebP, chosen by the file's ending.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>

#include "engine/files/atomic_file.h"
#include "engine/files/image.h"

namespace gan {

enum class AnimationFormat { Webp, Gif };

/// The format of files called so: ".webp" or ".gif"; nothing for other endings.
std::optional<AnimationFormat> animation_format(const std::filesystem::path& path);

/// What all frames of an animation share.
struct AnimationOptions {
  std::int64_t height = 0, width = 0;
  std::int64_t channels = 3;   ///< 1 or 3
  int frames_per_second = 20;  ///< 1 to 50; players take shorter pauses of GIF files for a mistake
};

/// The time between two frames in units of 1 / `units` seconds, so that rounding does not add up: frame i lasts from
/// round(i * units / fps) to round((i + 1) * units / fps).
std::int64_t frame_duration(std::int64_t frame, int frames_per_second, std::int64_t units);

/// Takes frames one after another. The animation repeats endlessly.
class AnimationEncoder {
 public:
  virtual ~AnimationEncoder() = default;
  /// Appends a frame. Error for one of another size; MachineError when the encoder or the disk fails.
  virtual void add(const Image& frame) = 0;
  /// Writes what is still to be written.
  virtual void finish() = 0;
};

/// Writes frames as they come to `writer`, which outlives the encoder. GIF: 256 greys, or the 256 colours that suit each
/// frame best (median cut); memory of one frame. WebP: lossless; the encoded frames stay in memory until finish(), because
/// the file begins with its size. InputError for sizes that the format cannot have.
std::unique_ptr<AnimationEncoder> make_animation_encoder(AnimationFormat format, const AnimationOptions& options,
                                                         FileWriter& writer);

}  // namespace gan
