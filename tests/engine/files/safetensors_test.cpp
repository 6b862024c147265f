#include "engine/files/safetensors.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>
#include <random>
#include <thread>

#include "engine/files/atomic_file.h"
#include "engine/files/checksum.h"
#include "tests/engine/files/files_test_support.h"

namespace gan {
namespace {

using test::contains;
using test::contents_of;
using test::message_of;
using test::TemporaryFolder;
using test::write_plainly;

/// Every type, a scalar, an empty tensor, names and metadata that need escaping.
SafetensorsFile small_file() {
  SafetensorsFile file;
  file.metadata = {{"step", "7"}, {"config", "lr = 2e-4\n\"quoted\" \\ \xc3\xa9"}, {"empty", ""}};
  file.tensors.push_back(StoredTensor::of<float>("g.weight", {2, 3}, std::vector<float>{1, -2, 3.5F, 0, 1e-30F, 6}));
  file.tensors.push_back(StoredTensor::of<double>("loss", {}, std::vector<double>{0.1}));
  file.tensors.push_back(StoredTensor::of<std::uint8_t>("pixels", {3}, std::vector<std::uint8_t>{0, 127, 255}));
  file.tensors.push_back(StoredTensor::of<std::int32_t>("labels", {1, 1}, std::vector<std::int32_t>{-5}));
  file.tensors.push_back(StoredTensor::of<std::int64_t>("\"odd\" name\n", {1}, std::vector<std::int64_t>{INT64_MIN}));
  file.tensors.push_back(StoredTensor::of<std::uint64_t>("seed", {1}, std::vector<std::uint64_t>{UINT64_MAX}));
  file.tensors.push_back(StoredTensor::of<float>("nothing", {0, 4}, std::vector<float>{}));
  return file;
}

std::string length_prefix(std::uint64_t length) {
  std::string text(8, '\0');
  std::memcpy(text.data(), &length, 8);
  return text;
}

/// The file of a foreign program: any header text, any data.
std::string foreign(const std::string& header, std::size_t data_bytes) {
  return length_prefix(header.size()) + header + std::string(data_bytes, '\1');
}

SafetensorsFile parse(std::string_view text) {
  return parse_safetensors(std::as_bytes(std::span(text)), "x.safetensors");
}

std::string rejection(const std::string& text) {
  return message_of<InputError>([&] { parse(text); });
}

/// Why a foreign file of this header and `data_bytes` bytes of data is refused.
std::string rejection(const std::string& header, std::size_t data_bytes) {
  const std::string message = rejection(foreign(header, data_bytes));
  CHECK(contains(message, "x.safetensors: "));
  CHECK(!contains(message, "\n"));
  return message;
}

std::string saved_bytes(const SafetensorsFile& file) {
  const TemporaryFolder folder;
  save_safetensors(folder / "x.safetensors", file);
  return contents_of(folder / "x.safetensors");
}

void check_equal(const SafetensorsFile& found, const SafetensorsFile& expected) {
  CHECK(found.metadata == expected.metadata);
  REQUIRE(found.tensors.size() == expected.tensors.size());
  for (const StoredTensor& tensor : expected.tensors) {
    INFO(tensor.name);
    const StoredTensor* other = found.find(tensor.name);
    REQUIRE(other != nullptr);
    CHECK(other->dtype == tensor.dtype);
    CHECK(other->shape == tensor.shape);
    CHECK(other->bytes == tensor.bytes);
  }
}

TEST_CASE("what is saved is loaded", "[files]") {
  const TemporaryFolder folder;
  const auto path = folder / "x.safetensors";
  save_safetensors(path, small_file());
  check_equal(load_safetensors(path), small_file());
  check_equal(parse(contents_of(path)), small_file());
  CHECK(load_safetensors(path).find("g.weight")->values<float>() == std::vector<float>{1, -2, 3.5F, 0, 1e-30F, 6});
  CHECK(load_safetensors(path).find("missing") == nullptr);
  CHECK(test::count_files(folder.path()) == 1);
}

TEST_CASE("NaN, infinity and negative zero keep their bits", "[files]") {
  SafetensorsFile file;
  const float nan = std::nanf("7");
  file.tensors.push_back(
      StoredTensor::of<float>("x", {3}, std::vector<float>{nan, -std::numeric_limits<float>::infinity(), -0.0F}));
  check_equal(parse(saved_bytes(file)), file);
}

TEST_CASE("a file without tensors or metadata", "[files]") {
  check_equal(parse(saved_bytes({})), {});
  check_equal(parse(foreign("{}", 0)), {});
}

TEST_CASE("the order in memory does not change the bytes, and equal contents give equal bytes", "[files]") {
  SafetensorsFile reversed = small_file();
  std::reverse(reversed.tensors.begin(), reversed.tensors.end());
  CHECK(saved_bytes(reversed) == saved_bytes(small_file()));
}

// Python's `safetensors` (0.8.0) reads such a file with safe_open(...) and returns these tensors and texts; it wants
// the header to start with '{' and pads it with spaces itself.
TEST_CASE("the layout is the public one: padded header, tensors by falling element size, then by name", "[files]") {
  const std::string text = saved_bytes(small_file());
  std::uint64_t header_bytes = 0;
  std::memcpy(&header_bytes, text.data(), 8);
  CHECK(header_bytes % 8 == 0);
  const std::string header = text.substr(8, header_bytes);
  CHECK(header.starts_with("{\"__metadata__\":{"));
  CHECK(contains(header, R"("g.weight":{"dtype":"F32","shape":[2,3],"data_offsets":[24,48]})"));
  CHECK(contains(header, R"("loss":{"dtype":"F64","shape":[],"data_offsets":[8,16]})"));
  const std::vector<std::string> order{"\"odd\" name\n", "loss", "seed", "g.weight", "labels", "nothing", "pixels"};
  const SafetensorsFile loaded = parse(text);
  // An empty tensor shares its position with its neighbour: both orders are right.
  std::vector<std::string> found;
  for (const StoredTensor& tensor : loaded.tensors) found.push_back(tensor.name);
  CHECK(found == order);
}

TEST_CASE("a foreign file without checksums, loosely formatted, is loaded", "[files]") {
  const std::string header = R"( {"b": {"shape": [2], "data_offsets": [4, 6], "dtype": "U8"},
      "a": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}, "__metadata__": {"format": "pt"}}   )";
  const SafetensorsFile file = parse(foreign(header.substr(1), 6));
  CHECK(file.metadata == std::map<std::string, std::string>{{"format", "pt"}});
  REQUIRE(file.tensors.size() == 2);
  CHECK(file.tensors[0].name == "a");
  CHECK(file.tensors[1].values<std::uint8_t>() == std::vector<std::uint8_t>{1, 1});
}

