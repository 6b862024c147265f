#include "engine/files/animation.h"

#include <cmath>
#include <cstdlib>

#include "tests/engine/files/decoded_animation.h"
#include "tests/engine/files/files_test_support.h"

namespace gan {
namespace {

using test::as_rgb;
using test::contents_of;
using test::DecodedAnimation;
using test::TemporaryFolder;

/// A picture that no other number gives; with noise, so that no encoder gets away with smoothing.
Image picture(int number, std::int64_t height, std::int64_t width, std::int64_t channels) {
  Image image{.height = height, .width = width, .channels = channels, .pixels = {}};
  std::uint32_t state = 77U + static_cast<std::uint32_t>(number);
  for (std::int64_t i = 0; i < height * width * channels; ++i)
    image.pixels.push_back(static_cast<std::uint8_t>((state = state * 1664525U + 1013904223U) >> 24));
  return image;
}

DecodedAnimation round_trip(AnimationFormat format, const std::vector<Image>& frames, int fps) {
  const TemporaryFolder folder;
  write_atomically(folder / "a", [&](FileWriter& writer) {
    const auto encoder = make_animation_encoder(format,
                                                {.height = frames[0].height,
                                                 .width = frames[0].width,
                                                 .channels = frames[0].channels,
                                                 .frames_per_second = fps},
                                                writer);
    for (const Image& frame : frames) encoder->add(frame);
    encoder->finish();
  });
  const std::string bytes = contents_of(folder / "a");
  return format == AnimationFormat::Webp ? test::decode_webp(bytes) : test::decode_gif(bytes);
}

TEST_CASE("the format follows from the file's ending", "[animation]") {
  CHECK(animation_format("a/walk.webp") == AnimationFormat::Webp);
  CHECK(animation_format("walk.gif") == AnimationFormat::Gif);
  for (const char* name : {"walk", "walk.png", "webp", "walk.webp.png", ".gif"}) CHECK(!animation_format(name));
}

TEST_CASE("frames last as long together as their rate says", "[animation]") {
  for (const int fps : {1, 3, 7, 24, 30, 50})
    for (const std::int64_t units : {100, 1000}) {
      std::int64_t time = 0;
      for (std::int64_t frame = 0; frame < 200; ++frame) {
        time += frame_duration(frame, fps, units);
        const double exact = static_cast<double>((frame + 1) * units) / fps;
        REQUIRE(std::abs(static_cast<double>(time) - exact) <= 0.5);
      }
    }
  CHECK(frame_duration(0, 50, 100) == 2);
}

TEST_CASE("WebP keeps every pixel, grey and colour, and every frame", "[animation]") {
  for (const std::int64_t channels : {1, 3}) {
    std::vector<Image> frames;
    for (int i = 0; i < 4; ++i) frames.push_back(picture(i, 5, 7, channels));
    frames.push_back(frames.back());  // one like its neighbour is a frame, too
    const DecodedAnimation animation = round_trip(AnimationFormat::Webp, frames, 30);
    REQUIRE(animation.frames.size() == frames.size());
    CHECK(animation.endless);
    CHECK(animation.milliseconds == std::vector<std::int64_t>{33, 67, 100, 133, 167});
    for (std::size_t i = 0; i < frames.size(); ++i) CHECK(animation.frames[i].pixels == as_rgb(frames[i]).pixels);
  }
}

TEST_CASE("GIF keeps every grey", "[animation]") {
  const std::vector<Image> frames = {picture(1, 9, 6, 1), picture(2, 9, 6, 1), picture(2, 9, 6, 1)};
  const DecodedAnimation animation = round_trip(AnimationFormat::Gif, frames, 30);
  REQUIRE(animation.frames.size() == 3);
  CHECK(animation.endless);
  CHECK(animation.milliseconds == std::vector<std::int64_t>{30, 70, 100});
  for (std::size_t i = 0; i < frames.size(); ++i) CHECK(animation.frames[i].pixels == as_rgb(frames[i]).pixels);
}

// giflib sorts colours into boxes of 5 bits a channel before it picks 256 of them: with fewer than 256 colours each keeps a
// box of its own, at most 7 away from it.
TEST_CASE("GIF keeps few colours to the step of its palette", "[animation]") {
  Image frame{.height = 10, .width = 20, .channels = 3, .pixels = {}};
  for (int i = 0; i < 200; ++i)
    for (const int colour : {i % 5 * 60, i / 5 % 8 * 30, i / 40 * 50})
      frame.pixels.push_back(static_cast<std::uint8_t>(colour));
  const DecodedAnimation animation = round_trip(AnimationFormat::Gif, {frame}, 10);
  REQUIRE(animation.frames.size() == 1);
  for (std::size_t i = 0; i < frame.pixels.size(); ++i)
    REQUIRE(std::abs(int{animation.frames[0].pixels[i]} - frame.pixels[i]) <= 7);
}

TEST_CASE("a frame of another size is a bug", "[animation]") {
  const TemporaryFolder folder;
  for (const AnimationFormat format : {AnimationFormat::Webp, AnimationFormat::Gif})
    CHECK_THROWS_AS(write_atomically(folder / "a",
                                     [&](FileWriter& writer) {
                                       const auto encoder = make_animation_encoder(
                                           format, {.height = 5, .width = 7, .channels = 1}, writer);
                                       encoder->add(picture(0, 7, 5, 1));
                                     }),
                    Error);
  CHECK(test::count_files(folder.path()) == 0);
}

TEST_CASE("sides that a format cannot have are refused", "[animation]") {
  const TemporaryFolder folder;
  const auto refusal = [&](AnimationFormat format, std::int64_t width) {
    return test::message_of<InputError>([&] {
      write_atomically(folder / "a", [&](FileWriter& writer) {
        make_animation_encoder(format, {.height = 1, .width = width, .channels = 1}, writer);
      });
    });
  };
  CHECK(test::contains(refusal(AnimationFormat::Webp, 16384), "accepted are up to 16383 a side"));
  CHECK(test::contains(refusal(AnimationFormat::Gif, 65536), "accepted are up to 65535 a side"));
}

TEST_CASE("a full disk ends an animation with a message and leaves nothing", "[animation]") {
  const TemporaryFolder folder;
  for (const AnimationFormat format : {AnimationFormat::Webp, AnimationFormat::Gif}) {
    const test::FileSizeLimit limit(1000);
    const std::string message = test::message_of<MachineError>([&] {
      write_atomically(folder / "a", [&](FileWriter& writer) {
        const auto encoder = make_animation_encoder(format, {.height = 50, .width = 50, .channels = 1}, writer);
        for (int i = 0; i < 5; ++i) encoder->add(picture(i, 50, 50, 1));
        encoder->finish();
      });
    });
    CHECK(test::contains(message, "cannot write '" + (folder / "a").string() + "': File too large"));
    CHECK(test::count_files(folder.path()) == 0);
  }
}

}  // namespace
}  // namespace gan
