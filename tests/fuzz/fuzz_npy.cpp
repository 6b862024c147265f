// .npy files: whatever the bytes, a whole data set or an error; header texts alone, too, so that the fuzzer need not
// keep magic and length right.
#include <string_view>

#include "engine/data/npy.h"
#include "tests/fuzz/fuzz_target.h"

namespace {

void load(std::span<const std::uint8_t> bytes, int channels) {
  using namespace gan;
  fuzz::refuse_or_accept([&] {
    MemoryReader reader("input", bytes);
    const Dataset dataset =
        load_npy(reader, "input", {.source = "", .height = 3, .width = 5, .channels = channels, .threads = 1});
    fuzz::expect(dataset.count >= 1 && dataset.height == 3 && dataset.width == 5,
                 "as many images as said, of the size");
    fuzz::expect(channels == 0 || dataset.channels == channels, "the channels asked for");
    fuzz::expect(std::int64_t(dataset.pixels.size()) == dataset.count * dataset.image_bytes(), "every pixel is there");
  });
}

void read_header(std::string_view text) {
  using namespace gan;
  fuzz::refuse_or_accept([&] {
    const NpyHeader header = parse_npy_header(text, "input");
    for (const std::int64_t extent : header.shape) fuzz::expect(extent >= 0, "no extent below 0");
    const RawImages images = npy_images(header, "input");
    fuzz::expect(images.count >= 1 && images.image_bytes() >= 1, "there are images");
  });
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  for (const int channels : {0, 1, 3}) load({data, size}, channels);
  read_header({reinterpret_cast<const char*>(data), size});
  return 0;
}
