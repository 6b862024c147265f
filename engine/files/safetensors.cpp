#include "engine/files/safetensors.h"

#include <algorithm>
#include <array>
#include <bit>
#include <utility>

#include "engine/files/atomic_file.h"
#include "engine/files/checksum.h"
#include "engine/files/safetensors_header.h"

namespace gan {
namespace {

static_assert(std::endian::native == std::endian::little,
              "the format is little-endian and tensors are copied as they are");

constexpr std::string_view kChecksum = "gan_cuda.checksum";
constexpr std::string_view kHeaderChecksum = "gan_cuda.checksum.header";
constexpr std::string_view kTensorChecksum = "gan_cuda.checksum.tensor.";
constexpr std::string_view kAlgorithm = "xxh64";
constexpr std::string_view kNoDigits = "0000000000000000";

/// Where the header checksum's digits start in our header text; npos in a foreign one. Inside a JSON string the quotes
/// would be escaped, so no text of a user can look like this.
std::size_t header_checksum_position(std::string_view header) {
  const std::string key = fmt::format("\"{}\":\"", kHeaderChecksum);
  const std::size_t at = header.find(key);
  if (at == std::string_view::npos || header.size() - at < key.size() + kNoDigits.size()) return std::string_view::npos;
  return at + key.size();
}

std::array<std::byte, 8> length_bytes(std::uint64_t length) { return std::bit_cast<std::array<std::byte, 8>>(length); }

/// The checksum of a header text whose own digits stand at `position`.
std::string header_checksum(std::string_view header, std::size_t position) {
  const auto length = length_bytes(header.size());
  std::string text(reinterpret_cast<const char*>(length.data()), length.size());
  text += header;
  text.replace(length.size() + position, kNoDigits.size(), kNoDigits);
  return hex_digits(xxh64(std::as_bytes(std::span(text))));
}

/// Checks the header against its checksum, before anything in it is believed. InputError when damaged.
void check_header_seal(std::string_view header, std::size_t position, const std::string& file) {
  const std::string_view stored = header.substr(position, kNoDigits.size());
  const std::string computed = header_checksum(header, position);
  if (stored != computed) {
    throw InputError(
        fmt::format("{}: the header (metadata, names, shapes) is damaged: its checksum is {}, its bytes give {}", file,
                    quoted_name(stored), computed));
  }
}

/// Takes the checksums off the metadata. Returns those of the tensors by name; empty for a foreign file. InputError
/// when some are there but not all.
std::map<std::string, std::string> take_tensor_checksums(SafetensorsHeader& header, bool header_sealed,
                                                         const std::string& file) {
  std::map<std::string, std::string> seal;
  for (auto entry = header.metadata.begin(); entry != header.metadata.end();) {
    if (entry->first.starts_with(kChecksum)) seal.insert(header.metadata.extract(entry++));
    else ++entry;
  }
  if (seal.empty()) return seal;
  const auto algorithm = seal.find(std::string(kChecksum));
  if (!header_sealed || algorithm == seal.end() || algorithm->second != kAlgorithm ||
      seal.size() != header.entries.size() + 2) {
    throw InputError(
        fmt::format("{}: the header's checksums are incomplete or not {}: damaged, or rewritten by a program that "
                    "kept the metadata keys {}*",
                    file, kAlgorithm, kChecksum));
  }
  std::map<std::string, std::string> checksums;
  for (const SafetensorsEntry& entry : header.entries) {
    const auto checksum = seal.find(std::string(kTensorChecksum) + entry.name);
    if (checksum == seal.end()) {
      throw InputError(fmt::format("{}: the header has no checksum for tensor {}", file, quoted_name(entry.name)));
    }
    checksums[entry.name] = checksum->second;
  }
  return checksums;
}

/// Fills a span with the file's bytes from an offset on; the caller stays inside the file.
using Source = std::function<void(std::uint64_t offset, std::span<std::byte> bytes)>;

std::string read_header_text(const Source& read, std::uint64_t file_bytes, const std::string& file) {
  std::array<std::byte, 8> length{};
  if (file_bytes < length.size()) {
    throw InputError(
        fmt::format("{}: truncated: {} bytes, a safetensors file starts with 8 of header length", file, file_bytes));
  }
  read(0, length);
  const auto header_bytes = std::bit_cast<std::uint64_t>(length);
  if (header_bytes > kMaxSafetensorsHeaderBytes) {
    throw InputError(fmt::format("{}: no safetensors file: header length {}, at most {} are accepted", file,
                                 header_bytes, kMaxSafetensorsHeaderBytes));
  }
  if (header_bytes > file_bytes - length.size()) {
    throw InputError(fmt::format("{}: truncated: header length {}, but {} bytes follow", file, header_bytes,
                                 file_bytes - length.size()));
  }
  std::string header(header_bytes, '\0');
  read(length.size(), std::as_writable_bytes(std::span(header)));
  return header;
}

SafetensorsFile load_from(const Source& read, std::uint64_t file_bytes, const std::string& file,
                          const std::function<bool(std::string_view)>& wanted) {
  const std::string text = read_header_text(read, file_bytes, file);
  const std::size_t position = header_checksum_position(text);
  const bool header_sealed = position != std::string::npos;
  if (header_sealed) check_header_seal(text, position, file);
  const std::uint64_t data_start = 8 + text.size();
  SafetensorsHeader header = parse_safetensors_header(text, file_bytes - data_start, file);
  const std::map<std::string, std::string> checksums = take_tensor_checksums(header, header_sealed, file);

  SafetensorsFile result;
  result.metadata = std::move(header.metadata);
  for (SafetensorsEntry& entry : header.entries) {
    std::vector<std::byte> bytes(entry.end - entry.begin);
    read(data_start + entry.begin, bytes);
    if (const auto stored = checksums.find(entry.name); stored != checksums.end()) {
      const std::string computed = hex_digits(xxh64(bytes));
      if (stored->second != computed) {
        throw InputError(fmt::format("{}: tensor {} is damaged: its checksum is {}, its bytes give {}", file,
                                     quoted_name(entry.name), quoted_name(stored->second), computed));
      }
    }
    if (!wanted(entry.name)) continue;
    result.tensors.push_back({std::move(entry.name), std::move(entry.dtype), std::move(entry.shape), std::move(bytes)});
  }
  return result;
}

bool every_tensor(std::string_view) { return true; }

/// Contents must be such that what we write can be read back: a violation is a bug of the caller.
void check_storable(const SafetensorsFile& file) {
  for (const auto& [key, value] : file.metadata) {
    require(!key.starts_with(kChecksum), "metadata key {} is reserved for checksums", quoted_name(key));
  }
  for (const StoredTensor& tensor : file.tensors) {
    std::uint64_t bytes = safetensors_element_bytes(tensor.dtype);
    require(bytes != 0, "tensor {} has dtype {}, which is none of the file format's", quoted_name(tensor.name),
            quoted_name(tensor.dtype));
    for (const std::int64_t extent : tensor.shape) {
      const bool fits = extent >= 0 && !__builtin_mul_overflow(bytes, static_cast<std::uint64_t>(extent), &bytes);
      require(fits, "tensor {} has an impossible extent {}", quoted_name(tensor.name), extent);
    }
    require(bytes == tensor.bytes.size(), "tensor {} is {} bytes by its dtype and shape, but holds {}",
            quoted_name(tensor.name), bytes, tensor.bytes.size());
  }
}

std::vector<const StoredTensor*> in_file_order(const SafetensorsFile& file) {
  std::vector<const StoredTensor*> order;
  for (const StoredTensor& tensor : file.tensors) order.push_back(&tensor);
  std::sort(order.begin(), order.end(), [](const StoredTensor* a, const StoredTensor* b) {
    const std::size_t a_bytes = safetensors_element_bytes(a->dtype), b_bytes = safetensors_element_bytes(b->dtype);
    return a_bytes != b_bytes ? a_bytes > b_bytes : a->name < b->name;
  });
  return order;
}

std::string sealed_header(const SafetensorsFile& file, const std::vector<const StoredTensor*>& order) {
  SafetensorsHeader header;
  header.metadata = file.metadata;
  header.metadata[std::string(kChecksum)] = kAlgorithm;
  header.metadata[std::string(kHeaderChecksum)] = kNoDigits;
  std::uint64_t end = 0;
  for (const StoredTensor* tensor : order) {
    const std::uint64_t begin = end;
    end += tensor->bytes.size();
    header.entries.push_back({tensor->name, tensor->dtype, tensor->shape, begin, end});
    header.metadata[std::string(kTensorChecksum) + tensor->name] = hex_digits(xxh64(tensor->bytes));
  }
  std::string text = write_safetensors_header(header);
  require(text.size() <= kMaxSafetensorsHeaderBytes, "a header of {} bytes, the format allows {}", text.size(),
          kMaxSafetensorsHeaderBytes);
  const std::size_t position = header_checksum_position(text);
  return text.replace(position, kNoDigits.size(), header_checksum(text, position));
}

}  // namespace

const StoredTensor* SafetensorsFile::find(std::string_view name) const {
  const auto found =
      std::find_if(tensors.begin(), tensors.end(), [&](const auto& tensor) { return tensor.name == name; });
  return found == tensors.end() ? nullptr : &*found;
}

void save_safetensors(const std::filesystem::path& path, const SafetensorsFile& file) {
  check_storable(file);
  const std::vector<const StoredTensor*> order = in_file_order(file);
  const std::string header = sealed_header(file, order);
  write_atomically(path, [&](FileWriter& writer) {
    writer.write(length_bytes(header.size()));
    writer.write(header);
    for (const StoredTensor* tensor : order) writer.write(tensor->bytes);
  });
}

SafetensorsFile load_safetensors(const std::filesystem::path& path) { return load_safetensors(path, every_tensor); }

SafetensorsFile load_safetensors(const std::filesystem::path& path,
                                 const std::function<bool(std::string_view name)>& wanted) {
  const Descriptor file = open_for_reading(path);
  const Source read = [&](std::uint64_t offset, std::span<std::byte> bytes) { read_fully(file, offset, bytes, path); };
  return load_from(read, size_of_file(file, path), path.string(), wanted);
}

SafetensorsFile parse_safetensors(std::span<const std::byte> bytes, const std::string& name) {
  const Source read = [bytes](std::uint64_t offset, std::span<std::byte> target) {
    if (!target.empty()) std::memcpy(target.data(), bytes.data() + offset, target.size());
  };
  return load_from(read, bytes.size(), name, every_tensor);
}

}  // namespace gan