TEST_CASE("every flipped bit is found, and the damaged part is named", "[files]") {
  std::string text = saved_bytes(small_file());
  std::uint64_t header_bytes = 0;
  std::memcpy(&header_bytes, text.data(), 8);
  const std::size_t data_start = 8 + header_bytes;
  const SafetensorsFile intact = parse(text);
  for (std::size_t bit = 0; bit < 8 * text.size(); ++bit) {
    const auto flip = static_cast<char>(1U << bit % 8);
    text[bit / 8] ^= flip;
    std::string message;
    try {
      parse(text);
    } catch (const InputError& error) { message = error.what(); }
    text[bit / 8] ^= flip;
    INFO("bit " << bit % 8 << " of byte " << bit / 8 << ": " << message);
    REQUIRE(!message.empty());
    if (bit / 8 < data_start) {
      REQUIRE(contains(message, "header"));
      continue;
    }
    std::size_t end = data_start;
    for (const StoredTensor& tensor : intact.tensors) {
      end += tensor.bytes.size();
      if (bit / 8 >= end) continue;
      REQUIRE(contains(message, tensor.name == "\"odd\" name\n" ? "tensor '\"odd\" name\\x0a' is damaged"
                                                                : fmt::format("tensor '{}' is damaged", tensor.name)));
      break;
    }
  }
}

