#include "engine/data/image_folder.h"

#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <thread>

#include "engine/data/image_file.h"
#include "engine/data/parallel_each.h"
#include "tests/engine/data/loading_test_support.h"
#include "tests/engine/data/webp_files.h"

using namespace gan;
using test::Bytes;
using test::encode_jpeg;
using test::flat_png;
using test::grey_png;
using test::require_error;
using test::TemporaryFolder;

namespace {

DataOptions options_for(const TemporaryFolder& folder, int channels = 0, int threads = 2) {
  return {.source = folder.path(), .height = 4, .width = 6, .channels = channels, .seed = 0, .threads = threads};
}

Dataset load(const DataOptions& options) {
  const FolderImages images(options);
  report_passed_over(images, options);
  return load_encoded_images(images, "folder", options);
}

/// The first byte of every image.
Bytes first_of_each(const Dataset& dataset) {
  Bytes bytes;
  for (std::int64_t i = 0; i < dataset.count; ++i) bytes.push_back(dataset.pixels.at(i * dataset.image_bytes()));
  return bytes;
}

}  // namespace

TEST_CASE("a folder's images load in the order of their paths, by content", "[data][image_folder]") {
  const TemporaryFolder folder;
  folder.write("b/2.png", grey_png(5, 5, 20));
  folder.write("a.txt", grey_png(9, 3, 10));  // a suffix means nothing
  folder.write("c.jpg", encode_jpeg({.width = 8,
                                     .height = 8,
                                     .space = JCS_GRAYSCALE,
                                     .stored = JCS_GRAYSCALE,
                                     .samples = Bytes(64, 128)}));  // flat at 128 is exact: all coefficients are 0
  folder.write("b/10.png", grey_png(1, 1, 15));
  folder.write("b/deep/er/x", grey_png(300, 2, 30));
  folder.write("notes.png", Bytes{'t', 'e', 'x', 't'});  // passed over
  folder.write("empty", {});
  for (const int threads : {1, 3}) {
    const Dataset dataset = load(options_for(folder, 0, threads));
    REQUIRE(dataset.count == 5);
    REQUIRE(dataset.height == 4);
    REQUIRE(dataset.width == 6);
    REQUIRE(dataset.channels == 1);
    REQUIRE(first_of_each(dataset) == Bytes{10, 15, 20, 30, 128});
    REQUIRE(std::int64_t(dataset.pixels.size()) == dataset.count * dataset.image_bytes());
  }
}

TEST_CASE("channels are as asked, or as the images have them", "[data][image_folder]") {
  const TemporaryFolder folder;
  folder.write("1", grey_png(3, 3, 50));
  REQUIRE(load(options_for(folder, 0)).channels == 1);
  REQUIRE(load(options_for(folder, 3)).pixels == Bytes(4 * 6 * 3, 50));
  folder.write("2", flat_png(3, 3, 255, 0, 0));
  const Dataset as_data = load(options_for(folder, 0));
  REQUIRE(as_data.channels == 3);
  REQUIRE(first_of_each(as_data) == Bytes{50, 255});
  REQUIRE(as_data.pixels.at(4 * 6 * 3 + 1) == 0);
  REQUIRE(first_of_each(load(options_for(folder, 1))) == Bytes{50, 76});
}

TEST_CASE("folder images are resized to cover and cropped at the centre", "[data][image_folder]") {
  // 16 x 4 to 6 x 4: scale 1, the middle six columns.
  Bytes samples;
  for (int i = 0; i < 64; ++i) samples.push_back(std::uint8_t(i));
  const TemporaryFolder folder;
  folder.write("1",
               test::encode_png({.width = 16, .height = 4, .colour_type = PNG_COLOR_TYPE_GRAY, .samples = samples}));
  Bytes want;
  for (int y = 0; y < 4; ++y)
    for (int x = 5; x < 11; ++x) want.push_back(std::uint8_t(16 * y + x));
  REQUIRE(load(options_for(folder)).pixels == want);
}

TEST_CASE("linked folders are followed, circles once", "[data][image_folder]") {
  const TemporaryFolder folder, other;
  folder.write("1", grey_png(1, 1, 1));
  other.write("x", grey_png(1, 1, 2));
  other.write("y/z", grey_png(1, 1, 3));
  std::filesystem::create_directory_symlink(other.path(), folder / "2");
  std::filesystem::create_directory_symlink(folder.path(), other / "y/back");
  std::filesystem::create_symlink("nowhere", folder / "broken");
  REQUIRE(first_of_each(load(options_for(folder))) == Bytes{1, 2, 3});
}

TEST_CASE("folders without images are refused", "[data][image_folder]") {
  const TemporaryFolder folder;
  require_error<InputError>([&] { load(options_for(folder)); },
                            {folder.path(), "empty", "accepted: PNG, JPEG and WebP"});
  std::filesystem::create_directory(folder / "sub");
  require_error<InputError>([&] { load(options_for(folder)); }, {folder.path(), "empty"});
  folder.write("sub/readme.txt", Bytes{'h', 'i'});
  folder.write("table.csv", Bytes{'1'});
  require_error<InputError>([&] { load(options_for(folder)); },
                            {folder.path(), "no image among its 2 files: 2 text", "accepted: PNG, JPEG and WebP"});
}

