#include "engine/data/image_cache.h"

#include <algorithm>

#include "engine/data/load.h"
#include "engine/files/atomic_file.h"
#include "engine/files/safetensors.h"
#include "tests/engine/data/loading_test_support.h"
#include "tests/engine/data/zip_files.h"
#include "tests/engine/files/files_test_support.h"

using namespace gan;
using test::Bytes;
using test::grey_png;
using test::require_error;
using test::TemporaryFolder;

namespace {

namespace fs = std::filesystem;

/// Image files, and a place for caches of them.
struct Stage {
  Stage() {
    for (int i = 1; i <= 3; ++i) images.write(fmt::format("{}.png", i), grey_png(4, 4, std::uint8_t(10 * i)));
    options = {.source = images.path(), .height = 4, .width = 4, .cache = cache(), .observer = &observer};
  }

  fs::path cache() const { return place / "cache"; }

  /// Loads, and says whether the cache served.
  bool served() {
    bool loaded = false;
    std::vector<std::string> files;
    for (const auto& entry : fs::recursive_directory_iterator(options.source)) files.push_back(entry.path().string());
    std::sort(files.begin(), files.end());
    dataset = load_through_cache("images", files, options, [&] {
      loaded = true;
      DataOptions plain = options;
      plain.cache.clear();
      plain.observer = nullptr;
      return load_dataset(plain);
    });
    return !loaded;
  }

  TemporaryFolder images, place;
  test::RecordingObserver observer;
  DataOptions options;
  Dataset dataset;
};

const Bytes kThree = test::joined({Bytes(16, 10), Bytes(16, 20), Bytes(16, 30)});

}  // namespace

TEST_CASE("a cache serves the images that were decoded", "[data][image_cache]") {
  Stage stage;
  REQUIRE_FALSE(stage.served());
  REQUIRE(stage.dataset.pixels == kThree);
  REQUIRE(stage.served());
  REQUIRE(stage.dataset.name == "images");
  REQUIRE(stage.dataset.count == 3);
  REQUIRE(stage.dataset.height == 4);
  REQUIRE(stage.dataset.width == 4);
  REQUIRE(stage.dataset.channels == 1);
  REQUIRE(stage.dataset.pixels == kThree);
  REQUIRE(stage.observer.notices.empty());
}

TEST_CASE("a cache follows content: not times, not places", "[data][image_cache]") {
  Stage stage;
  REQUIRE_FALSE(stage.served());
  fs::last_write_time(stage.images / "2.png", fs::file_time_type::clock::now() + std::chrono::hours(1));
  REQUIRE(stage.served());
  const TemporaryFolder copy;
  fs::copy(stage.images.path(), copy.path(), fs::copy_options::recursive);
  stage.options.source = copy.path();
  REQUIRE(stage.served());

  // One byte, with size and time as they were.
  Bytes other = grey_png(4, 4, 20);
  const auto time = fs::last_write_time(copy / "2.png");
  const Bytes changed = grey_png(4, 4, 21);
  REQUIRE(changed.size() == other.size());
  copy.write("2.png", changed);
  fs::last_write_time(copy / "2.png", time);
  REQUIRE_FALSE(stage.served());
  REQUIRE(stage.dataset.pixels == test::joined({Bytes(16, 10), Bytes(16, 21), Bytes(16, 30)}));
  REQUIRE(stage.served());
  REQUIRE(stage.dataset.pixels == test::joined({Bytes(16, 10), Bytes(16, 21), Bytes(16, 30)}));
}

TEST_CASE("a stale cache is never used: files, names, size, channels, skipping", "[data][image_cache]") {
  const auto stale_after = [](const auto& change) {
    Stage stage;
    REQUIRE_FALSE(stage.served());
    change(stage);
    REQUIRE_FALSE(stage.served());
    REQUIRE(stage.observer.notices.size() == 1);
    REQUIRE(stage.observer.notices[0] ==
            stage.cache().string() + ": is of other images or settings; the images are decoded again");
    REQUIRE(stage.served());  // of now
  };
  stale_after([](Stage& stage) { stage.images.write("4.png", grey_png(4, 4, 40)); });
  stale_after([](Stage& stage) { fs::remove(stage.images / "1.png"); });
  stale_after([](Stage& stage) { fs::rename(stage.images / "1.png", stage.images / "9.png"); });
  stale_after([](Stage& stage) { stage.options.width = 5; });
  stale_after([](Stage& stage) { stage.options.height = 5; });
  stale_after([](Stage& stage) { stage.options.channels = 1; });
  stale_after([](Stage& stage) { stage.options.skip_damaged = true; });
}

