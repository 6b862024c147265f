#include "engine/settings/nearest_match.h"

#include "tests/support/catch.h"

namespace gan {
namespace {

const std::vector<std::string> kOptions = {"batch", "beta1", "beta2", "iterations", "lr", "g-lr", "sample-every"};

TEST_CASE("slips of the finger find what was meant", "[nearest_match]") {
  CHECK(nearest_match("batch", kOptions) == "batch");
  CHECK(nearest_match("bacth", kOptions) == "batch");   // two letters swapped
  CHECK(nearest_match("btch", kOptions) == "batch");    // one left out
  CHECK(nearest_match("batchh", kOptions) == "batch");  // one too many
  CHECK(nearest_match("betch", kOptions) == "batch");   // one replaced
  CHECK(nearest_match("sample_every", kOptions) == "sample-every");
  CHECK(nearest_match("rl", kOptions) == "lr");            // a swap is one edit: two would be too many here
  CHECK(nearest_match("iter", kOptions) == "iterations");  // a beginning, many letters away
  CHECK(nearest_match("beta3", kOptions) == "beta1");      // the first of equally near ones
}

TEST_CASE("what is near to nothing gets no suggestion", "[nearest_match]") {
  CHECK(nearest_match("frobnicate", kOptions).empty());
  CHECK(nearest_match("", kOptions).empty());
  CHECK(nearest_match("b", kOptions).empty());
  CHECK(nearest_match("it", kOptions) != "iterations");  // too short to be a beginning
  CHECK(nearest_match(std::string(100'000, 'b'), kOptions).empty());
  CHECK(nearest_match("batch", {}).empty());
}

TEST_CASE("the suggestion as the end of a message", "[nearest_match]") {
  CHECK(did_you_mean("bacth", kOptions, "--") == "; did you mean --batch?");
  CHECK(did_you_mean("bacth", kOptions) == "; did you mean batch?");
  CHECK(did_you_mean("frobnicate", kOptions).empty());
}

}  // namespace
}  // namespace gan
