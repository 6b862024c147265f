// Fuzz target: safetensors bytes from strangers, as a whole file and as a header alone (the fuzzer then need not keep
// the length prefix right). Anything but InputError is a finding, and so is a tensor whose bytes do not fit its shape.
#include <cstdlib>
#include <cstring>
#include <vector>

#include "engine/files/safetensors.h"
#include "engine/files/safetensors_header.h"

namespace {

void parse(std::span<const std::byte> bytes) {
  try {
    const gan::SafetensorsFile file = gan::parse_safetensors(bytes, "fuzz");
    std::size_t total = 0;
    for (const gan::StoredTensor& tensor : file.tensors) {
      std::uint64_t expected = gan::safetensors_element_bytes(tensor.dtype);
      for (const std::int64_t extent : tensor.shape) expected *= static_cast<std::uint64_t>(extent);
      if (expected != tensor.bytes.size() || file.find(tensor.name) != &tensor) std::abort();
      total += tensor.bytes.size();
    }
    if (total > bytes.size()) std::abort();
  } catch (const gan::InputError&) {}
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto bytes = std::as_bytes(std::span(data, size));
  parse(bytes);

  // The first byte says how many bytes of data follow the header.
  if (size == 0) return 0;
  const std::uint64_t header_bytes = size - 1;
  std::vector<std::byte> file(8 + header_bytes + data[0]);
  std::memcpy(file.data(), &header_bytes, 8);
  if (header_bytes > 0) std::memcpy(file.data() + 8, data + 1, header_bytes);
  parse(file);
  return 0;
}
