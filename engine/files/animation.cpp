#include "engine/files/animation.h"

#include "engine/files/gif_animation.h"
#include "engine/files/webp_animation.h"
#include "kernels/core/contract/error.h"

namespace gan {

std::optional<AnimationFormat> animation_format(const std::filesystem::path& path) {
  if (path.extension() == ".webp") return AnimationFormat::Webp;
  if (path.extension() == ".gif") return AnimationFormat::Gif;
  return std::nullopt;
}

std::int64_t frame_duration(std::int64_t frame, int frames_per_second, std::int64_t units) {
  const auto begin = [&](std::int64_t number) {
    return (2 * number * units + frames_per_second) / (std::int64_t{2} * frames_per_second);
  };
  return begin(frame + 1) - begin(frame);
}

std::unique_ptr<AnimationEncoder> make_animation_encoder(AnimationFormat format, const AnimationOptions& options,
                                                         FileWriter& writer) {
  const bool webp = format == AnimationFormat::Webp;
  const std::int64_t most = webp ? kMaxWebpSide : kMaxGifSide;
  if (options.height > most || options.width > most)
    throw InputError(fmt::format("an animation of {} x {} pixels; accepted are up to {} a side", options.width,
                                 options.height, most));
  return webp ? make_webp_encoder(options, writer) : make_gif_encoder(options, writer);
}

}  // namespace gan
