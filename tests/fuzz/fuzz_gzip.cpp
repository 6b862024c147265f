// Gzip streams: read to the end in uneven pieces; never more than was promised, the same bytes for other pieces.
#include <algorithm>
#include <vector>

#include "engine/data/gzip.h"
#include "tests/fuzz/fuzz_target.h"

namespace {

constexpr std::size_t kMostInflated = 4 << 20;  // a bomb has made its point by then

/// Everything a stream gives until it ends, is refused, or reaches the limit.
std::vector<std::uint8_t> inflate(std::span<const std::uint8_t> bytes, std::size_t piece) {
  std::vector<std::uint8_t> all, buffer(piece);
  gan::fuzz::refuse_or_accept([&] {
    gan::MemoryReader memory("input", bytes);
    gan::GzipReader reader(memory);
    while (all.size() < kMostInflated) {
      const std::uint64_t most = reader.most_left();
      const std::size_t count = reader.read(buffer);
      gan::fuzz::expect(count <= buffer.size() && count <= most, "no more than asked for, no more than most_left()");
      all.insert(all.end(), buffer.begin(), buffer.begin() + std::ptrdiff_t(count));
      if (count < buffer.size()) return;
    }
  });
  return all;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::vector<std::uint8_t> all = inflate({data, size}, 1 << 16), again = inflate({data, size}, 997);
  // Of a stream that is refused on the way, the piece in which that happened is lost.
  const std::size_t both = std::min(all.size(), again.size());
  gan::fuzz::expect(std::equal(all.begin(), all.begin() + std::ptrdiff_t(both), again.begin()), "the same bytes again");
  return 0;
}
