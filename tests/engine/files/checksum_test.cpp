#include "engine/files/checksum.h"

#include <string_view>

#include "tests/support/catch.h"

namespace gan {
namespace {

std::string digest_of(std::string_view text) { return hex_digits(xxh64(std::as_bytes(std::span(text)))); }

// Expected digests: `xxhsum -H1` of libxxhash 0.8.1.
TEST_CASE("files carry the digests that xxhsum prints", "[files]") {
  CHECK(digest_of("") == "ef46db3751d8e999");
  CHECK(digest_of("a") == "d24ec4f1a98c6e5b");
  CHECK(digest_of("abc") == "44bc2cf5ad770999");
}

}  // namespace
}  // namespace gan
