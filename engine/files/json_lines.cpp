#include "engine/files/json_lines.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "engine/files/atomic_file.h"
#include "kernels/core/contract/error.h"

namespace gan {
namespace {

std::string json_text(std::string_view text) {
  // Bytes that are not UTF-8 (a file name, say) become U+FFFD: a log line must never stop a run.
  return nlohmann::json(std::string(text)).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

template <class Real>
std::string shortest(Real value) {
  if (!std::isfinite(value)) return "null";
  std::array<char, 32> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
  return {digits.data(), end};
}

[[noreturn]] void fail(const std::filesystem::path& path, int error_number) {
  throw MachineError(fmt::format("cannot write '{}': {}", path.string(), reason_of(error_number)));
}

enum class LineKind { Numbered, Unnumbered, Malformed };

struct ParsedLine {
  LineKind kind = LineKind::Malformed;
  std::int64_t iteration = 0;
};

ParsedLine parse_line(std::string_view line) {
  const nlohmann::json object = nlohmann::json::parse(line, nullptr, false);
  if (!object.is_object()) return {};
  const auto iteration = object.find("iteration");
  if (iteration == object.end()) return {.kind = LineKind::Unnumbered};
  if (!iteration->is_number_integer()) return {};
  return {.kind = LineKind::Numbered, .iteration = iteration->get<std::int64_t>()};
}

}  // namespace

JsonLine& JsonLine::add(std::string_view key, float value) { return add_literal(key, shortest(value)); }
JsonLine& JsonLine::add(std::string_view key, double value) { return add_literal(key, shortest(value)); }
JsonLine& JsonLine::add(std::string_view key, bool value) { return add_literal(key, value ? "true" : "false"); }
JsonLine& JsonLine::add(std::string_view key, std::string_view value) { return add_literal(key, json_text(value)); }

JsonLine& JsonLine::add_literal(std::string_view key, std::string_view literal) {
  if (!fields_.empty()) fields_ += ',';
  fields_ += json_text(key);
  fields_ += ':';
  fields_ += literal;
  return *this;
}

JsonLinesWriter::JsonLinesWriter(std::filesystem::path path) : path_(std::move(path)) {
  file_ = Descriptor(::open(path_.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0666));
  if (!file_.open()) fail(path_, errno);
  const std::uint64_t size = size_of_file(file_, path_);
  if (size == 0) return;
  std::array<std::byte, 1> last{};
  read_fully(file_, size - 1, last, path_);
  require(last[0] == std::byte{'\n'}, "'{}' ends within a line: it was not truncated before going on", path_.string());
}

void JsonLinesWriter::append(const JsonLine& line) {
  const std::string text = line.text() + "\n";
  const std::uint64_t size = size_of_file(file_, path_);
  try {
    write_fully(file_, std::as_bytes(std::span(text)), path_);
  } catch (const MachineError&) {
    // If even this fails, the torn line is dropped on resume.
    [[maybe_unused]] const int ignored = ::ftruncate(file_.get(), static_cast<off_t>(size));
    throw;
  }
}

void JsonLinesWriter::sync() {
  if (::fsync(file_.get()) != 0) fail(path_, errno);
}

void truncate_json_lines_after(const std::filesystem::path& path, std::int64_t iteration) {
  std::error_code error;
  if (!std::filesystem::exists(path, error)) return;
  const std::vector<std::uint8_t> bytes = read_file(path, std::numeric_limits<std::uint64_t>::max());
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  std::string kept;
  bool keeping = true;
  std::size_t number = 0;
  for (std::size_t start = 0; start < text.size();) {
    ++number;
    const std::size_t newline = text.find('\n', start);
    if (newline == std::string::npos) break;  // torn
    const std::string_view line = text.substr(start, newline + 1 - start);
    const ParsedLine parsed = parse_line(line);
    start = newline + 1;
    if (parsed.kind == LineKind::Malformed) {
      if (start == text.size()) break;  // torn, with the newline of something else
      throw InputError(
          fmt::format("{}:{}: not a line of a log: a JSON object is accepted, its \"iteration\" a whole number",
                      path.string(), number));
    }
    if (parsed.kind == LineKind::Numbered) keeping = parsed.iteration <= iteration;
    if (keeping) kept += line;
  }
  if (kept != text) write_atomically(path, kept);
}

}  // namespace gan
