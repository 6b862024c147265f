#include "engine/theory/experiments/fashion_mnist.h"

#include <algorithm>
#include <filesystem>
#include <string>
#include <system_error>

#include "engine/data/gzip.h"
#include "engine/data/load.h"
#include "engine/data/raw_images.h"
#include "kernels/core/contract/error.h"

namespace gan::theory {

namespace {

std::string file_of(FashionPart part, const char* content) {
  return std::string("/usr/share/datasets/fashion-mnist/") + (part == FashionPart::Train ? "train" : "t10k") + content;
}
std::string images_of(FashionPart part) { return file_of(part, "-images-idx3-ubyte.gz"); }
std::string labels_of(FashionPart part) { return file_of(part, "-labels-idx1-ubyte.gz"); }

}  // namespace

bool fashion_mnist_is_installed() {
  std::error_code ignored;
  return std::ranges::all_of(std::vector{images_of(FashionPart::Train), labels_of(FashionPart::Train),
                                         images_of(FashionPart::Test), labels_of(FashionPart::Test)},
                             [&](const std::string& file) { return std::filesystem::is_regular_file(file, ignored); });
}

FashionMnist load_fashion_mnist(FashionPart part) {
  FashionMnist set;
  set.images = load_dataset(
      {.source = images_of(part), .height = kFashionSide, .width = kFashionSide, .channels = 1, .threads = 1});
  // IDX with one axis: eight bytes (0, 0, u8, 1 axis; how many), then a byte an image.
  constexpr std::size_t kHeader = 8;
  std::vector<std::uint8_t> bytes(kHeader + static_cast<std::size_t>(set.images.count));
  FileReader file(labels_of(part));
  GzipReader inflated(file);
  read_exactly(inflated, bytes, "labels");
  require_end(inflated, "IDX");
  set.labels.assign(bytes.begin() + kHeader, bytes.end());
  return set;
}

Dataset of_class(const FashionMnist& set, std::uint8_t label) {
  const Dataset& all = set.images;
  const std::int64_t count = std::count(set.labels.begin(), set.labels.end(), label);
  Dataset some = reserve_dataset(all.name, count, all.height, all.width, all.channels);
  for (std::size_t i = 0; i < set.labels.size(); ++i) {
    const auto first = all.pixels.begin() + static_cast<std::int64_t>(i) * all.image_bytes();
    if (set.labels[i] == label) some.pixels.insert(some.pixels.end(), first, first + all.image_bytes());
  }
  return some;
}

}  // namespace gan::theory
