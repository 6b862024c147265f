#include "tests/ptx/interpreter/race_detector.h"

#include <algorithm>

#include "tests/ptx/interpreter/block.h"

namespace gan::ptx {

void RaceDetector::begin_launch(bool dependent) {
  ++launch_;
  dependent_ = dependent;
  now_ = 1;
  cluster_number_ = 0;
  atomics_.clear();
  last_page_number_ = ~u64{0};
}

void RaceDetector::begin_cluster(const Cluster& cluster) {
  cluster_ = &cluster;
  ++cluster_number_, ++now_;
  const Block& first = cluster.blocks.front();
  block_threads_ = static_cast<u32>(first.warps.size()) * kLanes;
  threads_ = block_threads_ * static_cast<u32>(cluster.blocks.size());
  knowledge_.assign(std::size_t{threads_} * (threads_ + 1), 0);
  floor_.assign(cluster.blocks.size(), 0);
  fences_.assign(threads_ + 1, 0), proxy_fences_.assign(threads_ + 1, 0), proxy_floor_.assign(threads_ + 1, 0);
  cluster_fence_ = 0;
  known_clusters_.clear();
  previous_ended_.assign(threads_, false);
  shared_.resize(cluster.blocks.size());
  for (auto& words : shared_) words.assign((first.shared_bytes + 3) / 4, Word{});
}

u32 RaceDetector::thread_of(const Warp& warp, int lane) const {
  return warp.block->rank * block_threads_ + warp.index * kLanes + static_cast<u32>(lane);
}

bool RaceDetector::ordered(u32 cluster, u32 thread, Time time, u32 for_thread) const {
  if (cluster != cluster_number_) {
    const auto known = known_clusters_.find(cluster);
    return known != known_clusters_.end() && time <= known->second;
  }
  if (thread == for_thread) return true;
  if (thread < threads_ && thread / block_threads_ == for_thread / block_threads_ &&
      time <= floor_[thread / block_threads_])
    return true;
  return time <= knows(for_thread, thread);
}

/// Whether a proxy fence lies between an ordinary write and an asynchronous access that is ordered after it: the
/// writer's, before it passed the word on, or the later thread's own.
bool RaceDetector::fenced(const Word& word, u32 for_thread) const {
  const u32 writer = word.writing_thread;
  if (word.writing_cluster != cluster_number_ || writer >= threads_) return true;
  const Time fence = proxy_fences_[writer];
  if (fence >= word.written && ordered(cluster_number_, writer, fence, for_thread)) return true;
  if (writer == for_thread) return false;
  const bool same_block = writer / block_threads_ == for_thread / block_threads_;
  return same_block && word.written <= proxy_floor_[for_thread];
}

/// Forgets what earlier launches did, but what this one may overlap.
void RaceDetector::renew(Page& page) {
  const bool overlaps = dependent_ && page.launch == launch_ - 1;
  page.launch = launch_;
  for (Word& word : page.words) {
    const bool written = overlaps && word.writing_cluster != 0;
    word = Word{};
    word.written_before = written;
  }
}

RaceDetector::Word& RaceDetector::global_word(u64 address) {
  const u64 number = address / kPageBytes;
  if (number != last_page_number_) {
    std::unique_ptr<Page>& page = pages_[number];
    if (!page) page = std::make_unique<Page>();
    if (page->launch != launch_) renew(*page);
    last_page_number_ = number, last_page_ = page.get();
  }
  return last_page_->words[address % kPageBytes / 4];
}

RaceDetector::Word& RaceDetector::shared_word(const Block& owner, u64 offset) {
  return shared_[owner.rank][offset / 4];
}

void RaceDetector::report(const Access& access, int lane, const std::string& what, u32 cluster, u32 thread,
                          const Instruction* at) const {
  const Dim& size = cluster_->blocks.front().launch->block;
  std::string who = "the asynchronous copy";
  if (cluster != cluster_number_) {
    who = "another block";
  } else if (thread < threads_) {
    const u32 t = thread % block_threads_;
    who = "thread (" + std::to_string(t % size.x) + ", " + std::to_string(t / size.x % size.y) + ", " +
          std::to_string(t / size.x / size.y) + ")";
    if (thread / block_threads_ != access.warp.block->rank) who += " of the cluster's other block";
  }
  const std::string space = access.space == Space::kShared
                                ? "shared memory at " + std::to_string(access.addresses[lane])
                                : "global memory, " + Memory::instance().describe(access.addresses[lane]);
  access.warp.fault(access.instruction, lane, Fault::Kind::kRace,
                    what + " " + who + " at " + access.warp.place_of(*at) + ": " + std::to_string(access.bytes) +
                        " bytes of " + space);
}

void RaceDetector::check_word(Word& word, u8 bytes, const Access& access, int lane, u32 thread) {
  const bool atomic = access.kind == AccessKind::kAtomic, write = access.kind != AccessKind::kRead;
  const bool async = access.proxy == Proxy::kAsync;
  const bool written = word.writing_cluster != 0 && (word.written_bytes & bytes) != 0;
  const bool is_read_only = access.instruction.read_only_path;
  if (word.written_before && !previous_ended_[thread])
    access.warp.fault(access.instruction, lane, Fault::Kind::kRace,
                      "no griddepcontrol.wait before touching what the launch before has written, " +
                          Memory::instance().describe(access.addresses[lane]));
  const auto blame_writer = [&](const std::string& what) {
    report(access, lane, what, word.writing_cluster, word.writing_thread, word.written_at);
  };
  if (written) {
    if (is_read_only) blame_writer("the read-only path may be stale: this launch has written the bytes, by");
    const bool both_atomic = word.written_by_atomic && (atomic || access.instruction.strong);
    const bool both_strong = atomic && word.written_at->strong;
    const bool same_value = write && (access.silent >> lane & 1);
    if (!both_atomic && !both_strong && !same_value &&
        !ordered(word.writing_cluster, word.writing_thread, word.written, thread))
      blame_writer(write ? "a race: writes what nothing orders after the write of"
                         : "a race: reads what nothing orders after the write of");
    if (async && word.written_generic && !fenced(word, thread))
      blame_writer("no fence.proxy.async between the asynchronous access and the ordinary write of");
  }
  if (!write) {
    word.read_only |= is_read_only;
    word.read_bytes |= bytes;
    const u32 who = async ? async_unit() : thread;
    const auto is_another = [&](const Reader& r) { return r.cluster != cluster_number_ || r.thread != who; };
    Reader* reader = &word.readers[0];
    if (reader->at != nullptr && is_another(*reader)) {
      reader = &word.readers[1];
      if (reader->at != nullptr && is_another(*reader))
        std::swap(word.readers[0], word.readers[1]);  // the latest two are kept
    }
    *reader = {now_, cluster_number_, who, &access.instruction};
    return;
  }
  if (word.read_only)
    report(access, lane, "writes what this launch has read through the read-only path, by", word.readers[0].cluster,
           word.readers[0].thread, word.readers[0].at);
  if ((word.read_bytes & bytes) != 0)
    for (const Reader& reader : word.readers)
      if (reader.at != nullptr && !(atomic && reader.at->strong) && !(access.silent >> lane & 1) &&
          !ordered(reader.cluster, reader.thread, reader.time, thread))
        report(access, lane, "a race: writes what nothing orders after the read of", reader.cluster, reader.thread,
               reader.at);
  const u32 writer = async ? async_unit() : thread;
  const bool again = word.writing_cluster == cluster_number_ && word.writing_thread == writer && word.written == now_;
  word.written_bytes = again ? static_cast<u8>(word.written_bytes | bytes) : bytes;
  word.written = now_, word.writing_cluster = cluster_number_, word.writing_thread = writer;
  word.written_by_atomic = atomic || access.instruction.strong, word.written_generic = !async;
  word.written_at = &access.instruction;
  word.read_bytes = 0;
  word.readers[0].at = word.readers[1].at = nullptr;
}

void RaceDetector::accessed(const Access& access) {
  if (access.space == Space::kLocal) return;
  if (access.proxy == Proxy::kAsync) ++now_;  // known to nobody until it lands
  for (Mask m = access.lanes; m != 0; m &= m - 1) {
    const int lane = __builtin_ctz(m);
    const u32 thread = thread_of(access.warp, lane);
    const u64 first = access.addresses[lane], end = first + access.bytes;
    for (u64 at = first; at < end; at = (at / 4 + 1) * 4) {
      const u32 begin_byte = static_cast<u32>(at % 4),
                end_byte = static_cast<u32>(std::min<u64>(4, begin_byte + end - at));
      const auto bytes = static_cast<u8>((1u << end_byte) - (1u << begin_byte));
      Word& word = access.space == Space::kShared ? shared_word(*access.owner, at) : global_word(at);
      check_word(word, bytes, access, lane, thread);
    }
  }
}

void RaceDetector::release(Clock& clock, u32 thread) {
  clock.known.resize(threads_ + 1, 0);
  knows(thread, thread) = now_;
  const Time floor = floor_[thread / block_threads_];
  const u32 first = thread / block_threads_ * block_threads_;
  for (u32 t = 0; t <= threads_; ++t) clock.known[t] = std::max(clock.known[t], knows(thread, t));
  for (u32 t = first; t < first + block_threads_; ++t) clock.known[t] = std::max(clock.known[t], floor);
  ++now_;
}

void RaceDetector::acquire(const Clock& clock, u32 thread) {
  for (u32 t = 0; t < clock.known.size(); ++t) knows(thread, t) = std::max(knows(thread, t), clock.known[t]);
}

void RaceDetector::synchronize_lanes(const Warp& warp, Mask lanes) {
  Clock clock;
  for (Mask m = lanes; m != 0; m &= m - 1) release(clock, thread_of(warp, __builtin_ctz(m)));
  for (Mask m = lanes; m != 0; m &= m - 1) acquire(clock, thread_of(warp, __builtin_ctz(m)));
}

void RaceDetector::synchronize_block(const Block& block) {
  floor_[block.rank] = now_++;
  const u32 first = block.rank * block_threads_, behind = first + block_threads_;
  const auto share = [&](u32 of) {  // what one of them knows of somebody outside, all know
    Time most = 0;
    for (u32 t = first; t < behind; ++t) most = std::max(most, knows(t, of));
    for (u32 t = first; t < behind; ++t) knows(t, of) = most;
  };
  for (u32 of = 0; of < first; ++of) share(of);
  for (u32 of = behind; of <= threads_; ++of) share(of);  // the asynchronous unit is the last
}

void RaceDetector::fence(u32 thread) { fences_[thread] = cluster_fence_ = now_++; }

void RaceDetector::fence_proxy(u32 thread) {
  proxy_fences_[thread] = now_++;
  proxy_floor_[thread] = floor_[thread / block_threads_];
}

void RaceDetector::synchronize_atomic(u64 address, u32 thread, bool releases) {
  AtomicClock& clock = atomics_[address];
  if (clock.cluster != cluster_number_) clock.cluster = cluster_number_, clock.threads.known.clear();
  acquire(clock.threads, thread);
  for (const auto& [cluster, time] : clock.clusters)
    known_clusters_[cluster] = std::max(known_clusters_[cluster], time);
  if (releases) fence(thread);
  if (fences_[thread] != 0) release(clock.threads, thread);
  if (cluster_fence_ == 0) return;
  clock.clusters[cluster_number_] = cluster_fence_;
  for (const auto& [cluster, time] : known_clusters_) clock.clusters[cluster] = std::max(clock.clusters[cluster], time);
}

void RaceDetector::landed(Clock& clock) {
  clock.known.resize(threads_ + 1, 0);
  clock.known[async_unit()] = now_++;
}

void RaceDetector::landed_for(u32 thread) { knows(thread, async_unit()) = now_++; }

}  // namespace gan::ptx
