// Machine stacks that CUDA threads run on, and the switch between them.
#pragma once

#include <cstddef>
#include <vector>

#include "tests/emulation/sanitizer.h"

namespace gan::emulation {

/// A machine stack and, while nobody runs on it, its saved stack pointer.
struct Stack {
  void* pointer = nullptr;
  char* bottom = nullptr;  ///< lowest address
  std::size_t bytes = 0;
  void* asan_fake_stack = nullptr;
};

/// Goes on where `to` was left; returns when somebody switches back to `from`. About 5 ns.
GAN_EMULATION_UNTRACED void switch_stack(Stack& from, Stack& to);

/// The stack that the calling OS thread was given by the system.
Stack system_stack();

/// A stack for every thread that a block can have; only the pages that are touched cost memory. Either `provide`,
/// `take` and `give_back` are used, or `take_fresh` is. A free stack is either fresh (the switch to it starts `entry`)
/// or was left inside `entry`, which then goes on.
class StackPool {
 public:
  /// `entry` runs at the bottom of every stack, and never returns. It begins with `arrived_on_fresh_stack()`.
  StackPool(unsigned capacity, void (*entry)());
  ~StackPool();
  StackPool(const StackPool&) = delete;
  StackPool& operator=(const StackPool&) = delete;

  /// Makes sure that there are at least `count` stacks in all.
  void provide(unsigned count);
  /// Forgets what runs on the stacks: all of them are fresh again.
  void make_all_fresh();

  /// Stack number `index`, fresh.
  Stack& take_fresh(unsigned index);

  Stack& take();
  void give_back(Stack& stack);
  /// The stack that an address lies in.
  Stack& containing(const void* address);

  static void arrived_on_fresh_stack() {
#if defined(GAN_EMULATION_ASAN)
    __sanitizer_finish_switch_fiber(nullptr, nullptr, nullptr);
#endif
  }

 private:
  void make_fresh(unsigned index);

  void (*entry_)();
  std::vector<Stack> stacks_;
  std::vector<Stack*> free_;
  unsigned provided_ = 0;
  char* memory_ = nullptr;
};

}  // namespace gan::emulation
