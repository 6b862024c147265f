#include "engine/theory/result_json.h"

#include <cmath>
#include <fstream>
#include <limits>
#include <nlohmann/json.hpp>

#include "tests/engine/theory/example_outcome.h"
#include "tests/support/catch.h"
#include "tests/support/error_message.h"
#include "tests/support/temporary_folder.h"

namespace gan::theory {
namespace {

using test::require_error;

/// Equal as doubles, NaN to NaN.
bool same(double a, double b) { return a == b || (std::isnan(a) && std::isnan(b)); }

void check_same(const Outcome& a, const Outcome& b) {
  CHECK(a.name == b.name);
  CHECK(a.conditions.seed == b.conditions.seed);
  CHECK(a.conditions.quick == b.conditions.quick);
  CHECK(a.seconds == b.seconds);
  REQUIRE(a.result.measurements.size() == b.result.measurements.size());
  for (std::size_t i = 0; i < a.result.measurements.size(); ++i) {
    const Measurement &x = a.result.measurements[i], &y = b.result.measurements[i];
    INFO(x.name);
    CHECK(x.name == y.name);
    CHECK(same(x.value, y.value));
    CHECK(x.low == y.low);
    CHECK(x.high == y.high);
    CHECK(x.because == y.because);
  }
  REQUIRE(a.result.pictures.size() == b.result.pictures.size());
  for (std::size_t i = 0; i < a.result.pictures.size(); ++i) {
    CHECK(a.result.pictures[i].name == b.result.pictures[i].name);
    CHECK(a.result.pictures[i].caption == b.result.pictures[i].caption);
    CHECK(a.result.pictures[i].svg == b.result.pictures[i].svg);
  }
}

TEST_CASE("a result's JSON says what it is, with open ends as null", "[theory]") {
  const Outcome outcome = test::example_outcome();
  const nlohmann::json json = nlohmann::json::parse(result_json(outcome));
  CHECK(json["name"] == "parallel-lines");
  CHECK(json["seed"] == 18446744073709551615U);
  CHECK(json["pass"] == false);
  CHECK(json["quick"] == true);
  CHECK(json["numbers"].size() == 4);
  CHECK(json["numbers"][0]["low"].is_null());
  CHECK(json["numbers"][0]["high"] == 0.02);
  CHECK(json["numbers"][0]["holds"] == true);
  CHECK(json["numbers"][1]["high"].is_null());
  CHECK(json["numbers"][2]["value"] == "nan");
  CHECK(json["numbers"][2]["holds"] == false);
  CHECK(json["pictures"][0]["file"] == "estimates.svg");
}

TEST_CASE("an outcome reads back as it was written, to the last bit", "[theory]") {
  const test::TemporaryFolder folder;
  const Outcome outcome = test::example_outcome();
  CHECK_FALSE(has_outcome(folder / "a/b"));
  write_outcome(folder / "a/b", outcome);
  CHECK(has_outcome(folder / "a/b"));
  check_same(outcome, read_outcome(folder / "a/b"));
  CHECK(result_json(read_outcome(folder / "a/b")) == result_json(outcome));
}

TEST_CASE("what is no result is refused with its place", "[theory]") {
  const test::TemporaryFolder folder;
  for (const char* text : {"", "{", "[]", "{\"name\": 3}", "{\"name\": \"a\"}"})
    require_error<InputError>([&] { parse_result_json(text, "there"); }, {"there", "no result"});
  std::string broken = result_json(test::example_outcome());
  broken.replace(broken.find("\"nan\""), 5, "\"many\"");
  require_error<InputError>([&] { parse_result_json(broken, "there"); }, {"there", "many", "nan"});

  require_error<InputError>([&] { read_outcome(folder.path()); }, {"result.json", "cannot be read"});
  write_outcome(folder / "a", test::example_outcome());
  std::filesystem::remove(folder / "a/estimates.svg");
  require_error<InputError>([&] { read_outcome(folder / "a"); }, {"estimates.svg", "cannot be read"});

  std::string outside = result_json(test::example_outcome());
  outside.replace(outside.find("\"estimates\""), 11, "\"../secret\"");
  std::ofstream(folder / "a/result.json") << outside;
  require_error<InputError>([&] { read_outcome(folder / "a"); }, {"result.json", "../secret"});
}

TEST_CASE("a picture's name is a file's name", "[theory]") {
  CHECK(picture_file({.name = "value-surface_2"}) == "value-surface_2.svg");
  for (const char* name : {"", "a/b", "..", "a b"})
    require_error<Error>([&] { picture_file({.name = name}); }, {"name of a picture"});
}

}  // namespace
}  // namespace gan::theory
