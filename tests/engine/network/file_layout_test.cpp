#include "engine/network/file_layout.h"

#include <numeric>

#include "tests/support/catch.h"

using namespace gan;

TEST_CASE("KRSC becomes OIHW and comes back", "[file_layout]") {
  const std::int64_t k = 3, r = 2, s = 4, c = 5;
  const FileLayout layout{.memory_shape = {k, r, s, c}, .permutation = {0, 3, 1, 2}, .file_shape = {k, c, r, s}};
  std::vector<float> memory(static_cast<std::size_t>(k * r * s * c));
  std::iota(memory.begin(), memory.end(), 0.0f);
  const std::vector<float> file = to_file_order(memory, layout);
  for (std::int64_t ik = 0; ik < k; ++ik)
    for (std::int64_t ir = 0; ir < r; ++ir)
      for (std::int64_t is = 0; is < s; ++is)
        for (std::int64_t ic = 0; ic < c; ++ic)
          CHECK(file[static_cast<std::size_t>(((ik * c + ic) * r + ir) * s + is)] ==
                memory[static_cast<std::size_t>(((ik * r + ir) * s + is) * c + ic)]);
  CHECK(to_memory_order(file, layout) == memory);
}
