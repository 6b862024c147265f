#include "engine/files/safetensors_header.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <tuple>
#include <unordered_set>
#include <utility>

#include "kernels/core/contract/error.h"

namespace gan {
namespace {

constexpr std::string_view kMetadataKey = "__metadata__";
constexpr std::size_t kMaxRank = 32;

constexpr std::array<std::pair<std::string_view, std::size_t>, 6> kElementBytes{
    {{"F32", 4}, {"F64", 8}, {"U8", 1}, {"I32", 4}, {"I64", 8}, {"U64", 8}}};

[[noreturn]] void reject(const std::string& file, const std::string& reason) {
  throw InputError(fmt::format("{}: {}", file, reason));
}

/// Takes the JSON events one by one and accepts exactly the shape of a safetensors header; the first event out of place
/// throws. So depth is bounded by the grammar, and names given twice are seen, which a JSON tree would hide.
class HeaderReader final : public nlohmann::json_sax<nlohmann::json> {
 public:
  explicit HeaderReader(const std::string& file) : file_(file) {}

  SafetensorsHeader take() { return std::move(header_); }

  bool null() override { unexpected("null"); }
  bool boolean(bool) override { unexpected("a boolean"); }
  bool number_integer(number_integer_t) override { unexpected("a negative number"); }
  bool number_float(number_float_t, const string_t&) override { unexpected("a fraction or a number beyond 64 bits"); }
  bool binary(binary_t&) override { unexpected("binary data"); }

  bool number_unsigned(number_unsigned_t value) override {
    if (place_ == Place::Shape) {
      if (value > static_cast<std::uint64_t>(INT64_MAX)) unexpected("a number beyond 63 bits");
      if (entry_.shape.size() == kMaxRank)
        reject(file_, fmt::format("{} has more than {} dimensions", tensor(), kMaxRank));
      entry_.shape.push_back(static_cast<std::int64_t>(value));
    } else if (place_ == Place::Offsets && offset_count_ < 2) {
      (offset_count_ == 0 ? entry_.begin : entry_.end) = value;
      ++offset_count_;
    } else {
      unexpected("a number");
    }
    return true;
  }

  bool string(string_t& value) override {
    if (place_ == Place::Metadata) {
      header_.metadata.emplace(key_, value);
    } else if (place_ == Place::Entry && key_ == "dtype") {
      entry_.dtype = value;
    } else {
      unexpected("a string");
    }
    return true;
  }

  bool key(string_t& value) override {
    key_ = value;
    if (place_ == Place::Root) {
      if (!names_.insert(value).second) reject(file_, fmt::format("the header names {} twice", quoted_name(value)));
    } else if (place_ == Place::Metadata) {
      if (header_.metadata.contains(value))
        reject(file_, fmt::format("the metadata names {} twice", quoted_name(value)));
    } else {
      if (value != "dtype" && value != "shape" && value != "data_offsets") {
        reject(file_, fmt::format("{} has an unknown field {}; dtype, shape and data_offsets are accepted", tensor(),
                                  quoted_name(value)));
      }
      if (std::find(fields_.begin(), fields_.end(), value) != fields_.end()) {
        reject(file_, fmt::format("{} has the field '{}' twice", tensor(), value));
      }
      fields_.push_back(value);
    }
    return true;
  }

  bool start_object(std::size_t) override {
    if (place_ == Place::Document) {
      place_ = Place::Root;
    } else if (place_ == Place::Root && key_ == kMetadataKey) {
      place_ = Place::Metadata;
    } else if (place_ == Place::Root) {
      place_ = Place::Entry;
      entry_ = SafetensorsEntry{};
      entry_.name = key_;
      fields_.clear();
      offset_count_ = 0;
    } else {
      unexpected("an object");
    }
    return true;
  }

  bool end_object() override {
    if (place_ == Place::Entry) {
      if (fields_.size() != 3) reject(file_, fmt::format("{} lacks one of dtype, shape and data_offsets", tensor()));
      header_.entries.push_back(std::move(entry_));
    }
    place_ = place_ == Place::Root ? Place::Document : Place::Root;
    return true;
  }

  bool start_array(std::size_t) override {
    if (place_ == Place::Entry && key_ == "shape") {
      place_ = Place::Shape;
    } else if (place_ == Place::Entry && key_ == "data_offsets") {
      place_ = Place::Offsets;
    } else {
      unexpected("an array");
    }
    return true;
  }

  bool end_array() override {
    if (place_ == Place::Offsets && offset_count_ != 2) unexpected("an array of the wrong length");
    place_ = Place::Entry;
    return true;
  }

  bool parse_error(std::size_t position, const std::string&, const nlohmann::json::exception&) override {
    reject(file_, fmt::format("the header is not valid JSON at its byte {}", position));
  }

 private:
  enum class Place { Document, Root, Metadata, Entry, Shape, Offsets };

  std::string tensor() const { return fmt::format("tensor {}", quoted_name(entry_.name)); }

  std::string wanted() const {
    if (place_ == Place::Document) return "the header must be a JSON object";
    if (place_ == Place::Root && key_ == kMetadataKey) return "the metadata must be an object";
    if (place_ == Place::Root) return fmt::format("the entry of tensor {} must be an object", quoted_name(key_));
    if (place_ == Place::Metadata) return fmt::format("the metadata's {} must be a string", quoted_name(key_));
    if (place_ == Place::Shape) return fmt::format("the shape of {} must be an array of whole numbers", tensor());
    if (place_ == Place::Offsets) return fmt::format("the data_offsets of {} must be two whole numbers", tensor());
    if (key_ == "dtype") return fmt::format("the dtype of {} must be a string", tensor());
    return fmt::format("the {} of {} must be an array of whole numbers", key_, tensor());
  }