TEST_CASE("every truncation and every addition is found", "[files]") {
  const std::string text = saved_bytes(small_file());
  for (std::size_t length = 0; length < text.size(); ++length) {
    INFO(length);
    CHECK(!rejection(text.substr(0, length)).empty());
  }
  CHECK(contains(rejection(text + "x"), "1 trailing bytes"));
}

/// A file of one tensor "a" (one byte, 1) with these metadata, whose header checksum is right.
std::string sealed_by_hand(const std::string& metadata) {
  const std::string seal = "\"gan_cuda.checksum.header\":\"";
  std::string header = R"({"__metadata__":{)" + metadata + seal + std::string(16, '0') +
                       R"("},"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}})";
  const std::string covered = length_prefix(header.size()) + header;
  header.replace(header.find(seal) + seal.size(), 16, hex_digits(xxh64(std::as_bytes(std::span(covered)))));
  return foreign(header, 1);
}

TEST_CASE("a seal that is incomplete, of another algorithm or kept by another program is refused", "[files]") {
  const std::string algorithm = R"("gan_cuda.checksum":"xxh64",)";
  const std::string tensor =
      R"("gan_cuda.checksum.tensor.a":")" + hex_digits(xxh64(std::as_bytes(std::span("\1", 1)))) + "\",";
  CHECK(parse(sealed_by_hand(algorithm + tensor)).tensors.size() == 1);

  const std::string reason = "checksums are incomplete or not xxh64";
  CHECK(contains(rejection(sealed_by_hand(tensor)), reason));
  CHECK(contains(rejection(sealed_by_hand(R"("gan_cuda.checksum":"xxh3",)" + tensor)), reason));
  CHECK(contains(rejection(sealed_by_hand(algorithm)), reason));
  CHECK(contains(rejection(sealed_by_hand(algorithm + tensor + R"("gan_cuda.checksum.tensor.b":"0",)")), reason));
  CHECK(contains(rejection(sealed_by_hand(algorithm + R"("gan_cuda.checksum.tensor.b":"0",)")),
                 "no checksum for tensor 'a'"));
  CHECK(contains(
      rejection(R"({"__metadata__":{"gan_cuda.checksum":"xxh64"},"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}})",
                1),
      "rewritten by a program that kept the metadata keys gan_cuda.checksum*"));
}

TEST_CASE("malformed lengths", "[files]") {
  CHECK(contains(rejection(std::string()), "truncated: 0 bytes"));
  CHECK(contains(rejection(std::string("1234567")), "truncated: 7 bytes"));
  CHECK(contains(rejection(length_prefix(3) + "{}"), "truncated: header length 3, but 2 bytes follow"));
  CHECK(contains(rejection(length_prefix(100'000'001) + "{}"), "header length 100000001, at most 100000000"));
  CHECK(contains(rejection(length_prefix(UINT64_MAX) + "{}"), "header length 18446744073709551615"));
  CHECK(contains(rejection(length_prefix(UINT64_MAX - 7) + "{}"), "header length"));
  CHECK(contains(rejection(std::string("\x89PNG\r\n\x1a\n and more")), "no safetensors file"));
}

TEST_CASE("malformed JSON", "[files]") {
  CHECK(contains(rejection("", 0), "the header must start with '{'"));
  CHECK(contains(rejection(" {}", 0), "the header must start with '{'"));
  CHECK(contains(rejection("\xef\xbb\xbf{}", 0), "the header must start with '{'"));
  CHECK(contains(rejection("[]", 0), "the header must start with '{'"));
  CHECK(contains(rejection("{", 0), "not valid JSON at its byte"));
  CHECK(contains(rejection("{}{}", 0), "not valid JSON at its byte 3"));
  CHECK(contains(rejection("{\"a\":}", 0), "not valid JSON at its byte 6"));
  CHECK(contains(rejection("{\"\xff\":1}", 0), "not valid JSON"));
  CHECK(contains(rejection(std::string("{}\0{}", 5), 0), "zero byte"));
}

