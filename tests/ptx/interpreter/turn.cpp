#include "tests/ptx/interpreter/turn.h"

#include <algorithm>

namespace gan::ptx {
namespace {

constexpr u64 kTurn = 1u << 20;  ///< warp instructions before another group gets its turn

bool same_in_all_lanes(const Warp& warp, u32 ref, Mask m, int first) {
  const u32* v = warp.src<u32>(ref);
  for (; m != 0; m &= m - 1)
    if (v[__builtin_ctz(m)] != v[first]) return false;
  return true;
}

/// A warp's turn: runs its groups until all lanes wait, poll or are gone.
class Turn {
 public:
  Turn(Warp& warp, Order order) : w_(warp), code_(warp.program->code.data()), order_(order) {}

  u64 run() {
    while (pick()) follow();
    w_.ready.insert(w_.ready.end(), polling_.begin(), polling_.end());
    return steps_;
  }
  bool polled() const { return !polling_.empty(); }

 private:
  bool pick() {
    std::vector<Group>& ready = w_.ready;
    if (ready.empty()) return false;
    auto best = ready.begin();
    if (order_ == Order::kTogether) {
      for (auto g = ready.begin(); g != ready.end(); ++g)
        if (g->pc < best->pc) best = g;
    } else {
      const auto lane = [](const Group& g) { return __builtin_ctz(g.mask); };
      for (auto g = ready.begin(); g != ready.end(); ++g)
        if (order_ == Order::kForward ? lane(*g) < lane(*best) : lane(*g) > lane(*best)) best = g;
    }
    pc_ = best->pc, m_ = best->mask, stop_ = kNone;
    *best = ready.back();
    ready.pop_back();
    if (order_ != Order::kTogether) return true;
    for (std::size_t i = 0; i < ready.size();) {
      if (ready[i].pc == pc_) {
        m_ |= ready[i].mask;
        ready[i] = ready.back();
        ready.pop_back();
      } else {
        stop_ = std::min(stop_, ready[i].pc);
        ++i;
      }
    }
    return true;
  }

  void put(u32 pc, Mask m) {
    if (order_ == Order::kTogether) w_.ready.push_back({pc, m});
    else
      for (; m != 0; m &= m - 1) w_.ready.push_back({pc, m & -m});
  }

  void follow() {
    const u64 until = steps_ + kTurn;
    u64 threads = 0;
    while (m_ != 0) {
      if (pc_ >= stop_) {
        w_.ready.push_back({pc_, m_});
        break;
      }
      const Instruction& in = code_[pc_];
      Mask e = m_;
      if (in.guard != kNone) {
        const Mask p = w_.pred(in.guard);
        e &= in.guard_negated ? ~p : p;
      }
      ++steps_;
      if (observer_ != nullptr) observer_->executed(w_, in, e);
      threads += static_cast<u64>(__builtin_popcount(e));
      switch (in.flow) {
        case Flow::kNext:
          if (e != 0) in.run(w_, in, e);
          ++pc_;
          continue;
        case Flow::kBranch: branch(in, e); break;
        case Flow::kExit: leave(e); break;
        case Flow::kBarrier: barrier(in, e); break;
        case Flow::kCollective: collective(in, e); break;
        case Flow::kRetry:
        case Flow::kRepeat:
          w_.retry = false;
          if (e != 0) in.run(w_, in, e);
          if (!w_.retry || in.flow == Flow::kRetry) ++pc_;
          if (w_.retry) {
            polling_.push_back({pc_, m_});
            m_ = 0;
          }
          break;
      }
      if (steps_ > until && m_ != 0) {
        polling_.push_back({pc_, m_});
        m_ = 0;
      }
    }
    w_.block->cluster->statistics.thread_instructions += threads;
  }

  void branch(const Instruction& in, Mask e) {
    if (e == m_) {
      pc_ = in.target;
    } else {
      ++pc_;
      if (e == 0) return;
      put(in.target, e);
      m_ &= ~e;
      if (order_ == Order::kTogether) stop_ = std::min(stop_, in.target);
    }
  }

