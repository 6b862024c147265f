#include "engine/files/json_lines.h"

#include <cmath>
#include <cstring>
#include <limits>
#include <nlohmann/json.hpp>

#include "tests/engine/files/files_test_support.h"

namespace gan {
namespace {

using test::contains;
using test::contents_of;
using test::message_of;
using test::TemporaryFolder;
using test::write_plainly;

TEST_CASE("a line keeps the order of its fields and prints the fewest digits", "[files]") {
  JsonLine line;
  line.add("iteration", std::int64_t{12})
      .add("loss", 0.1F)
      .add("lr", 0.1)
      .add("done", false)
      .add("phase", "D \"step\"\n");
  CHECK(line.text() == R"({"iteration":12,"loss":0.1,"lr":0.1,"done":false,"phase":"D \"step\"\n"})");
  CHECK(JsonLine().text() == "{}");
  CHECK(JsonLine().add("seed", UINT64_MAX).text() == R"({"seed":18446744073709551615})");
  CHECK(JsonLine().add("x", std::numeric_limits<float>::denorm_min()).text() == R"({"x":1e-45})");
}

TEST_CASE("numbers read back as they were", "[files]") {
  std::uint32_t bits = 12345;
  for (int i = 0; i < 20'000; ++i) {
    bits = bits * 1664525U + 1013904223U;
    float value;
    std::memcpy(&value, &bits, sizeof value);
    if (!std::isfinite(value)) continue;
    const auto read = nlohmann::json::parse(JsonLine().add("x", value).text()).at("x").get<double>();
    REQUIRE(static_cast<float>(read) == value);
    const double wide = value * 1.1;
    REQUIRE(nlohmann::json::parse(JsonLine().add("x", wide).text()).at("x").get<double>() == wide);
  }
}

TEST_CASE("what JSON cannot hold becomes null or a replacement, never a broken line", "[files]") {
  CHECK(JsonLine().add("x", std::nanf("")).text() == R"({"x":null})");
  CHECK(JsonLine().add("x", -std::numeric_limits<double>::infinity()).text() == R"({"x":null})");
  CHECK(nlohmann::json::accept(JsonLine().add("x", "\xff\xfe").text()));
}

JsonLine line_of(int iteration) { return JsonLine().add("iteration", iteration).add("loss", 0.5F); }

TEST_CASE("lines are appended and visible at once", "[files]") {
  const TemporaryFolder folder;
  const auto path = folder / "log.jsonl";
  JsonLinesWriter log(path);
  log.append(line_of(1));
  CHECK(contents_of(path) == "{\"iteration\":1,\"loss\":0.5}\n");
  log.append(line_of(2));
  log.sync();
  JsonLinesWriter(path).append(line_of(3));
  CHECK(contents_of(path) ==
        "{\"iteration\":1,\"loss\":0.5}\n{\"iteration\":2,\"loss\":0.5}\n{\"iteration\":3,\"loss\":0.5}\n");
}

TEST_CASE("a full disk takes the torn line back", "[files]") {
  const TemporaryFolder folder;
  const auto path = folder / "log.jsonl";
  JsonLinesWriter log(path);
  log.append(line_of(1));
  const std::string before = contents_of(path);
  {
    const test::FileSizeLimit limit(before.size() + 10);
    const std::string message = message_of<MachineError>([&] { log.append(line_of(2)); });
    CHECK(contains(message, path.string()));
    CHECK(contains(message, "File too large"));
  }
  CHECK(contents_of(path) == before);
  log.append(line_of(2));
  CHECK(contents_of(path) == before + "{\"iteration\":2,\"loss\":0.5}\n");
}

TEST_CASE("a log that ends within a line is not appended to", "[files]") {
  const TemporaryFolder folder;
  write_plainly(folder / "log.jsonl", "{\"iteration\":1}\n{\"itera");
  CHECK(contains(message_of<Error>([&] { JsonLinesWriter log(folder / "log.jsonl"); }), "ends within a line"));
  CHECK(contains(message_of<MachineError>([&] { JsonLinesWriter log(folder / "missing/log.jsonl"); }), "No such file"));
}

TEST_CASE("truncating drops later lines and a torn last one", "[files]") {
  const TemporaryFolder folder;
  const auto path = folder / "log.jsonl";
  const auto truncated = [&](const std::string& text, std::int64_t iteration) {
    write_plainly(path, text);
    truncate_json_lines_after(path, iteration);
    CHECK(test::count_files(folder.path()) == 1);
    return contents_of(path);
  };
  const std::string one = "{\"iteration\":1}\n", two = "{\"iteration\":2}\n", three = "{\"iteration\":3}\n";
  CHECK(truncated(one + two + three, 2) == one + two);
  CHECK(truncated(one + two + three, 3) == one + two + three);
  CHECK(truncated(one + two + three, 9) == one + two + three);
  CHECK(truncated(one + two + three, 0).empty());
  CHECK(truncated("", 5).empty());
  CHECK(truncated(one + "{\"iterat", 5) == one);
  CHECK(truncated(one + "{\"iteration\":2}", 5) == one);  // whole but for its newline: the writer never finished it
  CHECK(truncated(one + std::string(20, '\0'), 5) == one);
  CHECK(truncated(one + "{\"iterat\n", 5) == one);
  // Lines without an iteration belong to the line before them.
  const std::string note = "{\"event\":\"sample\"}\n";
  CHECK(truncated(note + one + note + two + note, 1) == note + one + note);
}

TEST_CASE("truncating leaves a log that needs nothing untouched, and a missing one missing", "[files]") {
  const TemporaryFolder folder;
  const auto path = folder / "log.jsonl";
  truncate_json_lines_after(path, 3);
  CHECK(!std::filesystem::exists(path));
  write_plainly(path, "{\"iteration\":1}\n");
  struct stat before {
  }, after{};
  REQUIRE(::stat(path.c_str(), &before) == 0);
  truncate_json_lines_after(path, 1);
  REQUIRE(::stat(path.c_str(), &after) == 0);
  CHECK(before.st_ino == after.st_ino);
}

TEST_CASE("a log that is none is refused by file and line, and kept", "[files]") {
  const TemporaryFolder folder;
  const auto path = folder / "log.jsonl";
  for (const char* bad : {"hello", "[1]", "{\"iteration\":\"2\"}", "{\"iteration\":2.5}", ""}) {
    INFO(bad);
    const std::string text = "{\"iteration\":1}\n" + std::string(bad) + "\n{\"iteration\":3}\n";
    write_plainly(path, text);
    const std::string message = message_of<InputError>([&] { truncate_json_lines_after(path, 5); });
    CHECK(contains(message, path.string() + ":2: not a line of a log"));
    CHECK(contents_of(path) == text);
  }
}

}  // namespace
}  // namespace gan