TEST_CASE("deep JSON is refused at once", "[files]") {
  const std::string brackets(5'000'000, '[');
  CHECK(contains(rejection("{\"a\":" + brackets, 0), "the entry of tensor 'a' must be an object, not an array"));
  CHECK(contains(rejection("{\"a\":{\"shape\":" + brackets, 0),
                 "the shape of tensor 'a' must be an array of whole numbers, not an array"));
  std::string objects;
  for (int i = 0; i < 1'000'000; ++i) objects += "{\"a\":";
  CHECK(contains(rejection(objects, 0), "tensor 'a' has an unknown field 'a'"));
}

TEST_CASE("malformed entries", "[files]") {
  const auto entry = [](const std::string& fields) { return "{\"a\":{" + fields + "}}"; };
  CHECK(contains(rejection(R"({"a":1})", 0), "the entry of tensor 'a' must be an object, not a number"));
  CHECK(contains(rejection(R"({"a":"x"})", 0), "must be an object, not a string"));
  CHECK(contains(rejection(R"({"a":null})", 0), "must be an object, not null"));
  CHECK(contains(rejection(entry(R"("dtype":"U8","shape":[1])"), 1),
                 "tensor 'a' lacks one of dtype, shape and data_offsets"));
  CHECK(contains(rejection(entry(R"("dtype":"U8","shape":[1],"data_offsets":[0,1],"more":1)"), 1),
                 "unknown field 'more'"));
  CHECK(contains(rejection(entry(R"("dtype":"U8","dtype":"U8")"), 1), "tensor 'a' has the field 'dtype' twice"));
  CHECK(contains(rejection(entry(R"("dtype":7)"), 0), "the dtype of tensor 'a' must be a string, not a number"));
  CHECK(contains(rejection(entry(R"("dtype":"BF16","shape":[1],"data_offsets":[0,2])"), 2),
                 "tensor 'a' has dtype 'BF16'; F32, F64, U8, I32, I64 and U64 are accepted"));
  CHECK(contains(rejection(entry(R"("shape":"1")"), 0),
                 "the shape of tensor 'a' must be an array of whole numbers, not a string"));
  CHECK(contains(rejection(entry(R"("shape":[-1])"), 0), "not a negative number"));
  CHECK(contains(rejection(entry(R"("shape":[1.0])"), 0), "not a fraction"));
  CHECK(contains(rejection(entry(R"("shape":[true])"), 0), "not a boolean"));
  CHECK(contains(rejection(entry(R"("shape":[9223372036854775808])"), 0), "beyond 63 bits"));
  CHECK(contains(rejection(entry(R"("shape":[99999999999999999999])"), 0), "beyond 64 bits"));
  CHECK(contains(rejection(entry(R"("shape":[1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1])"), 0),
                 "more than 32 dimensions"));
  CHECK(contains(rejection(entry(R"("data_offsets":[0])"), 0), "two whole numbers, not an array of the wrong length"));
  CHECK(contains(rejection(entry(R"("data_offsets":[0,1,2])"), 0), "two whole numbers, not a number"));
  CHECK(contains(rejection(entry(R"("data_offsets":3)"), 0), "the data_offsets of tensor 'a' must be an array"));
}

TEST_CASE("names given twice", "[files]") {
  const std::string tensor = R"({"dtype":"U8","shape":[1],"data_offsets":[0,1]})";
  CHECK(contains(rejection("{\"a\":" + tensor + ",\"a\":" + tensor + "}", 1), "the header names 'a' twice"));
  CHECK(contains(rejection(R"({"__metadata__":{},"__metadata__":{}})", 0), "the header names '__metadata__' twice"));
  CHECK(contains(rejection(R"({"__metadata__":{"k":"1","k":"1"}})", 0), "the metadata names 'k' twice"));
}

TEST_CASE("metadata must be texts", "[files]") {
  CHECK(contains(rejection(R"({"__metadata__":{"k":1}})", 0), "the metadata's 'k' must be a string, not a number"));
  CHECK(contains(rejection(R"({"__metadata__":{"k":{}}})", 0), "the metadata's 'k' must be a string, not an object"));
  CHECK(contains(rejection(R"({"__metadata__":{"k":null}})", 0), "the metadata's 'k' must be a string, not null"));
  CHECK(contains(rejection(R"({"__metadata__":[]})", 0), "the metadata must be an object, not an array"));
}

