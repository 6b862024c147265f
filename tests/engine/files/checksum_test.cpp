#include "engine/files/checksum.h"

#include <string_view>

#include "tests/engine/files/files_test_support.h"

namespace gan {
namespace {

std::string digest_of(std::string_view text) { return hex_digits(xxh64(std::as_bytes(std::span(text)))); }

// Expected digests: `xxhsum -H1` of libxxhash 0.8.1.
TEST_CASE("files carry the digests that xxhsum prints", "[files]") {
  CHECK(digest_of("") == "ef46db3751d8e999");
  CHECK(digest_of("a") == "d24ec4f1a98c6e5b");
  CHECK(digest_of("abc") == "44bc2cf5ad770999");
}

TEST_CASE("a file's digest is that of its bytes, however long", "[files]") {
  const test::TemporaryFolder folder;
  for (const std::size_t size : {0, 3, (1 << 20) - 1, 1 << 20, 3'000'001}) {  // around the pieces it is read in
    std::string text(size, 'x');
    for (std::size_t i = 0; i < size; ++i) text[i] = char(i * 7 + i / 1000);
    test::write_plainly(folder / "file", text);
    CHECK(hex_digits(xxh64_of_file(folder / "file")) == digest_of(text));
  }
  test::require_error<InputError>([&] { xxh64_of_file(folder / "none"); }, {"none"});
}

}  // namespace
}  // namespace gan
