// The part of TOML that a list of settings needs, read strictly.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace gan {

enum class TomlKind { String, Integer, Float, Boolean };

/// `key = value` on one line of a TOML document.
struct TomlEntry {
  std::string key;
  TomlKind kind = TomlKind::String;
  std::string
      value;     ///< strings: unescaped; numbers: as written, without underscores and leading +; booleans: true, false
  int line = 0;  ///< from 1
};

/// Reads a TOML v1.0 document that consists of blank lines, comments, and `key = value` with bare keys and strings on
/// one line ("basic" or 'literal'), decimal integers, floats or booleans. Everything else that TOML knows (tables,
/// arrays, dates, multi-line strings ...) and everything it does not is an InputError `SOURCE, line N: ...`, as is a
/// key that stands there twice. Numbers are checked for form, not for range. A pure function of its arguments.
std::vector<TomlEntry> parse_toml(std::string_view text, std::string_view source);

/// The text as a TOML basic string, quotes included. Bytes that are no ASCII are kept.
std::string toml_string(std::string_view text);

}  // namespace gan