TEST_CASE("shapes and offsets must agree", "[files]") {
  const auto header = [](const std::string& shape, const std::string& offsets) {
    return R"({"a":{"dtype":"F32","shape":[)" + shape + R"(],"data_offsets":[)" + offsets + "]}}";
  };
  CHECK(contains(rejection(header("2", "0,4"), 4),
                 "tensor 'a' is 8 bytes by its dtype and shape, but 4 by its data_offsets"));
  CHECK(contains(rejection(header("", "0,8"), 8), "tensor 'a' is 4 bytes"));
  CHECK(contains(rejection(header("0", "0,4"), 4), "tensor 'a' is 0 bytes"));
  CHECK(contains(rejection(header("1", "4,0"), 4), "run backwards, from 4 to 0"));
  // 2^62 * 4 and 2^32 * 2^32 * 4 are 0 modulo 2^64: a wrapped product would fit "0,0".
  CHECK(contains(rejection(header("4611686018427387904", "0,0"), 0), "the shape of tensor 'a' overflows 64 bits"));
  CHECK(contains(rejection(header("4294967296,4294967296", "0,0"), 0), "overflows 64 bits"));
  CHECK(contains(rejection(header("2", "0,8"), 7), "should reach to byte 8 of the data, but there are 7: truncated"));
  CHECK(contains(rejection(header("2", "18446744073709551608,18446744073709551615"), 7), "should reach to byte"));
}

TEST_CASE("tensors must cover the data exactly", "[files]") {
  const auto header = [](const std::string& a, const std::string& b) {
    return R"({"a":{"dtype":"U8","shape":[4],"data_offsets":[)" + a +
           R"(]},"b":{"dtype":"U8","shape":[4],"data_offsets":[)" + b + "]}}";
  };
  CHECK(parse(foreign(header("0,4", "4,8"), 8)).tensors.size() == 2);
  CHECK(contains(rejection(header("0,4", "3,7"), 7), "tensors 'a' and 'b' overlap"));
  CHECK(contains(rejection(header("0,4", "0,4"), 4), "tensors 'a' and 'b' overlap"));
  CHECK(contains(rejection(header("0,4", "5,9"), 9), "a hole of 1 bytes in the data before tensor 'b'"));
  CHECK(contains(rejection(header("1,5", "5,9"), 9), "a hole of 1 bytes in the data before tensor 'a'"));
  CHECK(contains(rejection(header("0,4", "4,8"), 10), "2 trailing bytes after the last tensor"));
  CHECK(contains(rejection("{}", 3), "3 trailing bytes"));
}

