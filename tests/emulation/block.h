// Runs one block of a grid: its threads, barriers, warp collectives and shared memory.
//
// Every CUDA thread is a fiber. The threads of a block share one OS thread and hand over to each other only where they
// must wait, in an order that the seed of the launch chooses.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <source_location>
#include <string>
#include <vector>

#include "tests/emulation/fiber.h"
#include "tests/emulation/vector_types.h"

namespace gan::emulation {

/// Where in the kernel's source an operation stands: the default argument of every emulated built-in.
using Where = std::source_location;

/// "file.cu:12"
std::string describe(Where where);

constexpr unsigned kWarpThreads = 32;
constexpr unsigned kMaxBlockThreads = 1024;

/// What all blocks of one launch share.
struct Grid {
  dim3 blocks;
  dim3 block;
  std::size_t dynamic_shared_bytes = 0;
  std::size_t max_shared_bytes = 0;            ///< static and dynamic together
  void (*call)(const void* kernel) = nullptr;  ///< runs the body of one thread
  const void* kernel = nullptr;                ///< what `call` is given
  unsigned seed = 0;                           ///< see Options::seed
};

/// A CUDA thread.
struct Thread {
  uint3 index{};
  unsigned linear = 0;             ///< x fastest
  Stack* stack = nullptr;          ///< where it is suspended; null: not started, running, or ended
  const char* waits_in = nullptr;  ///< the operation it is suspended in
  Where where{};                   ///< and where that stands
  void* tsan_fibers[2] = {};       ///< what ThreadSanitizer takes it for, in blocks of even and of odd serial
};

/// What a warp's collective does once for all its lanes: `records[lane]` is what that lane brought, for the bits of
/// `lanes`.
using Collective = void (*)(void* const* records, std::uint32_t lanes);

/// A declaration of shared memory: where its bytes are on this OS thread, and for which block they were last undefined.
struct SharedSlot {
  void* memory = nullptr;
  std::uint64_t block_serial = 0;
};

/// One per OS thread: runs one block after another.
class Block {
 public:
  Block();
  ~Block();
  Block(const Block&) = delete;
  Block& operator=(const Block&) = delete;

  /// Runs all threads of block `index` to their end. Throws EmulationError.
  void run(const Grid& grid, uint3 index);
  /// For ThreadSanitizer: all blocks that were run have happened before what comes now.
  void join() { tsan_acquire(&ended_); }

  const Grid& grid() const { return *grid_; }
  const uint3& index() const { return index_; }

  /// Waits for all threads of the block; returns for how many of them `predicate` held.
  int barrier(bool predicate, const char* operation, Where where);

  /// Waits for all lanes of `mask`, of which the last one runs `collective`.
  void warp_collective(std::uint32_t mask, void* record, Collective collective, const char* operation, Where where);

  /// The memory behind a declaration: filled with NaN when the block meets it first.
  void* shared_variable(SharedSlot& slot, std::size_t bytes, std::size_t alignment);
  void* dynamic_shared();
  /// Ends the launch with an EmulationError: unwinds the running thread, the others never go on.
  [[noreturn]] void fail(const std::string& message) const;

 private:
  struct Warp {
    std::uint32_t alive = 0;    ///< lanes that have not ended
    std::uint32_t waiting = 0;  ///< lanes that wait in a collective
    void* records[kWarpThreads];
    std::uint32_t masks[kWarpThreads];
    Collective collectives[kWarpThreads];
    unsigned phase = 0;
  };
  struct Barrier {
    unsigned arrived = 0;
    unsigned phase = 0;
    int votes = 0;       ///< of those who arrived
    int last_votes = 0;  ///< of the phase before: what the threads that are released return
    const char* operation = nullptr;
    Where where{};
    std::vector<Thread*> waiting;
  };
  /// What ThreadSanitizer sees threads meet at. Used in turns: who is one phase ahead must not order the others.
  struct Tokens {
    char barrier[2];
    char warps[kMaxBlockThreads / kWarpThreads][2];
  };
  struct Free {
    void operator()(void* memory) const;
  };
  using Memory = std::unique_ptr<void, Free>;

  void begin(const Grid& grid, uint3 index);
  void make_threads();
  void shuffle_ready();
  void poison_dynamic_shared();

  void suspend(const char* operation, Where where);
  void make_ready(Thread* thread) { ready_[tail_++ % kMaxBlockThreads] = thread; }
  Thread* pick();
  Stack& stack_for(const Thread& thread);
  GAN_EMULATION_UNTRACED void* tsan_fiber(const Thread& thread) const { return thread.tsan_fibers[serial_ % 2]; }
  void leave(Stack& mine);
  void switch_to(Stack& mine, Stack& other);
  static void stack_entry();
  [[noreturn]] void run_threads();
  void run_thread(Thread& thread);
  void end_thread(Thread& thread);
  void finish_barrier();
  void finish_collective(Warp& warp, std::uint32_t mask);

  std::uint64_t random();
  std::string position() const;
  std::string deadlock_report() const;

  const Grid* grid_ = nullptr;
  uint3 index_{};
  std::uint64_t serial_ = 0;  ///< changes with every block
  unsigned count_ = 0;        ///< threads of the block
  unsigned live_ = 0;         ///< of which have not ended

  Stack host_;
  StackPool stacks_;
  Stack* running_ = nullptr;
  Thread* handed_over_ = nullptr;  ///< the thread that the next free stack shall start
  std::vector<Thread> threads_;
  Warp warps_[kMaxBlockThreads / kWarpThreads];
  Barrier barrier_;

  Thread* ready_[kMaxBlockThreads];  ///< ring buffer of the threads that can run
  unsigned head_ = 0, tail_ = 0;
  std::uint64_t random_ = 0;
  unsigned run_on_ = 0;  ///< of 256: how often the thread that was released last runs next

  std::string error_;
  bool failed_ = false;

  Memory dynamic_shared_;
  std::size_t dynamic_shared_capacity_ = 0;
  std::vector<Memory> static_shared_;    ///< the bytes behind all slots ever met by this OS thread
  std::size_t static_shared_bytes_ = 0;  ///< of those, what this block has met

  void* host_fiber_ = nullptr;
  char started_ = 0, ended_ = 0;  ///< tokens for ThreadSanitizer, too
  std::unique_ptr<Tokens> tokens_;
};

inline constinit thread_local Thread* current_thread = nullptr;  ///< the CUDA thread that runs on this OS thread
inline constinit thread_local Block* current_block = nullptr;    ///< its block

}  // namespace gan::emulation
