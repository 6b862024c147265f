// CIFAR-10's records, through files, as they are read: whole records with labels below 10, or an error.
#include <string>
#include <vector>

#include "engine/data/cifar10.h"
#include "tests/fuzz/fuzz_target.h"
#include "tests/fuzz/memory_file.h"

namespace {
constexpr std::size_t kRecord = 3073;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace gan;
  // As it is, and stretched to whole records, so that the fuzzer need not guess their size.
  std::vector<std::uint8_t> whole(data, data + size);
  whole.resize((size / kRecord + 1) * kRecord);
  for (const std::span<const std::uint8_t> bytes : {std::span(data, size), std::span<const std::uint8_t>(whole)})
    fuzz::refuse_or_accept([&] {
      const fuzz::MemoryFile file(bytes);
      const Dataset dataset =
          load_cifar10({file.path(), file.path()}, "input", {.source = "", .height = 3, .width = 5, .threads = 1});
      fuzz::expect(bytes.size() % kRecord == 0, "whole records");
      fuzz::expect(dataset.count == std::int64_t(2 * (bytes.size() / kRecord)), "as many images as there are records");
      fuzz::expect(std::int64_t(dataset.pixels.size()) == dataset.count * dataset.image_bytes(),
                   "every pixel is there");
      for (std::size_t at = 0; at < bytes.size(); at += kRecord) fuzz::expect(bytes[at] <= 9, "labels of 0 to 9");
    });
  return 0;
}
