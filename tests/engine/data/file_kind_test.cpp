#include "engine/data/file_kind.h"

#include "tests/engine/data/webp_files.h"

using namespace gan;
using test::Bytes;

namespace {

Bytes text(std::string_view characters) { return {characters.begin(), characters.end()}; }

}  // namespace

TEST_CASE("what holds no image is called by its name", "[data][file_kind]") {
  CHECK(file_kind({}) == "empty");
  CHECK(file_kind(text("GIF89a")) == "GIF");
  CHECK(file_kind(text("BM1234")) == "BMP");
  CHECK(file_kind(Bytes{'I', 'I', '*', 0, 8, 0}) == "TIFF");
  CHECK(file_kind(test::animated_webp_header()) == "animated WebP");
  CHECK(file_kind(Bytes{0, 0, 0, 32, 'f', 't', 'y', 'p', 'a', 'v', 'i', 'f'}) == "AVIF");
  CHECK(file_kind(test::gzip(Bytes(9))) == "gzip");
  CHECK(file_kind(Bytes{'P', 'K', 3, 4}) == "zip");
  CHECK(file_kind(test::idx_header({1, 2, 3})) == "IDX");
  CHECK(file_kind(text("id,path\r\n1,a.png\n")) == "text");
  CHECK(file_kind(text("Stra\xc3\x9f"
                       "e")) == "text");
  CHECK(file_kind(Bytes{1, 2, 3}) == "unknown");
}

TEST_CASE("a signature counts as a whole only", "[data][file_kind]") {
  CHECK(file_kind(text("GIF")) == "text");
  CHECK(file_kind(Bytes{'I', 'I', '*'}) == "text");
  for (std::size_t length = 1; length < 8; ++length)
    CHECK(file_kind(test::first_bytes({0, 0, 0, 32, 'f', 't', 'y', 'p', 'a'}, length)) == "unknown");
}

TEST_CASE("kinds are counted, the most frequent first", "[data][file_kind]") {
  CHECK(describe_passed_over({{"text", 1}}) == "1 file: 1 text");
  CHECK(describe_passed_over({{"GIF", 2}, {"text", 1}}) == "3 files: 2 GIF, 1 text");
  CHECK(describe_passed_over({{"BMP", 1}, {"GIF", 1}, {"text", 4}}) == "6 files: 4 text, 1 BMP, 1 GIF");
}
