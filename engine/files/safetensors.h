// The safetensors format: named tensors and a map of texts in one file, readable by Python's `safetensors` as it is.
// Layout: header length (8 bytes, little-endian), JSON header, the tensors' bytes one after the other.
//
// Our files are sealed: the metadata also carry, under keys that start with "gan_cuda.checksum",
//   gan_cuda.checksum              "xxh64", the algorithm
//   gan_cuda.checksum.header       of the 8 length bytes and the header, its own 16 digits read as zeros
//   gan_cuda.checksum.tensor.NAME  of the tensor's bytes
// so that a flipped bit anywhere is found and named when the file is read. Files without any of these keys (from
// PyTorch, say) are read too. A program that edits a sealed file must drop the keys.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "kernels/core/contract/error.h"

namespace gan {

/// The format's name of an element type: "F32" for float.
template <class T>
constexpr std::string_view safetensors_dtype() {
  if constexpr (std::is_same_v<T, float>) return "F32";
  else if constexpr (std::is_same_v<T, double>) return "F64";
  else if constexpr (std::is_same_v<T, std::uint8_t>) return "U8";
  else if constexpr (std::is_same_v<T, std::int32_t>) return "I32";
  else if constexpr (std::is_same_v<T, std::int64_t>) return "I64";
  else {
    static_assert(std::is_same_v<T, std::uint64_t>, "not an element type of our safetensors files");
    return "U64";
  }
}

/// One tensor of a file, dense, in C order.
struct StoredTensor {
  std::string name;
  std::string dtype;                ///< "F32", "F64", "U8", "I32", "I64", "U64"
  std::vector<std::int64_t> shape;  ///< slowest first; empty: a scalar
  std::vector<std::byte> bytes;

  /// A tensor with a copy of `values`, as many as `shape` says.
  template <class T>
  static StoredTensor of(std::string name, std::vector<std::int64_t> shape, std::span<const T> values) {
    const auto bytes = std::as_bytes(values);
    return {std::move(name), std::string(safetensors_dtype<T>()), std::move(shape), {bytes.begin(), bytes.end()}};
  }

  /// A copy of the elements. Error when the dtype is another than T's.
  template <class T>
  std::vector<T> values() const {
    require(dtype == safetensors_dtype<T>(), "tensor '{}' holds {}, read as {}", name, dtype, safetensors_dtype<T>());
    std::vector<T> elements(bytes.size() / sizeof(T));
    if (!elements.empty()) std::memcpy(elements.data(), bytes.data(), bytes.size());
    return elements;
  }
};

/// What a file holds. The checksums are not part of `metadata`: they are added on saving and taken off on loading.
struct SafetensorsFile {
  std::map<std::string, std::string> metadata;
  std::vector<StoredTensor> tensors;  ///< any order to save; loaded in the order of the file

  /// The tensor of that name, or nullptr.
  const StoredTensor* find(std::string_view name) const;
};

/// Writes the file atomically: tensors by falling element size, then by name, so that each is aligned and equal
/// contents give equal bytes. MachineError when the system refuses; Error for contents the format cannot hold (a name
/// twice, bytes that do not fit the shape, metadata keys of the checksums').
void save_safetensors(const std::filesystem::path& path, const SafetensorsFile& file);

/// Reads and checks a file. InputError "PATH: reason" when it is missing, malformed, truncated or damaged.
SafetensorsFile load_safetensors(const std::filesystem::path& path);

/// The same with only those tensors whose name `wanted` accepts. All bytes are checked; memory is that of what is kept and
/// of the largest tensor.
SafetensorsFile load_safetensors(const std::filesystem::path& path,
                                 const std::function<bool(std::string_view name)>& wanted);

/// The same from memory; `name` stands for the path in messages.
SafetensorsFile parse_safetensors(std::span<const std::byte> bytes, const std::string& name);

}  // namespace gan