  void leave(Mask e) {
    w_.live &= ~e;
    m_ &= ~e;
    ++pc_;
    if (e == 0) return;
    const std::vector<Group> again = std::move(w_.collective);  // who waits for the dead waits no longer
    w_.collective.clear();
    for (const Group& g : again) arrive(code_[g.pc], g.pc, g.mask);
  }

  void barrier(const Instruction& in, Mask e) {
    if (e != 0) {
      const int first = __builtin_ctz(e);
      const u32 id = w_.src<u32>(in.a)[first], count = in.b == kNone ? 0 : w_.src<u32>(in.b)[first];
      if (!same_in_all_lanes(w_, in.a, e, first))
        w_.fault(in, first, Fault::Kind::kUndefined, "lanes name different barriers");
      if (id >= 16)
        w_.fault(in, first, Fault::Kind::kUndefined, "there are 16 barriers, not " + std::to_string(id + 1));
      if (count % kLanes != 0)
        w_.fault(in, first, Fault::Kind::kUndefined, "a barrier's count must be a multiple of 32");
      if (in.mode[0] == 1) {
        Barrier& b = w_.block->barriers[id];
        b.arrived_without_waiting += static_cast<u32>(__builtin_popcount(e));
        if (RaceDetector* races = w_.block->cluster->races)
          for_lanes(e, [&](int i) { races->release(b.clock, races->thread_of(w_, i)); });
      } else {
        const auto same = std::find_if(w_.waiting.begin(), w_.waiting.end(),
                                       [&](const Waiting& o) { return o.pc == pc_ && o.barrier == id; });
        if (same != w_.waiting.end()) same->mask |= e;
        else w_.waiting.push_back({pc_, e, id, count});
        m_ &= ~e;
      }
    }
    ++pc_;
  }

  void collective(const Instruction& in, Mask e) {
    const u32 pc = pc_++;
    Mask rest = e;
    m_ &= ~e;
    if (m_ != 0) put(pc_, m_), m_ = 0;
    while (rest != 0) {  // lanes with different member masks are different collectives
      Mask same = rest;
      if (in.target != kNone) {
        const u32* members = w_.src<u32>(in.target);
        same = 0;
        for (Mask l = rest; l != 0; l &= l - 1)
          if (members[__builtin_ctz(l)] == members[__builtin_ctz(rest)]) same |= l & -l;
      }
      arrive(in, pc, same);
      rest &= ~same;
    }
  }

  void arrive(const Instruction& in, u32 pc, Mask m) {
    Mask required = kAllLanes;
    const auto members = [&](Mask of) { return w_.src<u32>(in.target)[__builtin_ctz(of)]; };
    if (in.target != kNone) {
      required = members(m);
      if ((m & ~required) != 0)
        w_.fault(in, __builtin_ctz(m & ~required), Fault::Kind::kUndefined,
                 "a lane that is not in its own member mask");
      required &= w_.live;
    } else if (w_.live != kAllLanes) {
      w_.fault(in, -1, Fault::Kind::kUndefined,
               "all 32 lanes must take part, and " + std::to_string(32 - __builtin_popcount(w_.live)) + " have left");
    }
    for (std::size_t i = 0; i < w_.collective.size(); ++i) {
      const Group& g = w_.collective[i];
      if (g.pc != pc || (in.target != kNone && members(g.mask) != members(m))) continue;
      m |= g.mask;
      w_.collective[i] = w_.collective.back();
      w_.collective.pop_back();
      break;
    }
    if (m == required) {
      in.run(w_, in, m);
      put(pc + 1, m);
    } else {
      w_.collective.push_back({pc, m});
    }
  }

  Warp& w_;
  const Instruction* code_;
  Order order_;
  Observer* const observer_ = w_.block->cluster->observer;
  u32 pc_ = 0, stop_ = kNone;
  Mask m_ = 0;
  u64 steps_ = 0;
  std::vector<Group> polling_;
};

}  // namespace

TurnResult take_turn(Warp& warp, Order order) {
  Turn turn(warp, order);
  const u64 steps = turn.run();
  return {steps, turn.polled()};
}

}  // namespace gan::ptx