  [[noreturn]] void unexpected(const char* what) const { reject(file_, fmt::format("{}, not {}", wanted(), what)); }

  const std::string& file_;
  SafetensorsHeader header_;
  Place place_ = Place::Document;
  std::string key_;
  SafetensorsEntry entry_;
  std::vector<std::string> fields_;  ///< of the entry being read
  int offset_count_ = 0;
  std::unordered_set<std::string> names_;
};

/// The entry's bytes must lie inside the data and be as many as its shape says.
void check_size(const SafetensorsEntry& entry, std::uint64_t data_bytes, const std::string& file) {
  const std::string tensor = fmt::format("tensor {}", quoted_name(entry.name));
  std::uint64_t bytes = safetensors_element_bytes(entry.dtype);
  if (bytes == 0) {
    reject(file, fmt::format("{} has dtype {}; F32, F64, U8, I32, I64 and U64 are accepted", tensor,
                             quoted_name(entry.dtype)));
  }
  for (const std::int64_t extent : entry.shape) {
    if (__builtin_mul_overflow(bytes, static_cast<std::uint64_t>(extent), &bytes)) {
      reject(file, fmt::format("the shape of {} overflows 64 bits", tensor));
    }
  }
  if (entry.begin > entry.end) {
    reject(file, fmt::format("the data_offsets of {} run backwards, from {} to {}", tensor, entry.begin, entry.end));
  }
  if (entry.end > data_bytes) {
    reject(file, fmt::format("{} should reach to byte {} of the data, but there are {}: truncated, or wrong offsets",
                             tensor, entry.end, data_bytes));
  }
  if (entry.end - entry.begin != bytes) {
    reject(file, fmt::format("{} is {} bytes by its dtype and shape, but {} by its data_offsets", tensor, bytes,
                             entry.end - entry.begin));
  }
}

/// Entries sorted by position must cover the data exactly.
void check_cover(const std::vector<SafetensorsEntry>& entries, std::uint64_t data_bytes, const std::string& file) {
  std::uint64_t covered = 0;
  const SafetensorsEntry* previous = nullptr;
  for (const SafetensorsEntry& entry : entries) {
    if (entry.begin < covered) {
      reject(file, fmt::format("tensors {} and {} overlap", quoted_name(previous->name), quoted_name(entry.name)));
    }
    if (entry.begin > covered) {
      reject(file, fmt::format("a hole of {} bytes in the data before tensor {}", entry.begin - covered,
                               quoted_name(entry.name)));
    }
    covered = entry.end;
    previous = &entry;
  }
  if (covered != data_bytes) reject(file, fmt::format("{} trailing bytes after the last tensor", data_bytes - covered));
}

}  // namespace

std::size_t safetensors_element_bytes(std::string_view dtype) {
  for (const auto& [name, bytes] : kElementBytes) {
    if (name == dtype) return bytes;
  }
  return 0;
}

SafetensorsHeader parse_safetensors_header(std::string_view text, std::uint64_t data_bytes, const std::string& file) {
  // The JSON reader skips a byte-order mark and stops at a zero byte; the format allows neither.
  if (!text.starts_with('{')) reject(file, "the header must start with '{'");
  if (text.find('\0') != std::string_view::npos) reject(file, "the header holds a zero byte");
  HeaderReader reader(file);
  if (!nlohmann::json::sax_parse(text.begin(), text.end(), &reader)) reject(file, "the header is not valid JSON");
  SafetensorsHeader header = reader.take();
  for (const SafetensorsEntry& entry : header.entries) check_size(entry, data_bytes, file);
  std::sort(header.entries.begin(), header.entries.end(), [](const SafetensorsEntry& a, const SafetensorsEntry& b) {
    return std::tie(a.begin, a.end, a.name) < std::tie(b.begin, b.end, b.name);
  });
  check_cover(header.entries, data_bytes, file);
  return header;
}

std::string write_safetensors_header(const SafetensorsHeader& header) {
  nlohmann::ordered_json root = nlohmann::ordered_json::object();
  if (!header.metadata.empty()) root[std::string(kMetadataKey)] = header.metadata;
  for (const SafetensorsEntry& entry : header.entries) {
    require(!root.contains(entry.name), "tensor {} would be stored twice", quoted_name(entry.name));
    root[entry.name] = {{"dtype", entry.dtype}, {"shape", entry.shape}, {"data_offsets", {entry.begin, entry.end}}};
  }
  std::string text;
  try {
    text = root.dump();
  } catch (const nlohmann::json::exception&) { throw Error("a tensor name or a metadata text is not UTF-8"); }
  text.append((8 - text.size() % 8) % 8, ' ');
  return text;
}

std::string quoted_name(std::string_view name) {
  constexpr std::size_t kLongest = 80;
  std::string text = "'";
  for (const char character : name.substr(0, kLongest)) {
    const auto code = static_cast<unsigned char>(character);
    if (code < 0x20 || code == 0x7f) text += fmt::format("\\x{:02x}", code);
    else text += character;
  }
  return text + (name.size() > kLongest ? "...'" : "'");
}

}  // namespace gan
