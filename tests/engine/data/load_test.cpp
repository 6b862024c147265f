#include "engine/data/load.h"

#include <sys/stat.h>

#include <cmath>

#include "tests/engine/data/zip_files.h"

using namespace gan;
using test::Bytes;
using test::require_error;
using test::TemporaryFolder;

namespace {

DataOptions options_for(const std::string& source) {
  return {.source = source, .height = 4, .width = 4, .channels = 0, .seed = 0, .threads = 2};
}

/// Sets an environment variable for as long as it lives.
class Environment {
 public:
  Environment(std::string name, const std::string& value) : name_(std::move(name)) {
    const char* before = std::getenv(name_.c_str());
    had_ = before != nullptr;
    if (had_) before_ = before;
    setenv(name_.c_str(), value.c_str(), 1);
  }
  ~Environment() {
    if (had_) setenv(name_.c_str(), before_.c_str(), 1);
    else unsetenv(name_.c_str());
  }

 private:
  std::string name_, before_;
  bool had_ = false;
};

const Bytes kIdx = test::joined({test::idx_header({2, 4, 4}), test::noise(32)});

}  // namespace

TEST_CASE("load_dataset finds out what its source is", "[data][load]") {
  const TemporaryFolder folder;
  folder.write("images/1.png", test::grey_png(4, 4, 77));
  for (const std::string suffix : {"/images", "/images/", "/images/."}) {
    const Dataset dataset = load_dataset(options_for(folder.path().string() + suffix));
    REQUIRE(dataset.pixels == Bytes(16, 77));
  }
  REQUIRE(load_dataset(options_for((folder / "images/").string())).name == "images");
  const Dataset plain = load_dataset(options_for(folder.write("digits", kIdx)));
  REQUIRE(plain.name == "digits");
  REQUIRE(plain.pixels == test::noise(32));
  REQUIRE(load_dataset(options_for(folder.write("digits.gz", test::gzip(kIdx)))).pixels == test::noise(32));
  REQUIRE(load_dataset(options_for("shapes")).count == 8192);

  Bytes array = {0x93, 'N', 'U', 'M', 'P', 'Y', 1, 0, 59, 0};
  const std::string header = "{'descr': '|u1', 'fortran_order': False, 'shape': (2,8,8)}\n";
  array.insert(array.end(), header.begin(), header.end());
  REQUIRE(load_dataset(options_for(folder.write("a.npy", test::joined({array, Bytes(128, 7)})))).pixels ==
          Bytes(32, 7));
  REQUIRE(
      load_dataset(options_for(folder.write("a.zip", test::zip_archive({{"x", test::grey_png(4, 4, 6)}})))).pixels ==
      Bytes(16, 6));
}

TEST_CASE("CIFAR-10 loads from one batch, and from a folder of batches that holds no images", "[data][load]") {
  const TemporaryFolder folder;
  const auto batch = [](std::uint8_t shade) { return test::joined({Bytes{3}, Bytes(3072, shade)}); };
  const std::string second = folder.write("cifar/data_batch_2.bin", batch(20));
  folder.write("cifar/data_batch_1.bin", batch(10));
  folder.write("cifar/test_batch.bin", batch(99));
  folder.write("cifar/readme.html", Bytes{'<'});
  REQUIRE(load_dataset(options_for(second)).pixels == Bytes(48, 20));
  REQUIRE(load_dataset(options_for(folder.write("other", batch(30)))).pixels == Bytes(48, 30));
  const Dataset both = load_dataset(options_for((folder / "cifar").string()));
  REQUIRE(both.name == "cifar");
  REQUIRE(both.pixels == test::joined({Bytes(48, 10), Bytes(48, 20)}));
  folder.write("cifar/1.png", test::grey_png(4, 4, 77));  // what was a folder of images stays one
  REQUIRE(load_dataset(options_for((folder / "cifar").string())).pixels == Bytes(16, 77));
  const std::string half = folder.write("data_batch_5.bin", Bytes(3000));
  require_error<InputError>([&] { load_dataset(options_for(half)); }, {half, "no whole number"});
}

