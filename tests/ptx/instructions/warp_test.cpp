// What lanes and warps do together: shuffles, votes, reductions, barriers, atomics.

#include <algorithm>

#include "tests/ptx/instructions/snippet.h"
#include "tests/support/catch.h"

namespace gan::ptx::test {
namespace {

const std::string kDyn = "mov.u32 %x0, dyn;\n";

Words count_up(u32 n) {
  Words words(n);
  for (u32 i = 0; i < n; ++i) words[i] = i;
  return words;
}

/// Runs a body on two warps whose input is the thread's number; `want(thread)` is what %o0 must be.
template <class F>
void check(const std::string& body, F want, u32 shared = 0) {
  INFO(body);
  const Words out = run_everywhere({.body = body, .threads = 64, .shared = shared}, count_up(64));
  int wrong = 0;
  for (u32 i = 0; i < 64; ++i) wrong += out[i] != want(i);
  CHECK(wrong == 0);
}

TEST_CASE("shuffles", "[ptx]") {
  check("shfl.sync.down.b32 %o0|%p0, %i0, 4, 31, -1;", [](u32 i) { return i % 32 + 4 < 32 ? i + 4 : i; });
  check("shfl.sync.up.b32 %o0, %i0, 3, 0, -1;", [](u32 i) { return i % 32 >= 3 ? i - 3 : i; });
  check("shfl.sync.bfly.b32 %o0, %i0, 5, 31, -1;", [](u32 i) { return i ^ 5; });
  check("shfl.sync.idx.b32 %o0, %i0, 7, 31, -1;", [](u32 i) { return i / 32 * 32 + 7; });
  // Segments of eight lanes: the upper bits of c.
  check("shfl.sync.idx.b32 %o0, %i0, 3, 0x181f, -1;", [](u32 i) { return i / 8 * 8 + 3; });
  check("shfl.sync.down.b32 %o0, %i0, 2, 0x181f, -1;", [](u32 i) { return i % 8 + 2 < 8 ? i + 2 : i; });
  check("shfl.sync.down.b32 %x0|%p0, %i0, 6, 31, -1; selp.b32 %o0, 1, 0, %p0;", [](u32 i) { return i % 32 + 6 < 32; });
}

TEST_CASE("votes, matches and reductions", "[ptx]") {
  const std::string odd = "and.b32 %x0, %i0, 1; setp.eq.u32 %p0, %x0, 1; ";
  check(odd + "vote.sync.ballot.b32 %o0, %p0, -1;", [](u32) { return 0xaaaaaaaau; });
  check(odd + "vote.sync.any.pred %p1, %p0, -1; selp.b32 %o0, 1, 0, %p1;", [](u32) { return 1u; });
  check(odd + "vote.sync.all.pred %p1, !%p0, -1; selp.b32 %o0, 1, 0, %p1;", [](u32) { return 0u; });
  check(odd + "vote.sync.uni.pred %p1, %p0, -1; selp.b32 %o0, 1, 0, %p1;", [](u32) { return 0u; });
  check("shr.u32 %x0, %i0, 3; match.any.sync.b32 %o0, %x0, -1;", [](u32 i) { return 0xffu << (i % 32 / 8 * 8); });
  check("shr.u32 %x0, %i0, 5; match.all.sync.b32 %o0|%p0, %x0, -1;", [](u32) { return ~0u; });
  check("redux.sync.add.u32 %o0, %i0, -1;", [](u32 i) { return i < 32 ? 496u : 496u + 32 * 32; });
  check("redux.sync.max.s32 %o0, %i0, -1;", [](u32 i) { return i | 31; });
  check("redux.sync.xor.b32 %o0, %i0, -1;", [](u32) { return 0u; });
  check(
      "and.b32 %x0, %i0, 16; setp.eq.u32 %p0, %x0, 0; mov.u32 %o0, 0; @%p0 bra LOW; "
      "redux.sync.add.u32 %o0, %i0, 0xffff0000; bra END; LOW: redux.sync.add.u32 %o0, %i0, 0xffff; END: "
      "bar.warp.sync -1;",
      [](u32 i) { return i / 16 * 16 * 16 + 120; });
  check("elect.sync %x0|%p0, -1; selp.b32 %o0, 1, 0, %p0;", [](u32 i) { return i % 32 == 0; });
}

TEST_CASE("lanes that have left are not waited for", "[ptx]") {
  const std::string leave = "setp.lt.u32 %p0, %t0, 16; @%p0 exit; ";
  const Words out =
      run_everywhere({.body = leave + "bar.warp.sync -1; shfl.sync.bfly.b32 %o0, %i0, 1, 31, -1;"}, count_up(32));
  for (u32 i = 0; i < 32; ++i) CHECK(out[i] == (i < 16 ? 0xdeadbeef : (i ^ 1)));
}

TEST_CASE("barriers", "[ptx]") {
  const std::string exchange = kDyn + "shl.b32 %x1, %i0, 2; add.u32 %x1, %x1, %x0; st.shared.u32 [%x1], %i0; ";
  const std::string read =
      " xor.b32 %x2, %i0, 63; shl.b32 %x2, %x2, 2; add.u32 %x2, %x2, %x0; ld.shared.u32 %o0, [%x2];";
  for (const char* barrier : {"bar.sync 0;", "barrier.sync 1;", "bar.sync 2, 64;", "barrier.sync.aligned 3, 64;"})
    check(
        exchange + barrier + read, [](u32 i) { return i ^ 63; }, 256);
  // The first warp only arrives; the second waits for it.
  const Words out =
      run_everywhere({.body = exchange + "mov.u32 %o0, 0; setp.lt.u32 %p0, %i0, 32; @%p0 bra FIRST; bar.sync 1, 64;" +
                              read + " bra END; FIRST: bar.arrive 1, 64; END:",
                      .threads = 64,
                      .shared = 256},
                     count_up(64));
  for (u32 i = 32; i < 64; ++i) CHECK(out[i] == (i ^ 63));
  check("setp.lt.u32 %p0, %i0, 10; bar.red.popc.u32 %o0, 0, !%p0;", [](u32) { return 54u; });
  check("setp.lt.u32 %p0, %i0, 10; bar.red.or.pred %p1, 0, %p0; selp.b32 %o0, 1, 0, %p1;", [](u32) { return 1u; });
  check("setp.lt.u32 %p0, %i0, 10; bar.red.and.pred %p1, 0, %p0; selp.b32 %o0, 1, 0, %p1;", [](u32) { return 0u; });
}

TEST_CASE("atomics on shared memory", "[ptx]") {
  // Thread 0 stores the start, all combine their numbers, all read the end.
  const auto all = [](const std::string& operation, u32 start, u32 end) {
    check(
        kDyn + "setp.ne.u32 %p0, %i0, 0; @%p0 bra GO; st.shared.u32 [%x0], " + std::to_string(start) +
            "; GO: bar.sync 0; atom.shared." + operation + " %x1, [%x0], %i0; bar.sync 0; ld.shared.u32 %o0, [%x0];",
        [&](u32) { return end; }, 16);
  };
  all("add.u32", 5, 5 + 63 * 64 / 2);
  all("min.u32", 70, 0), all("max.s32", 3, 63), all("or.b32", 64, 127), all("and.b32", 0xff, 0), all("xor.b32", 9, 9);
}

TEST_CASE("one lane's atomics", "[ptx]") {
  struct Row {
    const char* operation;
    u32 old, operand, want;
  };
  const Row rows[] = {{"inc.u32", 4, 4, 0},
                      {"inc.u32", 3, 4, 4},
                      {"dec.u32", 0, 9, 9},
                      {"dec.u32", 12, 9, 9},
                      {"dec.u32", 5, 9, 4},
                      {"exch.b32", 1, 2, 2},
                      {"min.s32", 0xfffffff0, 3, 0xfffffff0},
                      {"max.u32", 0xfffffff0, 3, 0xfffffff0},
                      {"add.f32", 0x3f800000, 0x40000000, 0x40400000},
                      {"add.u32", 0xffffffff, 2, 1}};
  for (const Row& row : rows)
    for (const std::string space : {"global", "shared"}) {
      INFO(row.operation << " " << space);
      const std::string at = space == "global" ? "[%a3]" : "[%x0]";
      const Words out =
          run_everywhere({.body = kDyn + "st." + space + ".b32 " + at + ", %i0; atom." + space + "." + row.operation +
                                  " %x1, " + at + ", %i1; ld." + space + ".b32 %o0, " + at + "; mov.b32 %o1, %x1;",
                          .inputs = 2,
                          .outputs = 2,
                          .threads = 1,
                          .shared = 16},
                         {row.old, row.operand});
      CHECK(out[0] == row.want);
      CHECK(out[1] == row.old);
    }
  for (const u32 expected : {7u, 8u}) {
    const Words out = run_everywhere(
        {.body = "st.global.b32 [%a3], 7; st.global.b32 [%a3+4], 0; mov.b64 %d0, {%i0, %i1}; mov.u64 %d1, 9; "
                 "atom.global.cas.b64 %d2, [%a3], %d0, %d1; mov.b64 {%o2, %o3}, %d2; ld.global.b32 %o0, [%a3]; "
                 "ld.global.b32 %o1, [%a3+4];",
         .inputs = 2,
         .outputs = 4,
         .threads = 1},
        {expected, 0});
    CHECK(out == Words{expected == 7 ? 9u : 7u, 0, 7, 0});
  }
  const Words sum = run_everywhere({.body = "mov.u64 %d0, 40; st.global.b64 [%a3], %d0; red.global.add.u64 [%a3], 2; "
                                            "ld.global.b32 %o0, [%a3]; ld.global.b32 %o1, [%a3+4];",
                                    .outputs = 2,
                                    .threads = 1},
                                   {0});
  CHECK(sum == Words{42, 0});
}

TEST_CASE("special registers", "[ptx]") {
  const Words out = run_everywhere({.body = "mov.u32 %o0, %laneid; mov.u32 %o1, %warpid; mov.u32 %o2, %lanemask_lt; "
                                            "mov.u32 %o3, %ctaid.x; mov.u32 %o4, %nctaid.x; mov.u32 %o5, %ntid.x;",
                                    .outputs = 6,
                                    .threads = 64,
                                    .blocks = 3},
                                   Words(192));
  for (u32 block = 0; block < 3; ++block)
    for (u32 i = 0; i < 64; ++i) {
      const u32* got = &out[(block * 64 + i) * 6];
      CHECK(got[0] == i % 32);
      CHECK(got[1] == i / 32);
      CHECK(got[2] == (1u << i % 32) - 1);
      CHECK(got[3] == block);
      CHECK(got[4] == 3);
      CHECK(got[5] == 64);
    }
}

}  // namespace
}  // namespace gan::ptx::test
