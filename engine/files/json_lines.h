// The log of a run: one JSON object a line, in a file that only grows.
#pragma once

#include <concepts>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include "engine/files/descriptor.h"

namespace gan {

/// One line: a flat JSON object, fields in the order they were added. Numbers are printed with the fewest digits that
/// read back as the same number of the same type, so equal runs give equal bytes. JSON has no NaN and no infinity:
/// null.
class JsonLine {
 public:
  /// Adds a field; `key` is one that the line does not have yet.
  JsonLine& add(std::string_view key, float value);
  JsonLine& add(std::string_view key, double value);
  JsonLine& add(std::string_view key, bool value);
  JsonLine& add(std::string_view key, std::string_view value);
  JsonLine& add(std::string_view key, const char* value) { return add(key, std::string_view(value)); }
  template <std::integral Integer>
  JsonLine& add(std::string_view key, Integer value) {
    return add_literal(key, std::to_string(value));
  }

  /// `{"iteration":1,"loss":0.5}`, without a newline.
  std::string text() const { return "{" + fields_ + "}"; }

 private:
  JsonLine& add_literal(std::string_view key, std::string_view literal);

  std::string fields_;
};

/// Appends lines to a file. A line is handed to the system in one piece before `append` returns, so it survives the
/// death of the process; `sync` makes all of them survive the machine's.
class JsonLinesWriter {
 public:
  /// Opens the file, creating it if needed. MachineError when that fails; Error when it ends within a line
  /// (`truncate_json_lines_after` repairs that).
  explicit JsonLinesWriter(std::filesystem::path path);

  /// MachineError when the system refuses (a full disk); what was written of the line is taken back.
  void append(const JsonLine& line);

  /// Flushes the file to the disk: call it before the checkpoint that the lines lead up to.
  void sync();

 private:
  std::filesystem::path path_;
  Descriptor file_;
};

/// Prepares a log for going on after `iteration`: drops the lines whose "iteration" is greater, lines without one that
/// follow such a line, and a torn last line. Rewrites the file atomically, and only when something is dropped. A
/// missing file is left missing. InputError (path, line) when a line before the last is no JSON object or its
/// "iteration" no whole number.
void truncate_json_lines_after(const std::filesystem::path& path, std::int64_t iteration);

}  // namespace gan
