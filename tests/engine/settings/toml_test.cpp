#include "engine/settings/toml.h"

#include <random>

#include "tests/engine/files/files_test_support.h"

namespace gan {
namespace {

using test::contains;
using test::message_of;

TomlEntry only_entry(const std::string& text) {
  const std::vector<TomlEntry> entries = parse_toml(text, "test.toml");
  REQUIRE(entries.size() == 1);
  return entries[0];
}

std::string refusal(const std::string& text) {
  return message_of<InputError>([&] { parse_toml(text, "test.toml"); });
}

TEST_CASE("a document of settings", "[toml]") {
  const std::vector<TomlEntry> entries = parse_toml(
      "# comment\n"
      "\n"
      "data = \"shapes\"  # after a value\n"
      "\t batch=64\r\n"
      "lr = 2e-4\n"
      "flip = true",  // no newline at the end
      "test.toml");
  REQUIRE(entries.size() == 4);
  CHECK(entries[0].key == "data");
  CHECK(entries[0].kind == TomlKind::String);
  CHECK(entries[0].value == "shapes");
  CHECK(entries[0].line == 3);
  CHECK(entries[1].key == "batch");
  CHECK(entries[1].kind == TomlKind::Integer);
  CHECK(entries[1].value == "64");
  CHECK(entries[1].line == 4);
  CHECK(entries[2].kind == TomlKind::Float);
  CHECK(entries[3].kind == TomlKind::Boolean);
  CHECK(entries[3].value == "true");
  CHECK(entries[3].line == 6);
}

TEST_CASE("documents without entries", "[toml]") {
  for (const char* text : {"", "\n", "# only a comment", "   \t\r\n\n", "\xef\xbb\xbf"}) {
    INFO(text);
    CHECK(parse_toml(text, "test.toml").empty());
  }
}

TEST_CASE("numbers in all their forms", "[toml]") {
  const auto check = [](const std::string& written, TomlKind kind, const std::string& value) {
    INFO(written);
    const TomlEntry entry = only_entry("k = " + written);
    CHECK(entry.kind == kind);
    CHECK(entry.value == value);
  };
  check("0", TomlKind::Integer, "0");
  check("+7", TomlKind::Integer, "7");
  check("-17", TomlKind::Integer, "-17");
  check("1_000_000", TomlKind::Integer, "1000000");
  check("18446744073709551615", TomlKind::Integer, "18446744073709551615");
  check("0.5", TomlKind::Float, "0.5");
  check("-0.0", TomlKind::Float, "-0.0");
  check("5e+22", TomlKind::Float, "5e22");
  check("1E-4", TomlKind::Float, "1e-4");
  check("9_9.1_2e0_3", TomlKind::Float, "99.12e03");
}

TEST_CASE("what is no number", "[toml]") {
  for (const char* written : {"01",   "1.",  ".5",  "1_",  "_1",    "1__0", "1e",         "1e+", "--1",  "+-1",
                              "0x10", "0b1", "nan", "inf", "1.5.2", "1-2",  "1979-05-27", "yes", "True", "shapes"}) {
    INFO(written);
    CHECK(contains(refusal(std::string("\nk = ") + written), "test.toml, line 2: "));
  }
  CHECK(contains(refusal("k = shapes"), "k: 'shapes' is no value; strings stand in \"quotes\""));
}

TEST_CASE("strings", "[toml]") {
  CHECK(only_entry(R"(k = "")").value.empty());
  CHECK(only_entry(R"(k = '')").value.empty());
  CHECK(only_entry(R"(k = "a # b = c")").value == "a # b = c");
  CHECK(only_entry(R"(k = 'C:\new\table')").value == R"(C:\new\table)");
  CHECK(only_entry(R"(k = "\"\\\b\t\n\f\r")").value == "\"\\\b\t\n\f\r");
  CHECK(only_entry(R"(k = "\u0041\u00e9\u20AC\U0001F600")").value == "A\u00e9\u20ac\U0001F600");
  CHECK(only_entry("k = \"gr\u00fcn\"").value == "gr\u00fcn");
  CHECK(only_entry("k = \"\xff\"").value == "\xff");  // file names may be any bytes
}

TEST_CASE("broken strings", "[toml]") {
  for (const char* text : {"k = \"a", "k = 'a", "k = \"a\\", "k = \"\\q\"", "k = \"\\u12\"", "k = \"\\ud800\"",
                           "k = \"\\U00110000\"", "k = \"\\uzzzz\"", "k = \"\x01\"", "k = '\x7f'"}) {
    INFO(text);
    CHECK(contains(refusal(text), "test.toml, line 1: "));
  }
  CHECK(contains(refusal("k = \"\"\"a\"\"\""), "multi-line"));
  CHECK(contains(refusal("k = '''a'''"), "multi-line"));
  CHECK(contains(refusal(std::string("k = \"a\0b\"", 9)), "control character"));
}

TEST_CASE("what TOML knows and settings do not need", "[toml]") {
  CHECK(contains(refusal("[run]\n"), "tables are not accepted"));
  CHECK(contains(refusal("a.b = 1"), "dotted keys"));
  CHECK(contains(refusal("\"a\" = 1"), "quoted keys"));
  CHECK(contains(refusal("k = [1, 2]"), "lists and tables"));
  CHECK(contains(refusal("k = {a = 1}"), "lists and tables"));
}

TEST_CASE("lines that are no settings", "[toml]") {
  CHECK(contains(refusal("batch 64"), "expected 'key = value'; after 'batch' comes '64'"));
  CHECK(contains(refusal("= 64"), "expected 'key = value', found '= 64'"));
  CHECK(contains(refusal("batch ="), "batch: a value is missing"));
  CHECK(contains(refusal("batch = # none"), "batch: a value is missing"));
  CHECK(contains(refusal("batch = 64 lr = 1"), "after the value of batch comes 'lr = 1'"));
  CHECK(contains(refusal("a = 1\nb = 2\na = 3"), "test.toml, line 3: a stands here a second time"));
  CHECK(contains(refusal("# \x01"), "control character"));
  CHECK(contains(refusal("a = 1\rb = 2"), "line 1"));  // a lone carriage return ends no line
  CHECK(contains(refusal("a = 1\r"), "line 1"));
}

TEST_CASE("messages show a little of the document and nothing that moves a cursor", "[toml]") {
  const std::string message = refusal("\x1b[2J" + std::string(10'000, 'x'));
  CHECK(!contains(message, "\x1b"));
  CHECK(message.size() < 200);
}

TEST_CASE("text as a TOML string reads back", "[toml]") {
  std::string every_byte;
  for (int c = 0; c < 256; ++c) every_byte += static_cast<char>(c);
  for (const std::string& text : {std::string(), std::string("plain"), std::string("\"\\\"#="), every_byte}) {
    INFO(toml_string(text));
    CHECK(only_entry("k = " + toml_string(text)).value == text);
  }
}

TEST_CASE("damaged documents are read or refused, nothing else", "[toml]") {
  const std::string whole = "a = \"x\\u0041\\\"\" # c\nb = 'y'\nc = -1_0.5e+3\nd = true\n";
  const std::string alphabet = "\"'\\u0 =#[]{}._-+e\n\rtf\x01\xff";
  std::mt19937 random(1);
  int refused = 0;
  for (int trial = 0; trial < 20'000; ++trial) {
    std::string text = whole;
    for (int edit = 0; edit < 3; ++edit) {
      const std::size_t at = random() % text.size();
      const char c = alphabet[random() % alphabet.size()];
      if (random() % 2) text.insert(at, 1, c);
      else text[at] = c;
    }
    try {
      parse_toml(text, "test.toml");
    } catch (const InputError&) { ++refused; }
  }
  CHECK(refused > 10'000);
  CHECK(refused < 20'000);
}

}  // namespace
}  // namespace gan
