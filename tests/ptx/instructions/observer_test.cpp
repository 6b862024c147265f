// What an observer of a launch is told.

#include "tests/ptx/interpreter/observer.h"

#include <cstring>
#include <map>

#include "tests/ptx/instructions/snippet.h"
#include "tests/ptx/interpreter/module.h"
#include "tests/support/catch.h"

namespace gan::ptx::test {
namespace {

class Counter : public Observer {
 public:
  void executed(const Warp&, const Instruction&, Mask active) override {
    ++instructions, lanes += static_cast<u32>(__builtin_popcount(active));
  }
  void accessed(const Access& access) override {
    accesses[{access.space, access.kind}] += static_cast<u32>(__builtin_popcount(access.lanes)) * access.bytes;
    if (access.space == Space::kShared)
      for_lanes(access.lanes, [&](int i) { last_shared = std::max(last_shared, access.addresses[i]); });
  }

  u32 instructions = 0, lanes = 0;
  std::map<std::pair<Space, AccessKind>, u32> accesses;  ///< bytes
  u64 last_shared = 0;                                   ///< the farthest offset
};

TEST_CASE("an observer sees every instruction and every access", "[ptx]") {
  const Snippet snippet{.body =
                            "shl.b32 %x1, %t0, 2; st.shared.u32 [%x1+1024], %i0;\n"
                            "setp.lt.u32 %p0, %t0, 8; mov.u32 %o0, 0; @%p0 atom.global.add.u32 %o0, [%a0+128], 1;",
                        .shared = 128};
  LoadedModule module(text_of(snippet));
  Words input(33), output(32);
  Memory::instance().add(input.data(), input.size() * 4), Memory::instance().add(output.data(), output.size() * 4);
  Launch launch;
  launch.program = module.kernel("snippet");
  launch.block.x = 32;
  launch.dynamic_shared = 128;
  const void* addresses[2] = {input.data(), output.data()};
  launch.params.resize(80);
  std::memcpy(launch.params.data(), addresses, sizeof addresses);
  Counter counter;
  const Statistics statistics = run(launch, {.observer = &counter});
  Memory::instance().remove(input.data()), Memory::instance().remove(output.data());

  CHECK(counter.instructions == statistics.warp_instructions);
  CHECK(counter.lanes == statistics.thread_instructions);
  CHECK(counter.accesses[{Space::kShared, AccessKind::kWrite}] == 32 * 4);
  CHECK(counter.accesses[{Space::kGlobal, AccessKind::kRead}] == 32 * 4);
  CHECK(counter.accesses[{Space::kGlobal, AccessKind::kWrite}] == 32 * 4);
  CHECK(counter.accesses[{Space::kGlobal, AccessKind::kAtomic}] == 8 * 4);
  CHECK(counter.last_shared == 31 * 4);
}

}  // namespace
}  // namespace gan::ptx::test