TEST_CASE("threads do not change a cache", "[data][image_cache]") {
  Stage stage;
  REQUIRE_FALSE(stage.served());
  stage.options.threads = 3;
  REQUIRE(stage.served());
}

TEST_CASE("a folder keeps a cache for each key", "[data][image_cache]") {
  Stage stage;
  stage.options.cache = stage.place.path().string() + "/new/";
  REQUIRE_FALSE(stage.served());
  stage.options.width = 5;
  REQUIRE_FALSE(stage.served());
  REQUIRE(stage.served());
  stage.options.width = 4;
  REQUIRE(stage.served());
  REQUIRE(stage.dataset.pixels == kThree);
  stage.options.cache = stage.place / "new";  // it exists
  REQUIRE(stage.served());
  REQUIRE(test::count_files(stage.place / "new") == 2);
  for (const auto& entry : fs::directory_iterator(stage.place / "new"))
    REQUIRE(entry.path().filename().string().starts_with("gan_cuda-images-"));
  REQUIRE(stage.observer.notices.empty());
}

TEST_CASE("a damaged cache is never used: every byte counts", "[data][image_cache]") {
  Stage stage;
  stage.served();
  const std::string whole = test::contents_of(stage.cache());
  const auto refused = [&](const std::string& bytes) {
    test::write_plainly(stage.cache(), bytes);
    require_error<InputError>([&] { stage.served(); }, {"--cache " + stage.cache().string(),
                                                        "accepted: a new file, a cache that gan_cuda wrote"});
    REQUIRE(test::contents_of(stage.cache()) == bytes);  // it may be something else, and precious
  };
  for (std::size_t byte = 0; byte < whole.size(); ++byte) {
    std::string damaged = whole;
    damaged[byte] = char(damaged[byte] ^ 0x10);
    refused(damaged);
  }
  for (const std::size_t length : {std::size_t{0}, std::size_t{1}, whole.size() / 2, whole.size() - 1})
    refused(whole.substr(0, length));
  test::write_plainly(stage.cache(), whole);
  REQUIRE(stage.served());
}

TEST_CASE("a damaged cache in a folder is written anew", "[data][image_cache]") {
  Stage stage;
  stage.options.cache = stage.place.path();
  stage.served();
  const fs::path file = fs::directory_iterator(stage.place.path())->path();
  std::string bytes = test::contents_of(file);
  bytes.back() = char(bytes.back() ^ 1);
  test::write_plainly(file, bytes);
  REQUIRE_FALSE(stage.served());
  REQUIRE(stage.dataset.pixels == kThree);
  REQUIRE(stage.observer.notices.size() == 1);
  REQUIRE(test::contains(stage.observer.notices[0], "damaged"));
  REQUIRE(stage.served());
}

TEST_CASE("files that are no caches are not overwritten", "[data][image_cache]") {
  Stage stage;
  test::write_plainly(stage.cache(), "precious");
  require_error<InputError>([&] { stage.served(); }, {"--cache", "accepted"});
  REQUIRE(test::contents_of(stage.cache()) == "precious");
  save_safetensors(stage.cache(), {.metadata = {{"iteration", "7"}}, .tensors = {}});  // a checkpoint, say
  require_error<InputError>([&] { stage.served(); }, {"--cache", "is no cache of images", "accepted"});
  REQUIRE(load_safetensors(stage.cache()).metadata.at("iteration") == "7");
}

TEST_CASE("places that cannot be written are refused before anything is decoded", "[data][image_cache]") {
  Stage stage;
  stage.options.cache = stage.place / "none/cache";
  require_error<InputError>([&] { stage.served(); }, {"--cache", "none is no folder", "accepted"});
  stage.options.cache = (stage.place / "none/deep").string() + "/";
  require_error<InputError>([&] { stage.served(); }, {"--cache", "cannot be made: No such file", "accepted"});
  test::write_plainly(stage.place / "file", "");
  stage.options.cache = (stage.place / "file").string() + "/";
  require_error<InputError>([&] { stage.served(); }, {"--cache", "accepted"});
}

