// Zip archives, through files, as they are read: each of their files is whole or refused, and what they hold as a data
// set.
#include <algorithm>
#include <vector>

#include "engine/data/image_file.h"
#include "engine/data/zip_images.h"
#include "tests/fuzz/fuzz_target.h"
#include "tests/fuzz/memory_file.h"

namespace {
constexpr std::uint64_t kMostEntryBytes = 1 << 20;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace gan;
  const fuzz::MemoryFile file({data, size});
  fuzz::refuse_or_accept([&] {
    const ZipArchive archive(file.path(), kMostEntryBytes);
    for (std::int64_t i = 0; i < archive.count(); ++i)
      fuzz::refuse_or_accept([&] {
        const std::vector<std::uint8_t> bytes = archive.read(i);
        fuzz::expect(bytes.size() <= kMostEntryBytes, "no more than the limit");
        const std::vector<std::uint8_t> head = archive.read_head(i, 16);
        fuzz::expect(head.size() == std::min<std::size_t>(16, bytes.size()) &&
                         std::equal(head.begin(), head.end(), bytes.begin()),
                     "a head is the beginning");
      });
  });
  fuzz::refuse_or_accept([&] {
    const DataOptions options{
        .source = file.path(), .height = 3, .width = 5, .channels = 1, .threads = 1, .skip_damaged = true};
    const ZipImages images(options);
    report_passed_over(images, options);
    // Large pictures have a fuzzer of their own.
    for (std::int64_t i = 0; i < images.count(); ++i)
      read_image_info(images.read(i), "input", {.max_side = 512, .max_pixels = 1 << 14});
    const Dataset dataset = load_encoded_images(images, "input", options);
    fuzz::expect(dataset.count >= 1 && dataset.count + std::int64_t(dataset.left_out.size()) == images.count(),
                 "every image is there or named");
    fuzz::expect(std::int64_t(dataset.pixels.size()) == dataset.count * dataset.image_bytes(), "every pixel is there");
  });
  return 0;
}
