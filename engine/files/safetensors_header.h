// The JSON header of a safetensors file: read with suspicion, checked completely, written in one fixed way.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace gan {

/// The header may not be longer than the public format allows.
inline constexpr std::uint64_t kMaxSafetensorsHeaderBytes = 100'000'000;

/// Bytes of one element of a format's type ("F32", "F64", "U8", "I32", "I64", "U64"); 0 for a type we do not read.
std::size_t safetensors_element_bytes(std::string_view dtype);

/// What the header says of one tensor: its bytes are [begin, end) of the data that follow the header.
struct SafetensorsEntry {
  std::string name;
  std::string dtype;
  std::vector<std::int64_t> shape;  ///< slowest first; empty: a scalar
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
};

/// All that a header says.
struct SafetensorsHeader {
  std::map<std::string, std::string> metadata;
  std::vector<SafetensorsEntry> entries;  ///< in the order of their bytes
};

/// Reads the header's JSON text and checks it against the `data_bytes` that follow: known types, shapes whose size is
/// that of the bytes, no name twice, the data covered without overlap, hole or rest. Nothing in it is recursive and
/// memory stays proportional to the text, so hostile headers only earn an error. InputError "FILE: reason"; `file` is
/// for messages.
SafetensorsHeader parse_safetensors_header(std::string_view text, std::uint64_t data_bytes, const std::string& file);

/// The JSON text, entries and metadata in the given order, padded with spaces so that 8 + its length is a multiple
/// of 8. Error when a name or a value is not UTF-8.
std::string write_safetensors_header(const SafetensorsHeader& header);

/// 'name', safe to print: control characters escaped, long names cut.
std::string quoted_name(std::string_view name);

}  // namespace gan
