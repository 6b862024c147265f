// Fences, hints, and waiting for time or for the launch before.

#include "tests/ptx/interpreter/block.h"
#include "tests/ptx/interpreter/instructions/async.h"
#include "tests/ptx/interpreter/instructions/handlers.h"

namespace gan::ptx {
namespace {

void fence(Warp& warp, const Instruction& in, Mask m) {
  if (in.mode[0]) announce_barriers(*warp.block);
  RaceDetector* races = warp.block->cluster->races;
  if (races != nullptr) for_lanes(m, [&](int i) { races->fence(races->thread_of(warp, i)); });
}

void fence_proxy(Warp& warp, const Instruction&, Mask m) {
  announce_barriers(*warp.block);
  RaceDetector* races = warp.block->cluster->races;
  if (races != nullptr) for_lanes(m, [&](int i) { races->fence_proxy(races->thread_of(warp, i)); });
}

void wait_for_previous_launch(Warp& warp, const Instruction&, Mask m) {
  RaceDetector* races = warp.block->cluster->races;
  if (races != nullptr) for_lanes(m, [&](int i) { races->wait_for_previous_launch(races->thread_of(warp, i)); });
}

void sleep(Warp& warp, const Instruction&, Mask) { warp.retry = true; }

bool decode_fence(Decoding& s, Instruction& in) {
  const bool only_block = s.has("cta") && !s.has("proxy");
  if (s.has("proxy")) {
    s.accept({"alias", "tensormap", "tensormap::generic", "async::generic", "acquire", "release", "sync_restrict",
              "cta", "cluster", "gpu", "sys"});
    in.run = s.has("async") || s.has("async::shared::cta") || s.has("async::global") ? fence_proxy : nothing;
    s.accept({"global", "shared::cta", "shared::cluster"});
    return true;
  }
  s.accept({"gpu", "sys", "gl", "cluster", "sc", "acq_rel", "acquire", "release", "mbarrier_init", "sync_restrict",
            "shared::cta", "shared::cluster"});
  in.mode[0] = s.has("mbarrier_init");
  in.run = only_block ? nothing : fence;
  return true;
}

}  // namespace

bool decode_fences(Decoding& s, Instruction& in) {
  const std::string_view n = s.name();
  if (n == "membar" || n == "fence") return decode_fence(s, in);
  if (n == "nanosleep") {
    s.has("u32");
    in.flow = Flow::kRetry;
    in.run = sleep;
    return true;
  }
  // Launches run one after another: to wait is to know it, and what comes after may be told to start at any time.
  if (n == "griddepcontrol") {
    const int what = s.which({"wait", "launch_dependents"});
    if (what < 0) s.fail("not covered");
    in.run = what == 0 ? wait_for_previous_launch : nothing;
    return true;
  }
  if (n == "prefetch" || n == "prefetchu" || n == "discard") {
    s.accept({"global", "local", "L1", "L2", "L2::evict_last", "L2::evict_normal", "tensormap", "param", "const"});
    in.run = nothing;
    return true;
  }
  return false;
}

}  // namespace gan::ptx
