// IDX files, plain and gzipped: whatever the bytes, a whole data set or an error.
#include "engine/data/gzip.h"
#include "engine/data/idx.h"
#include "tests/fuzz/fuzz_target.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace gan;
  const std::span<const std::uint8_t> bytes(data, size);
  for (const int channels : {0, 1, 3})
    fuzz::refuse_or_accept([&] {
      MemoryReader memory("input", bytes);
      GzipReader inflated(memory);
      ByteReader& reader = is_gzip(bytes) ? static_cast<ByteReader&>(inflated) : memory;
      const Dataset dataset =
          load_idx(reader, "input", {.source = "", .height = 3, .width = 5, .channels = channels, .threads = 1});
      fuzz::expect(dataset.count >= 1 && dataset.height == 3 && dataset.width == 5,
                   "as many images as said, of the size");
      fuzz::expect(channels == 0 || dataset.channels == channels, "the channels asked for");
      fuzz::expect(std::int64_t(dataset.pixels.size()) == dataset.count * dataset.image_bytes(),
                   "every pixel is there");
    });
  return 0;
}
