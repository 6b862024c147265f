// When asynchronous copies land. What must not be looked at before its wait is looked at here, in the interpreter only:
// it shows NaN until then.

#include "tests/ptx/instructions/snippet.h"
#include "tests/support/catch.h"

namespace gan::ptx::test {
namespace {

const std::string kDyn = "mov.u32 %x0, dyn;\n";
constexpr u32 kNotYet = 0xffffffff;

Words run_one(const std::string& body, u32 outputs, const Words& input) {
  return run_everywhere(
      {.body = kDyn + body, .inputs = static_cast<u32>(input.size()), .outputs = outputs, .threads = 1, .shared = 64},
      input);
}

TEST_CASE("cp.async lands at its wait, group by group", "[ptx]") {
  const std::string copies =
      "cp.async.ca.shared.global [%x0], [%a2], 4; cp.async.commit_group; "
      "cp.async.ca.shared.global [%x0+4], [%a2], 4; cp.async.commit_group;\n";
  const std::string read = "ld.shared.b32 %o0, [%x0]; ld.shared.b32 %o1, [%x0+4];\n";
  CHECK(run_one(copies + "cp.async.wait_all;" + read, 2, {42}) == Words{42, 42});
  CHECK(run_one(copies + "cp.async.wait_group 0;" + read, 2, {42}) == Words{42, 42});
  if (on_gpu()) return;
  CHECK(run_one(copies + read, 2, {42}) == Words{kNotYet, kNotYet});
  CHECK(run_one(copies + "cp.async.wait_group 2;" + read, 2, {42}) == Words{kNotYet, kNotYet});
  CHECK(run_one(copies + "cp.async.wait_group 1;" + read, 2, {42}) == Words{42, kNotYet});
}

TEST_CASE("cp.async of fewer bytes fills with zeros", "[ptx]") {
  const std::string read = "cp.async.wait_all; ld.shared.v2.b32 {%o0, %o1}, [%x0];";
  CHECK(run_one("cp.async.ca.shared.global [%x0], [%a2], 8, 4;" + read, 2, {42, 43}) == Words{42, 0});
  CHECK(run_one("cp.async.ca.shared.global [%x0], [%a2], 8, 0;" + read, 2, {42, 43}) == Words{0, 0});
  CHECK(run_one("cp.async.ca.shared.global [%x0], [%a2], 8;" + read, 2, {42, 43}) == Words{42, 43});
}

TEST_CASE("an mbarrier that copies arrive at", "[ptx]") {
  const std::string wait =
      "L: mbarrier.try_wait.parity.shared::cta.b64 %p0, [%x0+8], 0; @!%p0 bra L; ld.shared.b32 %o0, [%x0];";
  CHECK(run_one("mbarrier.init.shared::cta.b64 [%x0+8], 1; cp.async.ca.shared.global [%x0], [%a2], 4; "
                "cp.async.mbarrier.arrive.noinc.shared::cta.b64 [%x0+8];" +
                    wait,
                1, {42}) == Words{42});
  CHECK(run_one("mbarrier.init.shared::cta.b64 [%x0+8], 1; cp.async.ca.shared.global [%x0], [%a2], 4; "
                "cp.async.mbarrier.arrive.shared::cta.b64 [%x0+8]; mbarrier.arrive.shared::cta.b64 _, [%x0+8];" +
                    wait,
                1, {42}) == Words{42});
}

}  // namespace
}  // namespace gan::ptx::test
