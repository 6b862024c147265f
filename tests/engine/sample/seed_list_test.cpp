#include "engine/sample/seed_list.h"

#include <string>
#include <vector>

#include "tests/engine/files/files_test_support.h"

namespace gan {
namespace {

using test::contains;
using test::message_of;

std::vector<std::uint64_t> seeds_in(std::string_view text) {
  const SeedList list = SeedList::parse(text);
  std::vector<std::uint64_t> seeds;
  for (std::int64_t i = 0; i < list.count(); ++i) seeds.push_back(list[i]);
  return seeds;
}

using Seeds = std::vector<std::uint64_t>;

TEST_CASE("seeds and ranges, in the order they stand", "[seed_list]") {
  CHECK(seeds_in("7") == Seeds{7});
  CHECK(seeds_in("0") == Seeds{0});
  CHECK(seeds_in("1-4") == Seeds{1, 2, 3, 4});
  CHECK(seeds_in("9,3-5,9,7-7") == Seeds{9, 3, 4, 5, 9, 7});
  CHECK(seeds_in("9223372036854775807") == Seeds{9223372036854775807U});
}

TEST_CASE("the first so many seeds begin with 1", "[seed_list]") {
  const SeedList list = SeedList::first(5);
  REQUIRE(list.count() == 5);
  CHECK(list[0] == 1);
  CHECK(list[4] == 5);
}

TEST_CASE("a long list is as small as its text", "[seed_list]") {
  const SeedList list = SeedList::parse("5,1000-1000000998");
  REQUIRE(list.count() == SeedList::kMost);
  CHECK(list[1] == 1000);
  CHECK(list[SeedList::kMost - 1] == 1'000'000'998);
}

TEST_CASE("what is no list of seeds is refused with its reason", "[seed_list]") {
  const auto refusal = [](const std::string& text) { return message_of<InputError>([&] { SeedList::parse(text); }); };
  for (const char* text : {"", ",", "1,", ",1", "a", "1-", "-1", "1-2-3", "1 ", " 1", "1;2", "0x10", "1.5", "+1"}) {
    INFO(text);
    CHECK(contains(refusal(text), "is no seed; accepted are whole numbers and ranges"));
  }
  CHECK(refusal("8-3") == "the range 8-3 falls; accepted is 3-8");
  CHECK(contains(refusal("9223372036854775808"), "is too large a seed"));
  CHECK(contains(refusal("99999999999999999999999"), "is too large a seed"));
  CHECK(contains(refusal("0-1000000000"), "more than 1000000000 seeds"));
  CHECK(contains(refusal("1-1000000000,1"), "more than 1000000000 seeds"));
  CHECK(contains(refusal("0-9223372036854775807"), "more than 1000000000 seeds"));
}

}  // namespace
}  // namespace gan