TEST_CASE("names from a hostile file are printed harmlessly", "[files]") {
  const std::string message = rejection(R"({"\u001b[2J)" + std::string(500, 'n') + R"(":1})", 0);
  CHECK(contains(message, "'\\x1b[2Jnnn"));
  CHECK(contains(message, "nnn...'"));
  CHECK(message.size() < 250);
}

TEST_CASE("paths that are no readable file", "[files]") {
  const TemporaryFolder folder;
  const auto load = [](const std::filesystem::path& path) {
    return message_of<InputError>([&] { load_safetensors(path); });
  };
  CHECK(contains(load(folder / "missing.safetensors"), "missing.safetensors': No such file or directory"));
  CHECK(contains(load(folder.path()), "not a regular file"));
  REQUIRE(::mkfifo((folder / "pipe").c_str(), 0600) == 0);
  CHECK(contains(load(folder / "pipe"), "not a regular file"));
  write_plainly(folder / "text", "hello, world");
  CHECK(contains(load(folder / "text"), (folder / "text").string() + ": no safetensors file"));
}

TEST_CASE("contents that the format cannot hold are a bug of the caller, and nothing is written", "[files]") {
  const TemporaryFolder folder;
  const auto refusal = [&](const SafetensorsFile& file) {
    const std::string message = message_of<Error>([&] { save_safetensors(folder / "x", file); });
    CHECK(test::count_files(folder.path()) == 0);
    return message;
  };
  const std::vector<float> one{1};
  const StoredTensor good = StoredTensor::of<float>("a", {1}, one);
  CHECK(contains(refusal({{}, {good, good}}), "tensor 'a' would be stored twice"));
  CHECK(contains(refusal({{}, {StoredTensor::of<float>("__metadata__", {1}, one)}}), "stored twice"));
  CHECK(contains(refusal({{}, {StoredTensor::of<float>("a", {2}, one)}}),
                 "is 8 bytes by its dtype and shape, but holds 4"));
  CHECK(contains(refusal({{}, {StoredTensor::of<float>("a", {-1}, one)}}), "impossible extent -1"));
  CHECK(contains(refusal({{}, {{"a", "F16", {2}, good.bytes}}}), "dtype 'F16'"));
  CHECK(contains(refusal({{{"gan_cuda.checksum", "x"}}, {}}), "reserved"));
  CHECK(contains(refusal({{{"k", "\xff"}}, {}}), "not UTF-8"));
  CHECK(contains(message_of<Error>([&] { static_cast<void>(good.values<double>()); }), "holds F32, read as F64"));
}

TEST_CASE("a text of the user that looks like a checksum does no harm", "[files]") {
  SafetensorsFile file;
  file.metadata["a"] = R"("gan_cuda.checksum.header":"0123456789abcdef")";
  file.tensors.push_back(
      StoredTensor::of<float>("\"gan_cuda.checksum.header\":\"0123456789abcdef\"", {1}, std::vector<float>{1}));
  file.tensors.push_back(StoredTensor::of<float>("gan_cuda.checksum.header", {1}, std::vector<float>{2}));
  check_equal(parse(saved_bytes(file)), file);
}

TEST_CASE("a process killed while saving a checkpoint leaves a whole one", "[files]") {
  const TemporaryFolder folder;
  const auto path = folder / "x.safetensors";
  const auto version = [](float value) {
    SafetensorsFile file;
    file.metadata["value"] = fmt::format("{}", value);
    for (const char* name : {"a", "b", "c"}) {
      file.tensors.push_back(StoredTensor::of<float>(name, {50'000}, std::vector<float>(50'000, value)));
    }
    return file;
  };
  const SafetensorsFile versions[] = {version(1), version(2)};
  save_safetensors(path, versions[0]);
  std::mt19937 random(2);
  std::uniform_int_distribution<int> microseconds(0, 20'000);
  for (int round = 0; round < 20; ++round) {
    const pid_t child = test::in_child([&]() -> int {
      for (int i = 1;; ++i) save_safetensors(path, versions[i % 2]);
    });
    std::this_thread::sleep_for(std::chrono::microseconds(microseconds(random)));
    ::kill(child, SIGKILL);
    REQUIRE(test::exit_code_of(child) == 128 + SIGKILL);
    const SafetensorsFile found = load_safetensors(path);
    check_equal(found, versions[found.metadata.at("value") == "1" ? 0 : 1]);
    remove_stale_partials(folder.path());
    REQUIRE(test::count_files(folder.path()) == 1);
  }
}

TEST_CASE("a full disk leaves the previous checkpoint", "[files]") {
  const TemporaryFolder folder;
  const auto path = folder / "x.safetensors";
  save_safetensors(path, small_file());
  SafetensorsFile large;
  large.tensors.push_back(StoredTensor::of<float>("a", {50'000}, std::vector<float>(50'000)));
  {
    const test::FileSizeLimit limit(65'536);
    const std::string message = message_of<MachineError>([&] { save_safetensors(path, large); });
    CHECK(contains(message, path.string()));
    CHECK(contains(message, "File too large"));
  }
  check_equal(load_safetensors(path), small_file());
  CHECK(test::count_files(folder.path()) == 1);
}

}  // namespace
}  // namespace gan
