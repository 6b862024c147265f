// The one way kernels move elements. Headers of both worlds that move them fit into one file: one definition serves all.
#include "kernels/core/cuda/storage.cuh"

#include <vector>

#include "kernels/conv/conv_loaders.cuh"
#include "kernels/core/cuda/reduce.cuh"
#include "kernels/norm/batch_statistics.cuh"
#include "tests/emulation/test_support.h"
#include "tests/support/error_message.h"

namespace gan::emulation {
namespace {

TEST_CASE("elements come to registers and go back", "[emulation]") {
  alignas(16) float memory[8] = {1, 2, 3, 4, 5, 6, 7, 8};
  const Floats<4> four = load<4>(memory + 4), same = load_read_only<4>(memory + 4);
  for (int k = 0; k < 4; ++k) {
    CHECK(four.value[k] == memory[4 + k]);
    CHECK(same.value[k] == memory[4 + k]);
  }
  CHECK(load<1>(memory + 3).value[0] == 4);
  CHECK(load_read_only<1>(memory + 3).value[0] == 4);
  store(memory, four);
  store(memory + 4, Floats<1>{9});
  CHECK(std::vector<float>(memory, memory + 8) == std::vector<float>{5, 6, 7, 8, 9, 6, 7, 8});
}

TEST_CASE("four elements are moved at a time where every pointer and the stride allow it", "[emulation]") {
  alignas(16) const float f[8] = {};
  alignas(4) const unsigned char bytes[8] = {};
  CHECK(vector_width(0, f) == 4);
  CHECK(vector_width(8, f, f + 4) == 4);
  CHECK(vector_width(6, f) == 1);
  CHECK(vector_width(4, f, f + 1) == 1);
  CHECK(vector_width(4, f, bytes + 4) == 4);
  CHECK(vector_width(4, f, bytes + 2) == 1);
  CHECK(vector_width(4, static_cast<const float*>(nullptr)) == 4);
}

TEST_CASE("CUDA kernels take f32 and say so", "[emulation]") {
  bool is_float = false;
  with_storage("conv fprop", DType::F32, [&](auto storage) { is_float = std::is_same_v<decltype(storage), float>; });
  CHECK(is_float);
  for (const DType type : {DType::F64, DType::U8, DType::I32, DType::U64})
    test::require_error<Error>([&] { with_storage("conv fprop", type, [](auto) { FAIL("not to be called"); }); },
                               {"conv fprop", "f32", name_of(type)});
}

}  // namespace
}  // namespace gan::emulation
