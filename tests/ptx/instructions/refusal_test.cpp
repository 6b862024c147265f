// What must not run: each mistake is planted as PTX, and the message must name it, the thread, and the place.

#include "tests/ptx/instructions/snippet.h"
#include "tests/ptx/interpreter/fault.h"
#include "tests/ptx/interpreter/module.h"
#include "tests/support/catch.h"

namespace gan::ptx::test {
namespace {

using Kind = Fault::Kind;

const std::string kDyn = "mov.u32 %x0, dyn;\n";
/// The address of a word of the thread's own in %x1.
const std::string kOwnWord = kDyn + "shl.b32 %x1, %t0, 2; add.u32 %x1, %x1, %x0;\n";
const std::string kZero = "mov.u32 %o0, 0;\n";

/// The threads' inputs, and 16 words behind them that belong to nobody.
Words zeros(const Snippet& snippet) {
  return Words(std::size_t{snippet.threads} * snippet.blocks * snippet.inputs + 16);
}

/// Refused in every order of lanes, with this in the message.
enum class Lanes { kInAnyOrder, kInOrder };

void refuses(const Snippet& snippet, Kind kind, const std::string& message, Lanes lanes = Lanes::kInAnyOrder) {
  if (on_gpu()) return;
  for (const auto& runner : runners()) {
    if (lanes == Lanes::kInOrder && runner == runners().back()) continue;  // backward another mistake comes first
    INFO(snippet.body);
    const Words input = zeros(snippet);
    try {
      runner->run(snippet, input);
      FAIL_CHECK("not refused");
    } catch (const Fault& fault) {
      INFO(fault.what());
      CHECK((fault.kind == kind));
      CHECK(std::string(fault.what()).find(message) != std::string::npos);
      CHECK(std::string(fault.what()).find("kernel snippet") != std::string::npos);
      CHECK(std::string(fault.what()).find("block (") != std::string::npos);
    }
  }
}

void accepts(const Snippet& snippet) {
  INFO(snippet.body);
  for (const auto& runner : runners()) CHECK_NOTHROW(runner->run(snippet, zeros(snippet)));
}

/// A kernel that is not decoded at all.
void does_not_decode(const std::string& body, const std::string& message) {
  if (on_gpu()) return;
  INFO(body);
  try {
    interpreter()->run({.body = body}, Words(32));
    FAIL_CHECK("not refused");
  } catch (const SyntaxError& error) {
    INFO(error.what());
    CHECK(std::string(error.what()).find(message) != std::string::npos);
    CHECK(std::string(error.what()).find("PTX line ") != std::string::npos);
  }
}

TEST_CASE("an instruction nobody knows refuses the kernel", "[ptx]") {
  does_not_decode("frobnicate.b32 %o0, %i0;", "not covered");
  does_not_decode("add.f32.nonsense %o0, %i0, %i0;", "nonsense");
  does_not_decode("add.u64 %o0, %i0, %i0;", "width");
  does_not_decode("bra NOWHERE;", "no label NOWHERE");
  does_not_decode("mov.u32 %o0, nothing_of_that_name;", "unknown name");
  does_not_decode("tex.1d.v4.f32.s32 {%x0, %x1, %x2, %x3}, [%d0, {%x0}];", "not covered");
}

TEST_CASE("accesses out of bounds or misaligned", "[ptx]") {
  refuses({.body = "ld.global.v2.b32 {%o0, %x0}, [%a2+4];", .inputs = 2}, Kind::kMisaligned,
          "8 bytes at an address that is 4");
  refuses({.body = "ld.global.b32 %o0, [%a2+4096];"}, Kind::kIllegalAddress, "behind an allocation");
  refuses({.body = "mov.u64 %d0, 8; ld.global.b32 %o0, [%d0];"}, Kind::kIllegalAddress, "a null pointer plus 8");
  refuses({.body = "ld.shared.b32 %o0, [0];", .shared = 64}, Kind::kIllegalAddress, "shared memory at -1024");
  refuses({.body = "ld.shared.b32 %o0, [dyn+64];", .shared = 64}, Kind::kIllegalAddress, "shared memory at 64 of 64");
  refuses({.body = "cvta.shared.u64 %d0, 1024; ld.global.b32 %o0, [%d0];", .shared = 64}, Kind::kIllegalAddress,
          "global memory");
  // A generic address cut to 32 bits is not a shared address.
  refuses({.body = "mov.u64 %d0, dyn; cvta.shared.u64 %d1, %d0; cvt.u32.u64 %x0, %d1; ld.shared.b32 %o0, [%x0];",
           .shared = 64},
          Kind::kIllegalAddress, "shared memory");
  refuses({.body = "cvta.shared.u64 %d0, 1024; atom.global.add.u32 %o0, [%d0], 1;", .shared = 64},
          Kind::kIllegalAddress, "global memory");
}

TEST_CASE("barriers and collectives that not all reach", "[ptx]") {
  refuses({.body = "setp.lt.u32 %p0, %t0, 16; @%p0 bra A; bar.sync 0; bra E; A: bar.sync 0; E: mov.u32 %o0, 0;"},
          Kind::kUndefined, "different barrier instructions");
  refuses({.body = "setp.lt.u32 %p0, %t0, 16; @%p0 exit; ldmatrix.sync.aligned.m8n8.x1.shared.b16 {%o0}, [dyn];",
           .shared = 512},
          Kind::kUndefined, "all 32 lanes must take part");
  refuses(
      {.body = "setp.lt.u32 %p0, %t0, 16; @%p0 bra A; bar.warp.sync -1; bar.sync 0; A: bar.sync 0; mov.u32 %o0, 0;"},
      Kind::kDeadlock, "nobody can go on");
  refuses({.body = "shfl.sync.idx.b32 %o0, %i0, 0, 31, 0xffff;"}, Kind::kUndefined, "not in its own member mask");
  refuses({.body = "bar.sync 1, 96;" + kZero, .threads = 64}, Kind::kDeadlock, "nobody can go on");
  refuses({.body = "bar.sync 1, 48;" + kZero, .threads = 64}, Kind::kUndefined, "multiple of 32");
  refuses({.body = "bar.sync 16;" + kZero}, Kind::kUndefined, "there are 16 barriers");
  refuses(
      {.body = "setp.lt.u32 %p0, %t0, 16; mov.u32 %o0, 0; @%p0 shfl.sync.bfly.b32 %o0, %i0, 1, 31, -1; bar.sync 0;"},
      Kind::kDeadlock, "wait for other lanes");
}

TEST_CASE("mbarriers and copies that are not waited for", "[ptx]") {
  const std::string init = kDyn + "mbarrier.init.shared::cta.b64 [%x0], 1; fence.mbarrier_init.release.cluster;\n";
  const auto one = [](const std::string& body) { return Snippet{.body = body, .threads = 1, .shared = 128}; };
  const std::string copy =
      "cp.async.bulk.shared::cluster.global.mbarrier::complete_tx::bytes [%x0+16], [%a0], 16, [%x0];\n";
  refuses(one(kDyn + "mbarrier.arrive.shared::cta.b64 _, [%x0];" + kZero), Kind::kUndefined, "not initialised");
  refuses(one(init + "mbarrier.init.shared::cta.b64 [%x0], 1;" + kZero), Kind::kUndefined, "initialised again");
  refuses(one(kDyn + "mbarrier.init.shared::cta.b64 [%x0], 0;" + kZero), Kind::kUndefined, "for 0 arrivals");
  refuses(one(init + "mbarrier.arrive.shared::cta.b64 _, [%x0], 2;" + kZero), Kind::kUndefined, "2 arrivals");
  refuses(one(init + "st.shared.u32 [%x0], 7; mbarrier.arrive.shared::cta.b64 _, [%x0];" + kZero), Kind::kUndefined,
          "overwritten");
  refuses(one(init + "L: mbarrier.try_wait.parity.shared::cta.b64 %p0, [%x0], 0; @!%p0 bra L;" + kZero),
          Kind::kDeadlock, "polls");
  refuses(one(init + "mbarrier.arrive.expect_tx.shared::cta.b64 _, [%x0], 16;" + kZero), Kind::kUndefined,
          "expects 16 bytes");
  refuses(one(init + "mbarrier.expect_tx.relaxed.cta.shared::cta.b64 [%x0], 1048576;" + kZero), Kind::kUndefined,
          "tx-count");
  refuses(one(init + copy + kZero), Kind::kUndefined, "under way");
  refuses({.body = kDyn +
                   "setp.ne.u32 %p0, %t0, 0; @!%p0 mbarrier.init.shared::cta.b64 [%x0], 31; @%p0 "
                   "mbarrier.arrive.shared::cta.b64 _, [%x0];" +
                   kZero,
           .shared = 64},
          Kind::kRace, "whose initialisation nothing orders", Lanes::kInOrder);
  refuses(one(kDyn + "mbarrier.init.shared::cta.b64 [%x0], 1;" + copy + kZero), Kind::kUndefined,
          "no fence.mbarrier_init");
  refuses(one(init + "cp.async.bulk.shared::cluster.global.mbarrier::complete_tx::bytes [%x0+16], [%a0], 8, [%x0];" +
              kZero),
          Kind::kUndefined, "not a multiple of 16");
  refuses(one(init + "cp.async.bulk.shared::cluster.global.mbarrier::complete_tx::bytes [%x0+24], [%a0], 16, [%x0];" +
              kZero),
          Kind::kMisaligned, "no multiple of 16");
  refuses(one(kDyn + "cp.async.cg.shared.global [%x0+4], [%a0], 16;" + kZero), Kind::kMisaligned,
          "16 bytes at an address that is 4");
}

// ---- races ----

/// Which of the two comes second depends on the order of lanes.
const std::string kRacy = "what nothing orders after the ";

TEST_CASE("races on shared memory", "[ptx]") {
  const std::string store = kOwnWord + "st.shared.u32 [%x1], %t0;\n";
  const std::string neighbour = "xor.b32 %x2, %x1, 4; ld.shared.u32 %o0, [%x2];\n";
  const Snippet racy{.body = store + neighbour, .shared = 128};
  refuses(racy, Kind::kRace, kRacy);
  accepts({.body = store + "bar.warp.sync -1;\n" + neighbour, .shared = 128});
  accepts({.body = store + "bar.sync 0;\n" + neighbour, .shared = 128});
  // A shuffle brings lanes together and orders nothing.
  refuses({.body = store + "shfl.sync.bfly.b32 %x3, %t0, 1, 31, -1;\n" + neighbour, .shared = 128}, Kind::kRace, kRacy);
  // Between warps a barrier of the warp is not enough.
  const std::string far = "xor.b32 %x2, %x1, 128; ld.shared.u32 %o0, [%x2];\n";
  refuses({.body = store + "bar.warp.sync -1;\n" + far, .threads = 64, .shared = 256}, Kind::kRace, kRacy);
  accepts({.body = store + "bar.sync 3, 64;\n" + far, .threads = 64, .shared = 256});
  // The second store comes before the neighbour has read: no barrier after the read.
  refuses({.body = store + "bar.sync 0;\n" + neighbour + "st.shared.u32 [%x1], %o0;", .shared = 128}, Kind::kRace,
          kRacy);
  accepts({.body = store + "bar.sync 0;\n" + neighbour + "bar.sync 0; st.shared.u32 [%x1], %o0;", .shared = 128});
  // All lanes write one word: the same value is no race, different ones are.
  accepts({.body = kDyn + "st.shared.u32 [%x0], 5;" + kZero, .shared = 128});
  refuses({.body = kDyn + "st.shared.u32 [%x0], %t0;" + kZero, .shared = 128}, Kind::kRace, "a race: writes");
  // Bytes of one word are different places; atomics do not race with each other, but with a plain read.
  accepts(
      {.body = kDyn + "add.u32 %x1, %x0, %t0; cvt.u16.u32 %h0, %t0; st.shared.u8 [%x1], %h0;" + kZero, .shared = 128});
  accepts({.body = kDyn + "st.shared.u32 [%x0], 0; bar.sync 0; red.shared.add.u32 [%x0], 1;" + kZero, .shared = 128});
  refuses({.body = kDyn + "st.shared.u32 [%x0], 0; bar.sync 0; red.shared.add.u32 [%x0], 1; ld.shared.u32 %o0, [%x0];",
           .shared = 128},
          Kind::kRace, "a race");
  // A named barrier orders only those who come to it.
  refuses({.body = store +
                   "setp.lt.u32 %p0, %t0, 64; @!%p0 bra REST; bar.sync 1, 64; bra READ; REST: bar.sync 2, 32; READ: "
                   "xor.b32 %x2, %x1, 256; setp.lt.u32 %p1, %t0, 32; mov.u32 %o0, 0; @%p1 ld.shared.u32 %o0, [%x2];",
           .threads = 96,
           .shared = 384},
          Kind::kRace, kRacy);
}

TEST_CASE("races on global memory", "[ptx]") {
  // Every block writes its number into the first word of the output, which the first block's epilogue owns.
  refuses({.body = "st.global.u32 [%a1], %t1;" + kZero, .threads = 1, .blocks = 2}, Kind::kRace, "of another block at");
  refuses({.body = "ld.global.u32 %o0, [%a1];", .threads = 1, .blocks = 2}, Kind::kRace, "of another block at");
  refuses({.body = "st.global.u32 [%a3], 3; xor.b32 %x0, %t0, 1; mul.wide.u32 %d0, %x0, 4; add.u64 %d0, %d0, %a1; "
                   "ld.global.u32 %o0, [%d0];"},
          Kind::kRace, kRacy);
  accepts({.body = "atom.global.add.u32 %x0, [%a0+384], 1;" + kZero, .blocks = 3});
  // The last block reads what the others have left: right with fences, a race without.
  const auto last_block = [](const std::string& fence) {
    return Snippet{
        .body = "mul.wide.u32 %d0, %t3, 4; add.u64 %d0, %d0, %a0; st.global.u32 [%d0+32], 7; " + fence +
                " atom.global.add.u32 %x0, [%a0+16], 1; mov.u32 %o0, 7; setp.ne.u32 %p0, %x0, 2; @%p0 bra END; " +
                fence + " ld.global.u32 %o0, [%a0+32]; END:",
        .threads = 1,
        .blocks = 3};
  };
  accepts(last_block("membar.gl;"));
  refuses(last_block(""), Kind::kRace, "of another block at");
}

TEST_CASE("stale reads through the read-only path", "[ptx]") {
  refuses({.body = "st.global.u32 [%a3], 1; ld.global.nc.u32 %o0, [%a3];"}, Kind::kRace, "read-only path may be stale");
  refuses({.body = "ld.global.nc.u32 %o0, [%a3];"}, Kind::kRace, "has read through the read-only path");
  accepts({.body = "ld.global.nc.u32 %o0, [%a2];"});
}

TEST_CASE("asynchronous copies and their order", "[ptx]") {
  // cp.async: its owner waits, others need a barrier after the wait.
  const std::string copy = kOwnWord + "cp.async.ca.shared.global [%x1], [%a2], 4;\n";
  const std::string neighbour = "xor.b32 %x2, %x1, 4; ld.shared.u32 %o0, [%x2];\n";
  accepts({.body = copy + "cp.async.wait_all; bar.sync 0;\n" + neighbour, .shared = 128});
  refuses({.body = copy + "bar.sync 0; cp.async.wait_all;\n" + neighbour, .shared = 128}, Kind::kRace, kRacy);
  // A bulk copy: its bytes are ordered after the phase that it completes, and nothing before.
  const std::string bulk =
      kDyn +
      "mbarrier.init.shared::cta.b64 [%x0], 1; fence.mbarrier_init.release.cluster; "
      "mbarrier.arrive.expect_tx.shared::cta.b64 _, [%x0], 16;\n"
      "cp.async.bulk.shared::cluster.global.mbarrier::complete_tx::bytes [%x0+16], [%a0], 16, [%x0];\n";
  const std::string wait = "L: mbarrier.try_wait.parity.shared::cta.b64 %p0, [%x0], 0; @!%p0 bra L;\n";
  const auto one = [](const std::string& body) { return Snippet{.body = body, .threads = 1, .shared = 128}; };
  accepts(one(bulk + wait + "ld.shared.u32 %o0, [%x0+16];"));
  refuses(one(bulk + "ld.shared.u32 %o0, [%x0+16];" + wait), Kind::kRace, "the asynchronous copy");
  refuses(one(bulk + "st.shared.u32 [%x0+16], 1;" + wait + kZero), Kind::kRace, "the asynchronous copy");
  // What ordinary stores have written needs a proxy fence before the asynchronous unit reads it.
  const auto store = [&](const std::string& fence) {
    return one(kDyn + "mov.u32 %x2, 9; st.shared.v4.u32 [%x0], {%x2, %x2, %x2, %x2};" + fence +
               "cp.async.bulk.global.shared::cta.bulk_group [%a0], [%x0], 16; cp.async.bulk.commit_group; "
               "cp.async.bulk.wait_group 0;" +
               kZero);
  };
  Snippet with_fence = store("fence.proxy.async.shared::cta;"), without = store("");
  with_fence.inputs = without.inputs = 4;
  accepts(with_fence);
  refuses(without, Kind::kRace, "no fence.proxy.async");
}

TEST_CASE("registers that launch bounds promise", "[ptx]") {
  const std::string body =
      "setp.lt.u32 %p0, %t0, 128; @%p0 bra FEW; setmaxnreg.inc.sync.aligned.u32 240; bra END; FEW: "
      "setmaxnreg.dec.sync.aligned.u32 ";
  const auto with = [&](const std::string& few, const std::string& directives) {
    return Snippet{.body = body + few + "; END:" + kZero, .threads = 256, .directives = directives};
  };
  accepts(with("40", ".maxntid 256, 1, 1"));
  refuses(with("40", ".maxntid 256, 1, 1 .minnctapersm 2"), Kind::kUndefined,
          "registers to a block that can have 32768");
}

TEST_CASE("a message names the source line", "[ptx]") {
  if (on_gpu()) return;
  const Snippet snippet{.body = ".file 1 \"wrong.cu\"\n.loc 1 42 7\nld.global.b32 %o0, [%a2+4096];", .threads = 8};
  try {
    interpreter()->run(snippet, Words(8));
    FAIL_CHECK("not refused");
  } catch (const Fault& fault) {
    INFO(fault.what());
    for (const char* part : {"wrong.cu:42", "thread (0, 0, 0)", "block (0, 0, 0)", "ld.global.b32"})
      CHECK(std::string(fault.what()).find(part) != std::string::npos);
  }
}

}  // namespace
}  // namespace gan::ptx::test
