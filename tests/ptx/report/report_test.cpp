// The report tells bad kernels from good ones, and reads what ptxas and the headers say.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "tests/ptx/report/findings.h"
#include "tests/ptx/report/planted.h"
#include "tests/ptx/report/resources.h"
#include "tests/ptx/report/watcher.h"
#include "tests/support/catch.h"

namespace gan::ptx::report {
namespace {

CountedLaunch count_planted(const std::string& name, u64 clusters = 0) {
  Watcher watcher(clusters);
  launch_planted(name);
  const std::vector<CountedLaunch> launches = watcher.take();
  REQUIRE(launches.size() == 1);
  return launches[0];
}

std::string kinds_of(const std::vector<Finding>& all) {
  std::string text;
  for (const Finding& finding : all) text += finding.kind + " ";
  return text;
}

TEST_CASE("a good copy has no finding, and its counts are those of its definition", "[report]") {
  const Counts c = count_planted("copy_well").counts;
  CHECK(findings(c, {}).empty());
  CHECK(c.loads.accesses == 4 * 8);
  CHECK(c.loads.sectors == 4 * 8 * 4);
  CHECK(c.loads.bytes == 4 * 256 * 4);
  CHECK(c.stores.useful() == 1);
  CHECK(c.shared.parts == 0);
  CHECK(c.main_loop_lanes == 32);
}

TEST_CASE("a strided copy is uncoalesced: a sector for each word", "[report]") {
  const Counts c = count_planted("copy_strided").counts;
  CHECK(kinds_of(findings(c, {})) == "uncoalesced uncoalesced ");
  CHECK(c.loads.useful() == 0.125);
  CHECK(c.stores.sectors == 4 * 1024);
}

TEST_CASE("a transposition without padding is bank-conflicted", "[report]") {
  const Counts c = count_planted("transpose_in_banks").counts;
  CHECK(kinds_of(findings(c, {})) == "bank-conflicted ");
  CHECK(c.shared.parts == 4 * 64);
  CHECK(c.shared.passes == 4 * (32 + 32 * 32));
  CHECK(c.barriers == 4 * 8);
}

TEST_CASE("lanes with different numbers of rounds are divergent", "[report]") {
  const Counts c = count_planted("work_unequally").counts;
  CHECK(kinds_of(findings(c, {})) == "divergent ");
  CHECK(c.main_loop_lanes < 28);
}

TEST_CASE("sampled blocks are counted alone", "[report]") {
  const CountedLaunch all = count_planted("copy_well"), some = count_planted("copy_well", 2);
  CHECK(some.blocks == 2);
  CHECK(some.scale() == 2);
  CHECK(some.counts.warp_instructions * 2 == all.counts.warp_instructions);
}

TEST_CASE("what ptxas says of registers, shared memory and stack is read", "[report]") {
  std::istringstream log(
      "ptxas info    : Compiling entry function '_Z1fv' for 'sm_90a'\n"
      "ptxas info    : Function properties for _Z1fv\n"
      "    24 bytes stack frame, 20 bytes spill stores, 28 bytes spill loads\n"
      "ptxas info    : Used 168 registers, used 1 barriers, 18432 bytes smem\n"
      "ptxas info    : Compiling entry function '_Z1gv' for 'sm_90a'\n"
      "ptxas info    : Function properties for _Z1gv\n"
      "    0 bytes stack frame, 0 bytes spill stores, 0 bytes spill loads\n"
      "ptxas info    : Used 32 registers\n");
  const auto all = read_resources(log);
  REQUIRE(all.size() == 2);
  CHECK(all.at("f()").registers == 168);
  CHECK(all.at("f()").local == 24);
  CHECK(all.at("f()").shared == 18432);
  CHECK(kinds_of(findings({.main_loop_lanes = 32}, all.at("f()"))) == "local-memory ");
  CHECK(findings({.main_loop_lanes = 32}, all.at("g()")).empty());
  CHECK(warps_at_once(all.at("g()"), 256, 0) == 64);
  CHECK(warps_at_once({.registers = 128}, 256, 0) == 16);                      // 4096 registers a warp
  CHECK(warps_at_once({.registers = 32}, 256, std::size_t{100} << 10) == 16);  // two blocks' shared memory
  CHECK(warps_at_once({.registers = 16}, 32, 0) == 32);                        // 32 blocks
}

TEST_CASE("a reason excuses the kernel and the kind that it names, and nothing else", "[report]") {
  const std::filesystem::path folder = std::filesystem::temp_directory_path() / "report_test_reasons";
  std::filesystem::create_directories(folder);
  std::ofstream(folder / "a.cu") << "// A kernel.\n// report: gather uncoalesced: rows are drawn at random\n";
  std::vector<Reason> reasons = read_reasons(folder);
  REQUIRE(reasons.size() == 1);
  CHECK(reasons[0].place == "a.cu:2");
  CHECK(excuse(reasons, "void gan::gather_all<4>(float*)", {"uncoalesced", ""}) == nullptr);
  CHECK(excuse(reasons, "void gan::gather<4>(float*)", {"divergent", ""}) == nullptr);
  CHECK_FALSE(reasons[0].needed);
  CHECK(excuse(reasons, "void gan::gather<4>(float*)", {"uncoalesced", ""}) != nullptr);
  CHECK(reasons[0].needed);
  std::ofstream(folder / "a.cu") << "// report: gather uncoalesced\n";
  CHECK_THROWS(read_reasons(folder));
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace gan::ptx::report
