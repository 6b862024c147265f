// Finds accesses to the same bytes, at least one of them a write, that nothing orders. It does not depend on the order in
// which lanes happen to run, and it knows what the order cannot show: a missing proxy fence, a stale read-only read.
//
// Every access has a stamp, the time of a clock that every release of something advances. Each thread knows up to which
// stamp it has seen every other thread of its cluster: barriers, mbarriers and bar.warp.sync pass that knowledge on
// (vector clocks; Flanagan and Freund, FastTrack, PLDI 2009). An access is ordered after another if its thread knows of
// it. A shuffle passes nothing on: PTX promises no memory order for it. Threads of different clusters learn of each other
// only by a fence, an atomic, and an atomic on the same address; there a cluster's knowledge is one, not a thread's.
//
// A word of memory remembers its last writer and the last two threads that read it since. Two limits follow: of several
// threads that write parts of one word only the last is remembered, and of three readers the first is forgotten.
#pragma once

#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "tests/ptx/interpreter/observer.h"

namespace gan::ptx {

struct Cluster;

class RaceDetector {
 public:
  using Time = u32;

  /// What a barrier, or an address with atomics, passes on: up to which stamp each thread is known.
  struct Clock {
    std::vector<Time> known;
  };

  /// A new launch: what earlier ones did is ordered before it. If it is `dependent`, what the last one wrote is ordered
  /// only before what a thread does after griddepcontrol.wait.
  void begin_launch(bool dependent = false);
  /// griddepcontrol.wait: the launch before has ended.
  void wait_for_previous_launch(u32 thread) { previous_ended_[thread] = true; }
  /// The next cluster of blocks runs from here on.
  void begin_cluster(const Cluster& cluster);

  /// Checks and remembers an access. Throws Fault.
  void accessed(const Access& access);

  /// All these lanes of the warp know what each of them knows.
  void synchronize_lanes(const Warp& warp, Mask lanes);
  void release(Clock& clock, u32 thread);
  void acquire(const Clock& clock, u32 thread);
  /// All threads of a block have met.
  void synchronize_block(const Block& block);
  /// A fence of memory at device scope or wider: what the thread knows can be passed on by an atomic.
  void fence(u32 thread);
  /// fence.proxy.async: ordinary accesses that the thread knows of are ordered before later asynchronous ones.
  void fence_proxy(u32 thread);
  /// An atomic on an address of global memory.
  void synchronize_atomic(u64 address, u32 thread, bool releases);

  /// A copy by the asynchronous unit: what it writes is ordered before nothing until `land`, whose result goes into the
  /// clock of the barrier that the copy completes on, or to the thread that waits for it.
  void landed(Clock& clock);
  void landed_for(u32 thread);

  /// The stamp of what happens now, and whether a thread knows what another did at a stamp.
  Time now() const { return now_; }
  bool knows_of(u32 thread, u32 other, Time time) const { return ordered(cluster_number_, other, time, thread); }

  /// Number of a lane's thread, counted over the cluster.
  u32 thread_of(const Warp& warp, int lane) const;
  /// The asynchronous unit, seen as one more thread of the cluster.
  u32 async_unit() const { return threads_; }

 private:
  struct Reader {
    Time time = 0;
    u32 cluster = 0;
    u32 thread = 0;
    const Instruction* at = nullptr;
  };
  struct Word {
    Time written = 0;
    u32 writing_cluster = 0;  ///< 0: nobody in this launch
    u32 writing_thread = 0;
    u8 written_bytes = 0, read_bytes = 0;
    bool written_by_atomic = false, written_generic = false, read_only = false;
    bool written_before = false;  ///< by the launch that this one may overlap
    const Instruction* written_at = nullptr;
    Reader readers[2];
  };
  static constexpr u64 kPageBytes = 4096;
  struct Page {
    u64 launch = 0;
    Word words[kPageBytes / 4];
  };

  bool ordered(u32 cluster, u32 thread, Time time, u32 for_thread) const;
  bool fenced(const Word& word, u32 for_thread) const;
  void renew(Page& page);
  Word& global_word(u64 address);
  Word& shared_word(const Block& owner, u64 offset);
  void check_word(Word& word, u8 bytes, const Access& access, int lane, u32 thread);
  [[noreturn]] void report(const Access& access, int lane, const std::string& what, u32 cluster, u32 thread,
                           const Instruction* at) const;
  Time& knows(u32 thread, u32 of) { return knowledge_[std::size_t{thread} * (threads_ + 1) + of]; }
  Time knows(u32 thread, u32 of) const { return knowledge_[std::size_t{thread} * (threads_ + 1) + of]; }

  u64 launch_ = 0;
  bool dependent_ = false;
  std::vector<bool> previous_ended_;  ///< by thread
  const Cluster* cluster_ = nullptr;
  u32 cluster_number_ = 0;  ///< within the launch, from 1
  u32 threads_ = 0, block_threads_ = 0;
  Time now_ = 1;
  std::vector<Time> knowledge_;                   ///< of every thread, about every thread and the asynchronous unit
  std::vector<Time> floor_;                       ///< by block: what all its threads know of each other
  std::vector<Time> fences_, proxy_fences_;       ///< by thread: its last
  std::vector<Time> proxy_floor_;                 ///< by thread: its block's floor at its last proxy fence
  Time cluster_fence_ = 0;                        ///< the last fence of any thread of the cluster
  std::unordered_map<u32, Time> known_clusters_;  ///< what this cluster knows of others
  struct AtomicClock {
    std::unordered_map<u32, Time> clusters;
    Clock threads;
    u32 cluster = 0;  ///< whose threads
  };
  std::unordered_map<u64, AtomicClock> atomics_;
  std::vector<std::vector<Word>> shared_;  ///< by block of the cluster
  std::unordered_map<u64, std::unique_ptr<Page>> pages_;
  u64 last_page_number_ = ~u64{0};
  Page* last_page_ = nullptr;
};

}  // namespace gan::ptx