TEST_CASE("a write that fails leaves nothing, and the images all the same", "[data][image_cache]") {
  Stage stage;
  bool served = true;
  {
    const test::FileSizeLimit full_disk(100);
    served = stage.served();
  }
  REQUIRE_FALSE(served);
  REQUIRE(stage.dataset.pixels == kThree);
  REQUIRE(stage.observer.notices.size() == 1);
  REQUIRE(test::contains(stage.observer.notices[0], "nothing is cached"));
  REQUIRE(fs::is_empty(stage.place.path()));
}

TEST_CASE("what a killed run left of a cache is cleared, and nothing else", "[data][image_cache]") {
  for (const bool folder : {false, true}) {
    Stage stage;
    if (folder) stage.options.cache = stage.place.path();
    const fs::path ours =
        stage.place / (folder ? "gan_cuda-images-0123.safetensors.77-0.partial" : "cache.77-0.partial");
    test::write_plainly(ours, "half");
    test::write_plainly(stage.place / "film.partial", "precious");
    REQUIRE_FALSE(stage.served());
    REQUIRE(!fs::exists(ours));
    REQUIRE(test::contents_of(stage.place / "film.partial") == "precious");
  }
}

TEST_CASE("files that change while they are read are not cached", "[data][image_cache]") {
  Stage stage;
  const std::vector<std::string> files = {(stage.images / "1.png").string()};
  const Dataset dataset = load_through_cache("images", files, stage.options, [&] {
    stage.images.write("1.png", grey_png(4, 4, 11));
    return Dataset{.name = "images", .count = 1, .height = 4, .width = 4, .channels = 1, .pixels = Bytes(16, 11)};
  });
  REQUIRE(dataset.pixels == Bytes(16, 11));
  REQUIRE(stage.observer.notices.size() == 1);
  REQUIRE(test::contains(stage.observer.notices[0], "files have changed while they were read; nothing is cached"));
  REQUIRE(fs::is_empty(stage.place.path()));
}

TEST_CASE("what was left out and passed over is told with a cache, too, under the name of the day",
          "[data][image_cache]") {
  Stage stage;
  const Bytes whole = grey_png(30, 30, 9);
  stage.images.write("2.png", test::first_bytes(whole, whole.size() - 13));
  stage.images.write("x.gif", Bytes{'G', 'I', 'F', '8'});
  stage.options.skip_damaged = true;
  const TemporaryFolder copy;
  fs::copy(stage.images.path(), copy.path(), fs::copy_options::recursive);
  for (const std::string& source : {stage.images.path().string(), copy.path().string()}) {
    stage.options.source = source;
    stage.observer.notices.clear();
    REQUIRE(load_dataset(stage.options).pixels == test::joined({Bytes(16, 10), Bytes(16, 30)}));
    REQUIRE(stage.observer.notices.size() == 2);
    REQUIRE(stage.observer.notices[0] == source + ": passed over 1 file: 1 GIF");
    REQUIRE(stage.observer.notices[1].starts_with("left out " + source + "/2.png: damaged PNG file"));
  }
  REQUIRE(test::count_files(stage.place.path()) == 1);
}

TEST_CASE("archives and plain files are cached like folders", "[data][image_cache]") {
  const TemporaryFolder folder;
  const std::string zip = folder.write("a.zip", test::zip_archive({{"1.png", grey_png(4, 4, 7)}, {"x", {1, 2, 3}}}));
  const std::string idx = folder.write("idx", test::joined({test::idx_header({1, 4, 4}), Bytes(16, 8)}));
  for (const std::string& source : {zip, idx}) {
    test::RecordingObserver observer;
    const DataOptions options{
        .source = source, .height = 4, .width = 4, .cache = folder / "cache/", .observer = &observer};
    const Dataset first = load_dataset(options), second = load_dataset(options);
    REQUIRE(first.pixels == second.pixels);
    REQUIRE(first.pixels == Bytes(16, source == zip ? 7 : 8));
    REQUIRE(observer.notices.size() == (source == zip ? 2 : 0));  // what is passed over, both times
  }
  REQUIRE(test::count_files(folder / "cache") == 2);
}
