#include "tests/emulation/block.h"

#include <algorithm>
#include <bit>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <map>
#include <new>
#include <utility>

#include "kernels/core/cuda/shared_memory.h"
#include "tests/emulation/emulation_error.h"

namespace gan::emulation {
namespace {

// For ThreadSanitizer nothing may order the blocks of a launch, else it would miss their races: the threads of a block
// are not those of the block before, and nothing that both use (stacks, shared memory, tokens) may have a history.
constexpr bool kReuseStacks = !kThreadSanitizer;
constexpr bool kReuseMemory = !kThreadSanitizer;  // freed and allocated again, memory has none

std::string name_of(const uint3& index) { return fmt::format("({},{},{})", index.x, index.y, index.z); }

void* allocate_aligned(std::size_t bytes, std::size_t alignment) {
  void* memory = nullptr;
  if (posix_memalign(&memory, alignment, std::max<std::size_t>(bytes, 1)) != 0) throw std::bad_alloc();
  return memory;
}

void fill_with_nan(void* memory, std::size_t bytes) { std::memset(memory, 0xff, bytes); }

bool same_place(Where a, Where b) {
  return a.line() == b.line() && (a.file_name() == b.file_name() || std::strcmp(a.file_name(), b.file_name()) == 0);
}

}  // namespace

std::string describe(Where where) {
  const std::string file = where.file_name();
  return fmt::format("{}:{}", file.substr(file.rfind('/') + 1), where.line());
}

void Block::Free::operator()(void* memory) const { std::free(memory); }

Block::Block()
    : host_(system_stack()),
      stacks_(kReuseStacks ? kMaxBlockThreads : 2 * kMaxBlockThreads, &Block::stack_entry),
      threads_(kMaxBlockThreads) {}

Block::~Block() = default;

void Block::run(const Grid& grid, uint3 index) {
  EmulationScope scope;
  begin(grid, index);
  handed_over_ = pick();
  switch_stack(host_, stack_for(*handed_over_));
  tsan_run_as(host_fiber_);
  current_block = nullptr;
  current_thread = nullptr;
  if (!failed_ && live_ == 0) return;

  const std::string message = failed_ ? error_ : deadlock_report();
  stacks_.make_all_fresh();
  for (Thread& thread : threads_) thread.tsan_fibers[serial_ % 2] = nullptr;  // abandoned in the middle: of no more use
  throw EmulationError(message);
}

// ---- before a block starts

void Block::begin(const Grid& grid, uint3 index) {
  current_block = this;
  grid_ = &grid;
  index_ = index;
  ++serial_;
  failed_ = false;
  host_fiber_ = tsan_current_fiber();
  make_threads();
  if (kReuseStacks) stacks_.provide(count_);
  shuffle_ready();
  barrier_.arrived = 0;
  barrier_.votes = 0;
  barrier_.waiting.clear();
  if (!kReuseMemory) static_shared_.clear();
  static_shared_bytes_ = 0;
  if (!tokens_ || !kReuseMemory) tokens_ = std::make_unique<Tokens>();
  poison_dynamic_shared();
  tsan_release(&started_);
}

void Block::make_threads() {
  const dim3 size = grid_->block;
  count_ = live_ = size.x * size.y * size.z;
  head_ = tail_ = 0;
  for (unsigned i = 0; i < count_; ++i) {
    Thread& thread = threads_[i];
    thread.index = {i % size.x, i / size.x % size.y, i / (size.x * size.y)};
    thread.linear = i;
    thread.stack = nullptr;
    thread.waits_in = nullptr;
    if (tsan_fiber(thread) == nullptr) thread.tsan_fibers[serial_ % 2] = tsan_create_fiber();
    make_ready(&thread);
  }
  for (unsigned first = 0; first < count_; first += kWarpThreads) {
    Warp& warp = warps_[first / kWarpThreads];
    warp.waiting = 0;
    warp.alive = count_ - first >= kWarpThreads ? ~0u : (1u << (count_ - first)) - 1;
  }
}

/// Whole warps overtake each other as on hardware, or single threads.
void Block::shuffle_ready() {
  random_ = (grid_->seed + 1) * 0x9E3779B97F4A7C15ull ^ (index_.x + 65537ull * index_.y + 2654435761ull * index_.z);
  constexpr unsigned kRunOn[] = {0, 255, 240, 128};  // fair, depth first, and mixtures
  const unsigned policy = grid_->seed % 4;
  run_on_ = kRunOn[policy];
  if (policy == 0) return;
  const unsigned unit = policy == 3 || count_ % kWarpThreads != 0 ? 1 : kWarpThreads;
  for (unsigned i = count_ / unit; i > 1; --i) {
    const unsigned other = static_cast<unsigned>(random() % i);
    if (other != i - 1) std::swap_ranges(&ready_[(i - 1) * unit], &ready_[i * unit], &ready_[other * unit]);
  }
}

/// Of the exact size, so that AddressSanitizer sees overflows.
void Block::poison_dynamic_shared() {
  const std::size_t bytes = grid_->dynamic_shared_bytes;
  if (!dynamic_shared_ || dynamic_shared_capacity_ != bytes || !kReuseMemory) {
    dynamic_shared_.reset(allocate_aligned(bytes, 1024));
    dynamic_shared_capacity_ = bytes;
  }
  fill_with_nan(dynamic_shared_.get(), bytes);
}

// ---- what threads do

int Block::barrier(bool predicate, const char* operation, Where where) {
  EmulationScope scope;
  char* token = &tokens_->barrier[barrier_.phase % 2];
  tsan_release(token);
  if (barrier_.arrived == 0) {
    barrier_.operation = operation;
    barrier_.where = where;
  } else if (!same_place(barrier_.where, where)) {
    fail(fmt::format("barrier divergence: {} at {} while other threads wait in {} at {}", operation, describe(where),
                     barrier_.operation, describe(barrier_.where)));
  }
  barrier_.votes += predicate;
  if (++barrier_.arrived < count_) {
    barrier_.waiting.push_back(current_thread);
    suspend(operation, where);
  } else {
    finish_barrier();
  }
  tsan_acquire(token);
  return barrier_.last_votes;
}

void Block::finish_barrier() {
  barrier_.last_votes = std::exchange(barrier_.votes, 0);
  barrier_.arrived = 0;
  ++barrier_.phase;
  for (Thread* thread : barrier_.waiting) make_ready(thread);
  barrier_.waiting.clear();
}

void Block::warp_collective(std::uint32_t mask, void* record, Collective collective, const char* operation,
                            Where where) {
  EmulationScope scope;
  const unsigned lane = current_thread->linear % kWarpThreads;
  const unsigned warp_index = current_thread->linear / kWarpThreads;
  Warp& warp = warps_[warp_index];
  char* token = &tokens_->warps[warp_index][warp.phase % 2];
  tsan_release(token);
  if (!(mask >> lane & 1)) fail(fmt::format("{} at {}: the mask lacks the calling lane", operation, describe(where)));
  if (const std::uint32_t met = warp.waiting & mask; met != 0) {
    const unsigned other = static_cast<unsigned>(std::countr_zero(met));
    if (warp.masks[other] != mask || warp.collectives[other] != collective) {
      const Thread& waiting = threads_[current_thread->linear - lane + other];
      fail(fmt::format("warp divergence: {} at {} while lane {} waits in {} at {}", operation, describe(where), other,
                       waiting.waits_in, describe(waiting.where)));
    }
  }
  warp.records[lane] = record;
  warp.masks[lane] = mask;
  warp.collectives[lane] = collective;
  warp.waiting |= 1u << lane;
  if ((mask & warp.alive & ~warp.waiting) == 0) finish_collective(warp, mask);
  else suspend(operation, where);
  tsan_acquire(token);
}

void Block::finish_collective(Warp& warp, std::uint32_t mask) {
  const std::uint32_t lanes = mask & warp.waiting;
  warp.collectives[std::countr_zero(lanes)](warp.records, lanes);
  warp.waiting &= ~lanes;
  ++warp.phase;
  Thread* const lane0 = &threads_[static_cast<unsigned>(&warp - warps_) * kWarpThreads];
  for (std::uint32_t rest = lanes; rest != 0; rest &= rest - 1)
    if (Thread* thread = lane0 + std::countr_zero(rest); thread->waits_in != nullptr) make_ready(thread);
}

void* Block::shared_variable(SharedSlot& slot, std::size_t bytes, std::size_t alignment) {
  EmulationScope scope;
  if (slot.block_serial == serial_) return slot.memory;
  if (slot.memory == nullptr || !kReuseMemory) {
    slot.memory = allocate_aligned(bytes, alignment);
    static_shared_.emplace_back(slot.memory);
  }
  slot.block_serial = serial_;
  static_shared_bytes_ += bytes;
  if (static_shared_bytes_ > kSharedBytesWithoutAsking) fail("more than 48 KiB of static shared memory");
  if (static_shared_bytes_ + grid_->dynamic_shared_bytes > grid_->max_shared_bytes)
    fail(fmt::format("{} bytes of static and {} of dynamic shared memory; {} are allowed", static_shared_bytes_,
                     grid_->dynamic_shared_bytes, grid_->max_shared_bytes));
  fill_with_nan(slot.memory, bytes);
  return slot.memory;
}

void* Block::dynamic_shared() {
  if (grid_->dynamic_shared_bytes == 0) fail("dynamic_shared: the launch asked for none");
  return dynamic_shared_.get();
}

// ---- who runs when

std::uint64_t Block::random() {
  random_ ^= random_ << 13;
  random_ ^= random_ >> 7;
  random_ ^= random_ << 17;
  return random_;
}

Thread* Block::pick() {
  EmulationScope scope;
  if (head_ == tail_) return nullptr;
  if (grid_->seed != 0) {
    const unsigned r = static_cast<unsigned>(random() >> 32);
    if (r % 256 < run_on_) return ready_[--tail_ % kMaxBlockThreads];
    std::swap(ready_[head_ % kMaxBlockThreads], ready_[(head_ + (r >> 8) % (tail_ - head_)) % kMaxBlockThreads]);
  }
  return ready_[head_++ % kMaxBlockThreads];
}

/// Suspends the running thread until somebody calls make_ready for it.
void Block::suspend(const char* operation, Where where) {
  Thread* const me = current_thread;
  me->waits_in = operation;
  me->where = where;
  me->stack = running_;
  leave(*running_);
  current_thread = me;
  me->stack = nullptr;
  me->waits_in = nullptr;
}

Stack& Block::stack_for(const Thread& thread) {
  EmulationScope scope;
  if constexpr (kReuseStacks) return stacks_.take();
  return stacks_.take_fresh(thread.linear + static_cast<unsigned>(serial_ % 2) * kMaxBlockThreads);
}

/// Leaves the current stack for whatever runs next; returns when somebody switches back to it.
GAN_EMULATION_UNTRACED void Block::leave(Stack& mine) {
  Thread* const next = pick();
  if (next == nullptr) return switch_to(mine, host_);
  if (next->stack != nullptr) {
    tsan_run_as(tsan_fiber(*next));
    return switch_to(mine, *next->stack);
  }
  handed_over_ = next;
  switch_to(mine, stack_for(*next));
}

GAN_EMULATION_UNTRACED void Block::switch_to(Stack& mine, Stack& other) {
  if (&mine == &other) return;
  switch_stack(mine, other);
  running_ = &mine;
}

GAN_EMULATION_UNTRACED void Block::stack_entry() { current_block->run_threads(); }

GAN_EMULATION_UNTRACED void Block::run_threads() {
  StackPool::arrived_on_fresh_stack();
  Stack& mine = stacks_.containing(__builtin_frame_address(0));
  running_ = &mine;
  for (bool used = false;;) {
    Thread* const thread = handed_over_ != nullptr ? handed_over_ : pick();
    handed_over_ = nullptr;
    const bool starts = thread != nullptr && thread->stack == nullptr;
    if (starts && (kReuseStacks || !used)) {  // a thread that never waits needs no stack of its own
      used = true;
      run_thread(*thread);
      continue;
    }
    if (starts) {
      handed_over_ = thread;
      switch_to(mine, stack_for(*thread));
      continue;
    }
    if (kReuseStacks) stacks_.give_back(mine);
    if (thread != nullptr) tsan_run_as(tsan_fiber(*thread));
    switch_to(mine, thread != nullptr ? *thread->stack : host_);
  }
}

GAN_EMULATION_UNTRACED void Block::run_thread(Thread& thread) {
  current_thread = &thread;
  tsan_run_as(tsan_fiber(thread));
  tsan_acquire(&started_);
  try {
    grid_->call(grid_->kernel);
  } catch (const std::exception& error) {
    error_ = error.what();
    failed_ = true;
  }
  if (failed_) switch_stack(*running_, host_);  // never comes back: the block is abandoned
  end_thread(thread);
}

void Block::end_thread(Thread& thread) {
  EmulationScope scope;
  tsan_release(&ended_);
  --live_;
  Warp& warp = warps_[thread.linear / kWarpThreads];
  warp.alive &= ~(1u << (thread.linear % kWarpThreads));
  for (std::uint32_t rest = warp.waiting; rest != 0;
       rest &= rest - 1) {  // CUDA lets lanes that ended miss a collective
    const std::uint32_t mask = warp.masks[std::countr_zero(rest)];
    if ((mask & warp.alive & ~warp.waiting) == 0) return finish_collective(warp, mask);
  }
}

// ---- what goes wrong

std::string Block::position() const {
  return fmt::format("thread {} of block {}", name_of(current_thread->index), name_of(index_));
}

void Block::fail(const std::string& message) const { throw EmulationError(fmt::format("{}, {}", message, position())); }

std::string Block::deadlock_report() const {
  struct Group {
    unsigned threads = 0;
    const Thread* first = nullptr;
  };
  std::map<std::string, Group> groups;
  for (unsigned i = 0; i < count_; ++i) {
    const Thread& thread = threads_[i];
    if (thread.stack == nullptr) continue;
    Group& group = groups[fmt::format("{} at {}", thread.waits_in, describe(thread.where))];
    if (group.threads++ == 0) group.first = &thread;
  }
  std::string text = fmt::format("divergence: no thread of block {} can go on; {} threads have exited", name_of(index_),
                                 count_ - live_);
  for (const auto& [what, group] : groups)
    text += fmt::format("; {} wait in {} (first: {})", group.threads, what, name_of(group.first->index));
  return text;
}

}  // namespace gan::emulation
