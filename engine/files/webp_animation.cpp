#include "engine/files/webp_animation.h"

#include <webp/encode.h>

#include <vector>

#include "kernels/core/contract/error.h"

namespace gan {

namespace {

/// `bytes` bytes of a number, the lowest first.
std::string little_endian(std::uint64_t number, int bytes) {
  std::string text;
  for (int i = 0; i < bytes; ++i) text += static_cast<char>(number >> (8 * i) & 0xFF);
  return text;
}

WebPConfig encoder_settings(WebpQuality quality) {
  constexpr int kLosslessEffort = 4;  // of 9
  constexpr float kHigh = 90;
  WebPConfig config;
  bool usable = WebPConfigInit(&config) != 0;
  if (quality == WebpQuality::Lossless) usable = usable && WebPConfigLosslessPreset(&config, kLosslessEffort) != 0;
  else config.quality = kHigh;
  if (!usable) throw MachineError("libwebp is another version than the one this program was built with");
  return config;
}

/// A picture of libwebp's and what it is written to.
class Encoding {
 public:
  Encoding() {
    if (WebPPictureInit(&picture_) == 0)
      throw MachineError("libwebp is another version than the one this program was built with");
    WebPMemoryWriterInit(&memory_);
  }
  Encoding(const Encoding&) = delete;
  Encoding& operator=(const Encoding&) = delete;
  ~Encoding() {
    WebPPictureFree(&picture_);
    WebPMemoryWriterClear(&memory_);
  }

  /// The file of one image.
  std::string encode(const std::vector<std::uint8_t>& rgb, std::int64_t height, std::int64_t width,
                     const WebPConfig& config) {
    picture_.width = static_cast<int>(width);
    picture_.height = static_cast<int>(height);
    picture_.use_argb = config.lossless;
    picture_.writer = WebPMemoryWrite;
    picture_.custom_ptr = &memory_;
    if (WebPPictureImportRGB(&picture_, rgb.data(), static_cast<int>(width * 3)) == 0 ||
        WebPEncode(&config, &picture_) == 0)
      throw MachineError(fmt::format("cannot encode a WebP image of {} x {}: error {} of libwebp", height, width,
                                     int{picture_.error_code}));
    return {reinterpret_cast<const char*>(memory_.mem), memory_.size};
  }

 private:
  WebPPicture picture_{};
  WebPMemoryWriter memory_{};
};

std::vector<std::uint8_t> rgb_of(const Image& image) {
  if (image.channels == 3) return image.pixels;
  std::vector<std::uint8_t> rgb;
  rgb.reserve(image.pixels.size() * 3);
  for (const std::uint8_t grey : image.pixels) rgb.insert(rgb.end(), 3, grey);
  return rgb;
}

/// Keeps the frames until the size of all is known.
class WebpEncoder final : public AnimationEncoder {
 public:
  WebpEncoder(const AnimationOptions& options, FileWriter& writer) : options_(options), writer_(writer) {}

  void add(const Image& frame) override {
    require(frame.height == options_.height && frame.width == options_.width && frame.channels == options_.channels,
            "a frame of {} x {} in an animation of {} x {}", frame.height, frame.width, options_.height,
            options_.width);
    constexpr std::int64_t kMilliseconds = 1000;
    frames_.push_back(webp_frame(
        frame, WebpQuality::Lossless,
        frame_duration(static_cast<std::int64_t>(frames_.size()), options_.frames_per_second, kMilliseconds)));
    bytes_ += frames_.back().size();
    if (bytes_ > kMaxWebpBytes - kWebpStartBytes)
      throw InputError("an animation of more than 4 GB, which WebP files cannot have; accepted are fewer frames");
  }

  void finish() override {
    writer_.write(webp_start(options_.height, options_.width, bytes_));
    for (const std::string& frame : frames_) writer_.write(frame);
  }

 private:
  AnimationOptions options_;
  FileWriter& writer_;
  std::vector<std::string> frames_;
  std::uint64_t bytes_ = 0;
};

}  // namespace

std::string webp_chunk(std::string_view name, std::string_view payload) {
  std::string chunk = std::string(name) + little_endian(payload.size(), 4);
  chunk += payload;
  if (payload.size() % 2 != 0) chunk += '\0';
  return chunk;
}

std::string webp_start(std::int64_t height, std::int64_t width, std::uint64_t frame_bytes) {
  constexpr std::uint64_t kHasAnimation = 0x02;
  const auto size = [](std::int64_t side) { return little_endian(static_cast<std::uint64_t>(side) - 1, 3); };
  const std::string canvas = little_endian(kHasAnimation, 4) + size(width) + size(height);
  const std::string white_and_endless = little_endian(0xFFFFFFFF, 4) + little_endian(0, 2);
  return "RIFF" + little_endian(kWebpStartBytes - kRiffHeaderBytes + frame_bytes, 4) + "WEBP" +
         webp_chunk("VP8X", canvas) + webp_chunk("ANIM", white_and_endless);
}

std::string webp_frame(const Image& image, WebpQuality quality, std::int64_t milliseconds, std::string_view more) {
  constexpr std::size_t kFileHeader = 12;  // RIFF, size, WEBP: the chunk with the bitstream follows
  constexpr std::uint64_t kReplaceCanvas = 0x02;
  require(image.height > 0 && image.width > 0 && image.height <= kMaxWebpSide && image.width <= kMaxWebpSide &&
              (image.channels == 1 || image.channels == 3) &&
              image.pixels.size() == static_cast<std::size_t>(image.height * image.width * image.channels),
          "a WebP image of {} x {} x {} from {} bytes", image.height, image.width, image.channels, image.pixels.size());
  const std::string file = Encoding().encode(rgb_of(image), image.height, image.width, encoder_settings(quality));
  const auto number = [](std::int64_t value) { return little_endian(static_cast<std::uint64_t>(value), 3); };
  std::string payload = number(0) + number(0) + number(image.width - 1) + number(image.height - 1) +
                        number(milliseconds) + little_endian(kReplaceCanvas, 1);
  payload += file.substr(kFileHeader);
  payload += more;
  return webp_chunk("ANMF", payload);
}

std::unique_ptr<AnimationEncoder> make_webp_encoder(const AnimationOptions& options, FileWriter& writer) {
  return std::make_unique<WebpEncoder>(options, writer);
}

}  // namespace gan