TEST_CASE("fashion-mnist is looked for in GAN_CUDA_DATA first, gzipped or not", "[data][load]") {
  const TemporaryFolder folder;
  const Environment data("GAN_CUDA_DATA", folder.path());
  folder.write("fashion-mnist/train-images-idx3-ubyte", kIdx);
  const Dataset plain = load_dataset(options_for("fashion-mnist"));
  REQUIRE(plain.name == "fashion-mnist");
  REQUIRE(plain.pixels == test::noise(32));
  folder.write("fashion-mnist/train-images-idx3-ubyte.gz", test::gzip(kIdx));
  REQUIRE(load_dataset(options_for("fashion-mnist")).pixels == test::noise(32));
}

TEST_CASE("Debian's fashion-mnist loads, or its absence names the package", "[data][load]") {
  unsetenv("GAN_CUDA_DATA");
  if (std::filesystem::exists("/usr/share/datasets/fashion-mnist/train-images-idx3-ubyte.gz")) {
    DataOptions options = options_for("fashion-mnist");
    options.height = options.width = 28;
    const Dataset dataset = load_dataset(options);
    REQUIRE(dataset.count == 60000);
    REQUIRE(dataset.channels == 1);
    double sum = 0;
    for (const std::uint8_t pixel : dataset.pixels) sum += pixel;
    REQUIRE(std::abs(sum / double(dataset.pixels.size()) / 255 - 0.2860) < 0.0001);  // its well-known mean
  } else {
    require_error<InputError>([] { load_dataset(options_for("fashion-mnist")); },
                              {"--data fashion-mnist", "dataset-fashion-mnist", "IDX", "folder"});
  }
}

TEST_CASE("sources that are not there or not of a kind are refused", "[data][load]") {
  const TemporaryFolder folder;
  const auto refuse = [](const std::string& source, std::initializer_list<std::string> parts) {
    require_error<InputError>([&] { load_dataset(options_for(source)); }, parts);
  };
  const std::string missing = (folder / "missing").string();
  refuse(missing, {"--data " + missing, "no such file or folder", "accepted"});
  refuse("fashion-mnits", {"--data fashion-mnits", "no such file or folder", "fashion-mnist"});
  refuse(std::string(5000, 'x'), {"--data xxx", "cannot be read"});
  refuse(folder.path(), {folder.path(), "empty"});
  const std::string picture = folder.write("1.png", test::grey_png(1, 1, 1));
  refuse(picture, {picture, "one image", "accepted: a folder of images"});
  const std::string text = folder.write("notes.txt", Bytes{'h', 'e', 'l', 'l', 'o'});
  refuse(text, {text, "68 65 6c 6c", "accepted: a folder of images, an IDX file"});
  refuse(folder.write("nothing", {}), {"nothing", "truncated"});
  refuse(folder.write("half.gz", test::first_bytes(test::gzip(kIdx), 30)), {"half.gz", "truncated"});
  const std::string pipe = (folder / "pipe").string();
  REQUIRE(mkfifo(pipe.c_str(), 0600) == 0);
  refuse(pipe, {pipe, "not a regular file"});  // and does not wait for a writer
}

TEST_CASE("sizes, channels and threads out of range are a bug of the caller", "[data][load]") {
  const auto refuse = [](const auto& change) {
    DataOptions options = options_for("shapes");
    change(options);
    REQUIRE_THROWS_AS(load_dataset(options), Error);
  };
  for (const int side : {0, -1, 4097}) {
    refuse([&](DataOptions& o) { o.width = side; });
    refuse([&](DataOptions& o) { o.height = side; });
  }
  for (const int channels : {-1, 2, 4}) refuse([&](DataOptions& o) { o.channels = channels; });
  refuse([](DataOptions& o) { o.threads = 0; });
}
