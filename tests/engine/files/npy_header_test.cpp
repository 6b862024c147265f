#include "engine/files/npy_header.h"

#include <vector>

#include "kernels/core/contract/error.h"
#include "tests/support/catch.h"

namespace gan {
namespace {

std::string header_of(const std::vector<std::int64_t>& shape) { return npy_header(shape, DType::U8); }

TEST_CASE("the header of an array is that of NumPy's format, version 1.0", "[npy_header]") {
  const std::string header = header_of({50000, 64, 48, 3});
  CHECK(header.substr(0, 8) == std::string("\x93NUMPY\x01\x00", 8));
  CHECK(header.size() % 64 == 0);
  const std::size_t length = static_cast<unsigned char>(header[8]) + 256U * static_cast<unsigned char>(header[9]);
  CHECK(length == header.size() - 10);
  CHECK(header.back() == '\n');
  const std::string text = header.substr(10);
  CHECK(text.substr(0, text.find_last_not_of(" \n") + 1) ==
        "{'descr': '|u1', 'fortran_order': False, 'shape': (50000, 64, 48, 3), }");
}

TEST_CASE("every length of shape leaves the elements aligned", "[npy_header]") {
  for (std::int64_t extent = 1; extent < 1'000'000'000'000; extent *= 10) {
    const std::string header = header_of({extent, extent});
    CHECK(header.size() % 64 == 0);
    CHECK(header.back() == '\n');
  }
  CHECK(header_of({7}).find("(7,)") != std::string::npos);
}

TEST_CASE("real numbers are little-endian float32; nothing else is written", "[npy_header]") {
  const std::vector<std::int64_t> shape = {2048, 2};
  CHECK(npy_header(shape, DType::F32).find("{'descr': '<f4', 'fortran_order': False, 'shape': (2048, 2), }") !=
        std::string::npos);
  CHECK_THROWS_AS(npy_header(shape, DType::F64), Error);
}

}  // namespace
}  // namespace gan
