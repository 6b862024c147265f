#include "engine/files/growing_webp.h"

#include <limits>

#include "tests/engine/files/decoded_animation.h"
#include "tests/engine/files/files_test_support.h"

namespace gan {
namespace {

using test::as_rgb;
using test::contents_of;
using test::TemporaryFolder;

constexpr std::int64_t kAll = std::numeric_limits<std::int64_t>::max(), kMilliseconds = 125;
constexpr int kFrames = 4;

/// A grey gradient that grows lighter from number to number.
Image picture(std::int64_t number, std::int64_t height = 12, std::int64_t width = 18) {
  Image image{.height = height, .width = width, .channels = 1, .pixels = {}};
  for (std::int64_t i = 0; i < height * width; ++i)
    image.pixels.push_back(static_cast<std::uint8_t>(number / 100 * 20 + i / 4));
  return image;
}

void add(GrowingWebp& file, std::int64_t number) { REQUIRE(file.add(number, picture(number), kMilliseconds)); }

/// Frames 100, 200 ... `frames` hundred, written in one go.
std::string undisturbed(int frames) {
  const TemporaryFolder folder;
  {
    GrowingWebp file(folder / "e.webp", 0);
    for (int i = 1; i <= frames; ++i) add(file, 100 * i);
    file.sync();
  }
  return contents_of(folder / "e.webp");
}

TEST_CASE("after every frame the file is an animation of the frames so far", "[growing_webp]") {
  const TemporaryFolder folder;
  const auto path = folder / "e.webp";
  GrowingWebp file(path, 0);
  CHECK(!std::filesystem::exists(path));
  for (int i = 1; i <= kFrames; ++i) {
    add(file, 100 * i);
    CHECK(file.last_number() == 100 * i);
    const test::DecodedAnimation animation = test::decode_webp(contents_of(path));
    REQUIRE(animation.frames.size() == static_cast<std::size_t>(i));
    CHECK(animation.endless);
    CHECK(animation.milliseconds.back() == i * kMilliseconds);
    const Image expected = as_rgb(picture(100 * i));
    REQUIRE(animation.frames.back().pixels.size() == expected.pixels.size());
    // Frames are 20 apart; quality 90 keeps a smooth gradient far nearer than half of that.
    for (std::size_t k = 0; k < expected.pixels.size(); ++k)
      REQUIRE(std::abs(int{animation.frames.back().pixels[k]} - expected.pixels[k]) < 10);
  }
}

TEST_CASE("opening keeps the frames up to a number; going on gives the same bytes", "[growing_webp]") {
  const std::string whole = undisturbed(kFrames);
  for (const std::int64_t last : {-1, 0, 99, 100, 250, 399, 400, 1000}) {
    INFO("last " << last);
    const TemporaryFolder folder;
    const auto path = folder / "e.webp";
    test::write_plainly(path, whole);
    GrowingWebp file(path, last);
    const auto kept = static_cast<int>(std::clamp<std::int64_t>(last / 100, 0, kFrames));
    if (kept == 0) {
      CHECK(!std::filesystem::exists(path));
      CHECK(!file.last_number());
    } else {
      CHECK((contents_of(path) == undisturbed(kept)));
      CHECK(file.last_number() == 100 * kept);
    }
    for (int i = kept + 1; i <= kFrames; ++i) add(file, 100 * i);
    CHECK((contents_of(path) == whole));
  }
}

// What a killed process leaves: the header states the old end or the new one, and the file ends anywhere behind the old one.
TEST_CASE("a process that dies at any byte of a frame loses that frame alone", "[growing_webp]") {
  const std::string before = undisturbed(2), after = undisturbed(3);
  for (std::size_t size = before.size(); size <= after.size(); ++size)
    for (const std::string* header : {&before, &after}) {
      INFO(size << " bytes, " << (header == &before ? "old" : "new") << " end");
      const TemporaryFolder folder;
      const auto path = folder / "e.webp";
      test::write_plainly(path, header->substr(0, 44) + after.substr(44, size - 44));
      if (header == &before) CHECK(test::decode_webp(contents_of(path)).frames.size() == 2);
      GrowingWebp file(path, kAll);
      const bool whole = header == &after && size == after.size();
      REQUIRE((contents_of(path) == (whole ? after : before)));
      if (!whole) add(file, 300);
      REQUIRE((contents_of(path) == after));
    }
}

TEST_CASE("what is no file of ours is replaced by the first frame", "[growing_webp]") {
  const std::string whole = undisturbed(2);
  std::string not_webp = whole;
  not_webp[8] = 'X';
  for (const std::string& contents : {std::string(), std::string("RIFF"), whole.substr(0, 43), whole.substr(0, 44),
                                      not_webp, std::string(1000, '\0'), std::string(1000, '\xff')}) {
    const TemporaryFolder folder;
    const auto path = folder / "e.webp";
    test::write_plainly(path, contents);
    GrowingWebp file(path, kAll);
    CHECK(!file.last_number());
    CHECK(!std::filesystem::exists(path));
    add(file, 100);
    add(file, 200);
    CHECK((contents_of(path) == whole));
  }
}

TEST_CASE("sizes: one for all frames, none beyond the format's", "[growing_webp]") {
  const TemporaryFolder folder;
  GrowingWebp file(folder / "e.webp", 0);
  CHECK(file.accepts(picture(1, 1, 16383)));
  CHECK(!file.accepts(picture(1, 1, 16384)));
  add(file, 100);
  CHECK(file.accepts(picture(200)));
  CHECK(!file.accepts(picture(200, 18, 12)));
  CHECK_THROWS_AS(file.add(200, picture(200, 18, 12), kMilliseconds), Error);
  CHECK_THROWS_AS(file.add(100, picture(100), kMilliseconds), Error);
}

TEST_CASE("a file that was moved away is followed by a new one", "[growing_webp]") {
  const TemporaryFolder folder;
  GrowingWebp file(folder / "e.webp", 0);
  add(file, 100);
  file.move_to(folder / "old.webp");
  CHECK((contents_of(folder / "old.webp") == undisturbed(1)));
  REQUIRE(file.add(200, picture(200, 5, 5), kMilliseconds));
  CHECK(test::decode_webp(contents_of(folder / "e.webp")).frames.size() == 1);
}

TEST_CASE("a full disk: the message names the file, and the frames before stay readable", "[growing_webp]") {
  const TemporaryFolder folder;
  const auto path = folder / "e.webp";
  GrowingWebp file(path, 0);
  add(file, 100);
  const std::string before = contents_of(path);
  {
    const test::FileSizeLimit limit(before.size() + 10);
    const std::string message = test::message_of<MachineError>([&] { file.add(200, picture(200), kMilliseconds); });
    CHECK(test::contains(message, "cannot write '" + path.string() + "': File too large"));
  }
  CHECK(test::decode_webp(contents_of(path)).frames.size() == 1);
  add(file, 200);
  CHECK((contents_of(path) == undisturbed(2)));
}

}  // namespace
}  // namespace gan
