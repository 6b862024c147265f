#include "engine/files/checksum.h"

#include <numeric>
#include <string_view>
#include <vector>

#include "tests/support/catch.h"

namespace gan {
namespace {

std::string digest_of(std::string_view text) { return hex_digits(xxh64(std::as_bytes(std::span(text)))); }

// Expected digests: `xxhsum -H1` of libxxhash 0.8.1.
TEST_CASE("XXH64 agrees with the public implementation", "[files]") {
  CHECK(digest_of("") == "ef46db3751d8e999");
  CHECK(digest_of("a") == "d24ec4f1a98c6e5b");
  CHECK(digest_of("abc") == "44bc2cf5ad770999");
}

// Lengths on both sides of the algorithm's steps: 4-byte words, 8-byte words, 32-byte stripes.
TEST_CASE("XXH64 agrees at every kind of tail", "[files]") {
  struct Case {
    std::size_t length;
    const char* digest;
  };
  const Case cases[] = {
      {1, "e934a84adb052768"},   {3, "e5c7bb4533bc65dd"},   {4, "ffced8604453cc1e"},  {7, "14cc643f630c72d2"},
      {8, "884a173614b81b8d"},   {9, "67d85784a7c78c5b"},   {12, "424af23f1f08dca5"}, {15, "a948f5f0f6abac2d"},
      {31, "c346d2b59b4d8ee1"},  {32, "cbf59c5116ff32b4"},  {33, "0c535d1acafb8ead"}, {36, "dde0ef85e3aef05c"},
      {40, "f5da40f1b11741e9"},  {63, "e26aa9e2a95f8e4f"},  {64, "f7c67301db6713f0"}, {65, "c31eb63b2ae4465b"},
      {100, "6ac1e58032166597"}, {255, "0f7d97507caad693"},
  };
  for (const Case& c : cases) {
    std::vector<std::uint8_t> bytes(c.length);
    std::iota(bytes.begin(), bytes.end(), std::uint8_t{0});
    INFO(c.length << " bytes");
    CHECK(hex_digits(xxh64(std::as_bytes(std::span(bytes)))) == c.digest);
  }
}

TEST_CASE("the digest changes with every bit", "[files]") {
  std::vector<std::uint8_t> bytes(77, 0x5a);
  const std::uint64_t whole = xxh64(std::as_bytes(std::span(bytes)));
  for (std::size_t bit = 0; bit < 8 * bytes.size(); ++bit) {
    bytes[bit / 8] ^= static_cast<std::uint8_t>(1U << bit % 8);
    REQUIRE(xxh64(std::as_bytes(std::span(bytes))) != whole);
    bytes[bit / 8] ^= static_cast<std::uint8_t>(1U << bit % 8);
  }
}

}  // namespace
}  // namespace gan
