#include "engine/files/gif_animation.h"

#include <gif_lib.h>

#include <exception>
#include <span>
#include <utility>
#include <vector>

#include "kernels/core/contract/error.h"

namespace gan {

namespace {

constexpr int kColours = 256, kBitsAColour = 8;
constexpr std::int64_t kHundredths = 100;  // GIF's unit of time, of a second

struct ColorMapDeleter {
  void operator()(ColorMapObject* map) const { GifFreeMapObject(map); }
};
using ColorMap = std::unique_ptr<ColorMapObject, ColorMapDeleter>;

ColorMap make_map() {
  ColorMap map(GifMakeMapObject(kColours, nullptr));
  if (!map) throw MachineError("no memory for the colours of a GIF");
  return map;
}

ColorMap grey_map() {
  ColorMap map = make_map();
  for (int i = 0; i < kColours; ++i) {
    const auto grey = static_cast<GifByteType>(i);
    map->Colors[i] = {grey, grey, grey};
  }
  return map;
}

/// A frame's colours and each pixel's place among them.
struct IndexedFrame {
  ColorMap colours;
  std::vector<GifByteType> indices;
};

IndexedFrame quantize(const Image& frame) {
  const std::size_t count = frame.pixels.size() / 3;
  std::vector<GifByteType> red(count), green(count), blue(count);
  for (std::size_t i = 0; i < count; ++i) {
    red[i] = frame.pixels[3 * i];
    green[i] = frame.pixels[3 * i + 1];
    blue[i] = frame.pixels[3 * i + 2];
  }
  IndexedFrame indexed{.colours = make_map(), .indices = std::vector<GifByteType>(count)};
  int colours = kColours;
  if (GifQuantizeBuffer(static_cast<unsigned>(frame.width), static_cast<unsigned>(frame.height), &colours, red.data(),
                        green.data(), blue.data(), indexed.indices.data(), indexed.colours->Colors) == GIF_ERROR)
    throw MachineError("no memory for the colours of a GIF");
  return indexed;
}

class GifEncoder final : public AnimationEncoder {
 public:
  GifEncoder(const AnimationOptions& options, FileWriter& writer) : options_(options), writer_(writer) {
    int error = 0;
    gif_ = EGifOpen(this, write, &error);
    if (gif_ == nullptr) throw MachineError(fmt::format("cannot begin a GIF: error {} of giflib", error));
    EGifSetGifVersion(gif_, true);
    const ColorMap greys = options.channels == 1 ? grey_map() : nullptr;
    check(EGifPutScreenDesc(gif_, static_cast<int>(options.width), static_cast<int>(options.height), kBitsAColour, 0,
                            greys.get()));
    repeat_endlessly();
  }
  GifEncoder(const GifEncoder&) = delete;
  GifEncoder& operator=(const GifEncoder&) = delete;
  ~GifEncoder() override {
    stopped_ = true;
    if (gif_ != nullptr) EGifCloseFile(gif_, nullptr);
  }

  void add(const Image& frame) override {
    require(frame.height == options_.height && frame.width == options_.width && frame.channels == options_.channels,
            "a frame of {} x {} in an animation of {} x {}", frame.height, frame.width, options_.height,
            options_.width);
    GraphicsControlBlock control{
        .DisposalMode = DISPOSE_DO_NOT,
        .UserInputFlag = false,
        .DelayTime = static_cast<int>(frame_duration(frames_++, options_.frames_per_second, kHundredths)),
        .TransparentColor = NO_TRANSPARENT_COLOR};
    GifByteType extension[4];
    EGifGCBToExtension(&control, extension);
    check(EGifPutExtension(gif_, GRAPHICS_EXT_FUNC_CODE, sizeof extension, extension));
    IndexedFrame indexed =
        frame.channels == 1 ? IndexedFrame{.colours = nullptr, .indices = frame.pixels} : quantize(frame);
    const auto width = static_cast<int>(frame.width), height = static_cast<int>(frame.height);
    check(EGifPutImageDesc(gif_, 0, 0, width, height, false, indexed.colours.get()));
    for (int y = 0; y < height; ++y)
      check(EGifPutLine(gif_, indexed.indices.data() + static_cast<std::ptrdiff_t>(y) * width, width));
  }

  void finish() override {
    int error = 0;
    const int closed = EGifCloseFile(std::exchange(gif_, nullptr), &error);
    if (failure_) std::rethrow_exception(failure_);
    if (closed == GIF_ERROR) throw MachineError(fmt::format("cannot end a GIF: error {} of giflib", error));
  }

 private:
  /// giflib's output. No exception may pass through a library of C: the first is kept for check().
  static int write(GifFileType* gif, const GifByteType* bytes, int count) {
    auto& self = *static_cast<GifEncoder*>(gif->UserData);
    if (self.stopped_) return count;  // given up: what closing the file still writes goes nowhere
    try {
      self.writer_.write(std::as_bytes(std::span(bytes, static_cast<std::size_t>(count))));
      return count;
    } catch (...) {
      self.failure_ = std::current_exception();
      self.stopped_ = true;
      return 0;
    }
  }

  void check(int result) const {
    if (failure_) std::rethrow_exception(failure_);
    if (result == GIF_ERROR) throw MachineError(fmt::format("cannot write a GIF: error {} of giflib", gif_->Error));
  }

  /// Netscape's application extension: sub-block 1 with a count of loops, 0 for no end.
  void repeat_endlessly() {
    constexpr GifByteType kLoops[] = {1, 0, 0};
    check(EGifPutExtensionLeader(gif_, APPLICATION_EXT_FUNC_CODE));
    check(EGifPutExtensionBlock(gif_, 11, "NETSCAPE2.0"));
    check(EGifPutExtensionBlock(gif_, sizeof kLoops, kLoops));
    check(EGifPutExtensionTrailer(gif_));
  }

  AnimationOptions options_;
  FileWriter& writer_;
  GifFileType* gif_ = nullptr;
  std::int64_t frames_ = 0;
  std::exception_ptr failure_;
  bool stopped_ = false;
};

}  // namespace

std::unique_ptr<AnimationEncoder> make_gif_encoder(const AnimationOptions& options, FileWriter& writer) {
  return std::make_unique<GifEncoder>(options, writer);
}

}  // namespace gan