TEST_CASE("a broken image in a folder is named, never left out; the first in order with any threads",
          "[data][image_folder]") {
  const TemporaryFolder folder;
  for (int i = 0; i < 40; ++i) folder.write(fmt::format("{:02}.png", i), grey_png(30, 30, 9));
  const Bytes whole = grey_png(30, 30, 9);
  folder.write("17.png", test::first_bytes(whole, whole.size() - 13));
  folder.write("31.png", test::first_bytes(whole, whole.size() - 20));
  for (const int threads : {1, 2, 8})
    for (const int channels : {0, 1})
      require_error<InputError>([&] { load(options_for(folder, channels, threads)); }, {"17.png", "damaged PNG file"});
}

TEST_CASE("a folder says what it passed over, by kind", "[data][image_folder]") {
  const TemporaryFolder folder;
  test::RecordingObserver observer;
  DataOptions options = options_for(folder);
  options.observer = &observer;
  folder.write("1.png", grey_png(1, 1, 1));
  load(options);
  REQUIRE(observer.notices.empty());  // nothing to say
  folder.write("a/2.gif", Bytes{'G', 'I', 'F', '8', '9', 'a'});
  folder.write("notes.png", Bytes{'h', 'i'});
  folder.write("b/3.gif", Bytes{'G', 'I', 'F', '8', '7', 'a'});
  folder.write("4.webp", test::animated_webp_header());
  REQUIRE(load(options).count == 1);
  REQUIRE(observer.notices ==
          std::vector<std::string>{folder.path().string() + ": passed over 4 files: 2 GIF, 1 animated WebP, 1 text"});
}

TEST_CASE("WebP files load beside the others", "[data][image_folder]") {
  const TemporaryFolder folder;
  folder.write("1.png", grey_png(4, 4, 9));
  folder.write("2.webp", test::encode_webp_lossless(1, 1, 3, {70, 80, 90}));
  const Dataset dataset = load(options_for(folder));
  REQUIRE(dataset.channels == 3);
  REQUIRE(first_of_each(dataset) == Bytes{9, 70});
}

TEST_CASE("damaged images are left out when asked, and named", "[data][image_folder]") {
  const TemporaryFolder folder;
  const Bytes whole = grey_png(30, 30, 9);
  folder.write("1.png", grey_png(3, 3, 10));
  const std::string half = folder.write("2.png", test::first_bytes(whole, whole.size() - 13));
  folder.write("3.png", grey_png(3, 3, 30));
  const std::string head = folder.write("4.png", test::first_bytes(whole, 9));
  folder.write("5.png", grey_png(3, 3, 50));
  for (const int threads : {1, 3})
    for (const int channels : {0, 1, 3}) {
      DataOptions options = options_for(folder, channels, threads);
      options.skip_damaged = true;
      const Dataset dataset = load(options);
      REQUIRE(dataset.count == 3);
      REQUIRE(dataset.channels == std::max(1, channels));
      REQUIRE(first_of_each(dataset) == Bytes{10, 30, 50});
      REQUIRE(std::int64_t(dataset.pixels.size()) == 3 * dataset.image_bytes());
      REQUIRE(dataset.left_out.size() == 2);
      REQUIRE(dataset.left_out[0].starts_with(half + ": damaged PNG file"));
      REQUIRE(dataset.left_out[1].starts_with(head + ": damaged PNG file"));
    }
}

TEST_CASE("a folder of nothing but damaged images is refused all the same", "[data][image_folder]") {
  const TemporaryFolder folder;
  const std::string half = folder.write("1.png", test::first_bytes(grey_png(30, 30, 9), 40));
  DataOptions options = options_for(folder);
  options.skip_damaged = true;
  require_error<InputError>([&] { load(options); },
                            {folder.path(), "none of its 1 images can be read", half + ": damaged PNG file"});
}

TEST_CASE("files and folders that may not be read are named", "[data][image_folder]") {
  if (geteuid() == 0) {
    WARN("not shown: the superuser may read everything");
    return;
  }
  const TemporaryFolder folder;
  const std::string file = folder.write("1.png", grey_png(1, 1, 1));
  std::filesystem::permissions(file, std::filesystem::perms::none);
  require_error<InputError>([&] { load(options_for(folder)); }, {file, "cannot be read: Permission denied"});
  std::filesystem::remove(file);
  folder.write("sub/1.png", grey_png(1, 1, 1));
  std::filesystem::permissions(folder / "sub", std::filesystem::perms::none);
  require_error<InputError>([&] { load(options_for(folder)); }, {(folder / "sub").string(), "cannot be read"});
  std::filesystem::permissions(folder / "sub", std::filesystem::perms::owner_all);
}

TEST_CASE("independent items all run once, and the smallest error wins", "[data][image_folder]") {
  for (const int threads : {1, 2, 7})
    for (const int count : {0, 1, 6, 100}) {
      std::vector<int> runs(count);
      for_each_index(count, threads, [&](std::int64_t i) { ++runs[i]; });
      REQUIRE(std::all_of(runs.begin(), runs.end(), [](int times) { return times == 1; }));
    }
  for (const int slow : {0, 1})  // whichever of the two throws last
    require_error<InputError>(
        [&] {
          std::atomic<int> begun{0};
          for_each_index(2, 2, [&](std::int64_t i) {
            ++begun;
            const auto patience =
                std::chrono::steady_clock::now() + std::chrono::seconds(1);  // where there is one thread
            while (begun < 2 && std::chrono::steady_clock::now() < patience) std::this_thread::yield();
            if (i == slow) std::this_thread::sleep_for(std::chrono::milliseconds(20));
            throw InputError(fmt::format("item {}", i));
          });
        },
        {"item 0"});
}
