#include "tests/engine/files/decoded_animation.h"

#include <gif_lib.h>
#include <webp/demux.h>

#include <algorithm>
#include <cstring>
#include <memory>

#include "kernels/core/contract/error.h"

namespace gan::test {

namespace {

struct WebpDeleter {
  void operator()(WebPAnimDecoder* decoder) const { WebPAnimDecoderDelete(decoder); }
};
struct GifDeleter {
  void operator()(GifFileType* gif) const { DGifCloseFile(gif, nullptr); }
};

/// What is left of a file that giflib reads.
struct Unread {
  const char* at;
  std::size_t count;
};

int read_some(GifFileType* gif, GifByteType* bytes, int wanted) {
  auto& unread = *static_cast<Unread*>(gif->UserData);
  const std::size_t count = std::min(unread.count, static_cast<std::size_t>(wanted));
  std::memcpy(bytes, unread.at, count);
  unread.at += count;
  unread.count -= count;
  return static_cast<int>(count);
}

/// How long a frame is shown, in milliseconds; and whether it says that nothing is transparent.
std::int64_t duration_of(GifFileType* gif, int frame) {
  GraphicsControlBlock control;
  require(DGifSavedExtensionToGCB(gif, frame, &control) == GIF_OK, "frame {} of a GIF has no duration", frame);
  require(control.TransparentColor == NO_TRANSPARENT_COLOR, "frame {} of a GIF is transparent", frame);
  return control.DelayTime * 10;
}

bool repeats(const GifFileType* gif) {
  const SavedImage& first = gif->SavedImages[0];
  for (int i = 0; i + 1 < first.ExtensionBlockCount; ++i) {
    const ExtensionBlock &name = first.ExtensionBlocks[i], &loops = first.ExtensionBlocks[i + 1];
    if (name.Function == APPLICATION_EXT_FUNC_CODE &&
        std::string(name.Bytes, name.Bytes + name.ByteCount) == "NETSCAPE2.0" && loops.ByteCount == 3 &&
        loops.Bytes[1] == 0 && loops.Bytes[2] == 0)
      return true;
  }
  return false;
}

}  // namespace

DecodedAnimation decode_webp(const std::string& bytes) {
  const WebPData data{.bytes = reinterpret_cast<const std::uint8_t*>(bytes.data()), .size = bytes.size()};
  WebPAnimDecoderOptions options;
  WebPAnimDecoderOptionsInit(&options);
  const std::unique_ptr<WebPAnimDecoder, WebpDeleter> decoder(WebPAnimDecoderNew(&data, &options));
  require(decoder != nullptr, "{} bytes are no WebP animation", bytes.size());
  WebPAnimInfo info;
  WebPAnimDecoderGetInfo(decoder.get(), &info);
  DecodedAnimation animation{.endless = info.loop_count == 0};
  while (WebPAnimDecoderHasMoreFrames(decoder.get())) {
    std::uint8_t* rgba = nullptr;
    int time = 0;
    require(WebPAnimDecoderGetNext(decoder.get(), &rgba, &time) != 0, "frame {} of a WebP animation is damaged",
            animation.frames.size());
    Image frame{.height = info.canvas_height, .width = info.canvas_width, .channels = 3, .pixels = {}};
    for (std::int64_t i = 0; i < frame.height * frame.width; ++i) {
      require(rgba[4 * i + 3] == 255, "a transparent pixel");
      frame.pixels.insert(frame.pixels.end(), rgba + 4 * i, rgba + 4 * i + 3);
    }
    animation.frames.push_back(std::move(frame));
    animation.milliseconds.push_back(time);
  }
  require(animation.frames.size() == info.frame_count, "{} of {} frames can be read", animation.frames.size(),
          info.frame_count);
  return animation;
}

DecodedAnimation decode_gif(const std::string& bytes) {
  Unread unread{.at = bytes.data(), .count = bytes.size()};
  int error = 0;
  const std::unique_ptr<GifFileType, GifDeleter> gif(DGifOpen(&unread, read_some, &error));
  require(gif != nullptr && DGifSlurp(gif.get()) == GIF_OK && gif->ImageCount > 0, "{} bytes are no GIF", bytes.size());
  DecodedAnimation animation{.endless = repeats(gif.get())};
  std::int64_t time = 0;
  for (int i = 0; i < gif->ImageCount; ++i) {
    const SavedImage& saved = gif->SavedImages[i];
    const GifImageDesc& place = saved.ImageDesc;
    require(place.Left == 0 && place.Top == 0 && place.Width == gif->SWidth && place.Height == gif->SHeight,
            "frame {} of a GIF does not cover the canvas", i);
    const ColorMapObject* const map = place.ColorMap != nullptr ? place.ColorMap : gif->SColorMap;
    Image frame{.height = place.Height, .width = place.Width, .channels = 3, .pixels = {}};
    for (int pixel = 0; pixel < place.Width * place.Height; ++pixel) {
      const GifColorType& colour = map->Colors[saved.RasterBits[pixel]];
      frame.pixels.insert(frame.pixels.end(), {colour.Red, colour.Green, colour.Blue});
    }
    animation.frames.push_back(std::move(frame));
    animation.milliseconds.push_back(time += duration_of(gif.get(), i));
  }
  return animation;
}

Image as_rgb(const Image& image) {
  if (image.channels == 3) return image;
  Image rgb{.height = image.height, .width = image.width, .channels = 3, .pixels = {}};
  for (const std::uint8_t grey : image.pixels) rgb.pixels.insert(rgb.pixels.end(), 3, grey);
  return rgb;
}

}  // namespace gan::test
