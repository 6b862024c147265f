// Animated WebP files: libwebp encodes the frames, and the container around them is written here, because it can then grow
// by a frame at a time (growing_webp.h).
//
// The container (RFC 9649, section 2): a RIFF header with the file's size, chunk VP8X (canvas), chunk ANIM (loops), then a
// chunk ANMF a frame, each complete in itself: position, duration, one VP8 or VP8L bitstream, and chunks that readers do not
// know and pass over. Sizes are little-endian, chunks start at even positions.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "engine/files/animation.h"

namespace gan {

inline constexpr std::int64_t kMaxWebpSide = 16383;                  ///< pixels a side
inline constexpr std::uint64_t kMaxWebpBytes = 0xFFFF'FFF6;          ///< of a file
inline constexpr std::size_t kWebpStartBytes = 44;                   ///< of webp_start()
inline constexpr std::size_t kRiffHeaderBytes = 8, kRiffSizeAt = 4;  ///< what the size does not count; where it stands
inline constexpr std::size_t kWebpChunkHeaderBytes = 8;              ///< a chunk's name and size

enum class WebpQuality {
  Lossless,  ///< every pixel as it is
  High       ///< quality 90 of 100: a fraction of the size
};

/// A chunk: `name` (four letters), the size of `payload`, and it; padded to an even size.
std::string webp_chunk(std::string_view name, std::string_view payload);

/// What stands before the frames of an animation that repeats endlessly and whose frames take `frame_bytes` together.
std::string webp_start(std::int64_t height, std::int64_t width, std::uint64_t frame_bytes);

/// A frame that covers the canvas for a time, as an ANMF chunk that ends in the chunks `more`. Sides up to kMaxWebpSide, 1
/// or 3 channels. The same bytes for the same image. MachineError when the encoder fails.
std::string webp_frame(const Image& image, WebpQuality quality, std::int64_t milliseconds, std::string_view more = {});

/// The WebP case of make_animation_encoder().
std::unique_ptr<AnimationEncoder> make_webp_encoder(const AnimationOptions& options, FileWriter& writer);

}  // namespace gan
