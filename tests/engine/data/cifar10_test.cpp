#include "engine/data/cifar10.h"

#include "tests/engine/data/foreign_files.h"

using namespace gan;
using test::Bytes;
using test::joined;
using test::noise;
using test::require_error;
using test::TemporaryFolder;

namespace {

constexpr std::size_t kPlane = 32 * 32, kRecord = 1 + 3 * kPlane;

const DataOptions kWhole = {.source = "", .height = 32, .width = 32, .channels = 0, .seed = 0, .threads = 2};

/// A label and three planes.
Bytes record(std::uint8_t label, const Bytes& planes) { return joined({Bytes{label}, planes}); }

/// Planes -> pixels.
Bytes interleaved(const Bytes& planes) {
  Bytes pixels;
  for (std::size_t i = 0; i < kPlane; ++i)
    for (std::size_t c = 0; c < 3; ++c) pixels.push_back(planes.at(c * kPlane + i));
  return pixels;
}

}  // namespace

TEST_CASE("CIFAR-10 records load as images, one file after the other", "[data][cifar10]") {
  const TemporaryFolder folder;
  const Bytes a = noise(3 * kPlane, 1), b = noise(3 * kPlane, 2), c = noise(3 * kPlane, 3);
  const std::string first = folder.write("x", joined({record(0, a), record(9, b)}));
  const std::string second = folder.write("y", record(5, c));
  const Dataset dataset = load_cifar10({first, second}, "cifar", kWhole);
  REQUIRE(dataset.name == "cifar");
  REQUIRE(dataset.count == 3);
  REQUIRE(dataset.channels == 3);
  REQUIRE(dataset.pixels == joined({interleaved(a), interleaved(b), interleaved(c)}));
}

TEST_CASE("CIFAR-10 images change size and channels when asked, whatever the number of threads", "[data][cifar10]") {
  const TemporaryFolder folder;
  Bytes records;
  for (int i = 0; i < 700; ++i)  // several chunks and a partial last one
    records = joined({std::move(records), record(std::uint8_t(i % 10), Bytes(3 * kPlane, std::uint8_t(i % 251)))});
  const std::string file = folder.write("x", records);
  for (const int threads : {1, 5}) {
    const Dataset grey = load_cifar10({file}, "cifar", {.height = 2, .width = 3, .channels = 1, .threads = threads});
    Bytes want;
    for (int i = 0; i < 700; ++i) want.insert(want.end(), 6, std::uint8_t(i % 251));
    REQUIRE(grey.pixels == want);
  }
}

TEST_CASE("CIFAR-10 files that are not whole or hold no labels are refused", "[data][cifar10]") {
  const TemporaryFolder folder;
  const Bytes good = record(3, noise(3 * kPlane));
  const std::string first = folder.write("1", good);
  const auto refuse = [&](const Bytes& bytes, std::initializer_list<std::string> parts) {
    const std::string file = folder.write("2", bytes);
    const std::string message = test::message_of<InputError>([&] { load_cifar10({first, file}, "cifar", kWhole); });
    INFO(message);
    REQUIRE(message.starts_with(file + ": "));
    for (const std::string& part : parts) REQUIRE(message.find(part) != std::string::npos);
  };
  refuse({}, {"0 bytes are no whole number", "accepted"});
  refuse(test::first_bytes(good, kRecord - 1), {"3072 bytes are no whole number of CIFAR-10's records of 3073 bytes"});
  refuse(joined({good, Bytes(1)}), {"3074 bytes"});
  refuse(joined({good, record(10, noise(3 * kPlane))}), {"image 1 has label 10", "accepted: labels of 0 to 9"});
}

TEST_CASE("CIFAR-10's batches are known by name, or by size and first label", "[data][cifar10]") {
  const Bytes head = {9, 1, 2};
  REQUIRE(is_cifar10("x", 2 * kRecord, head));
  REQUIRE_FALSE(is_cifar10("x", 2 * kRecord, Bytes{10, 1, 2}));
  REQUIRE_FALSE(is_cifar10("x", 2 * kRecord + 1, head));
  REQUIRE_FALSE(is_cifar10("x", 0, {}));
  REQUIRE(is_cifar10("a/data_batch_7.bin", 5, Bytes{200}));  // then refused by what it holds
  REQUIRE(is_cifar10("test_batch.bin", 5, Bytes{200}));
  REQUIRE_FALSE(is_cifar10("data_batch_7.txt", 5, head));
}

TEST_CASE("a folder's training batches are found, sorted, without the test batch", "[data][cifar10]") {
  const TemporaryFolder folder;
  for (const char* name :
       {"data_batch_2.bin", "test_batch.bin", "batches.meta.txt", "data_batch_1.bin", "sub/data_batch_3.bin"})
    folder.write(name, Bytes(1));
  REQUIRE(cifar10_batches(folder.path()) ==
          std::vector<std::string>{(folder / "data_batch_1.bin").string(), (folder / "data_batch_2.bin").string()});
}
