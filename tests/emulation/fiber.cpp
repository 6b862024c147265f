#include "tests/emulation/fiber.h"

#include <pthread.h>
#include <sys/mman.h>

#include <cstdint>
#include <new>

namespace gan::emulation {
namespace {

constexpr std::size_t kStackBytes = 256 * 1024;  // address space; see StackPool
constexpr std::size_t kGuardBytes = 4096;        // an overflow faults instead of hitting the next stack

}  // namespace

// noinline: the caller then takes every caller-saved register (all vector registers among them) for lost.
// A jump instead of a return takes half the time, because the processor mispredicts every return after a switch.
__attribute__((noinline)) void switch_stack(Stack& from, Stack& to) {
#if defined(GAN_EMULATION_ASAN)
  __sanitizer_start_switch_fiber(&from.asan_fake_stack, to.bottom, to.bytes);
#endif
#if defined(__x86_64__)
  void** save = &from.pointer;
  void* target = to.pointer;
  asm volatile(
      "leaq -128(%%rsp), %%rsp \n"  // past the red zone
      "pushq %%rbp \n"
      "leaq 1f(%%rip), %%rax \n"
      "pushq %%rax \n"
      "movq %%rsp, (%0) \n"
      "movq %1, %%rsp \n"
      "popq %%rax \n"
      "jmp *%%rax \n"
      "1: popq %%rbp \n"
      "leaq 128(%%rsp), %%rsp"
      : "+D"(save), "+S"(target)
      :
      : "rax", "rbx", "rcx", "rdx", "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15", "memory", "cc");
#else
#error "the emulation of CUDA switches stacks on x86-64 only"
#endif
#if defined(GAN_EMULATION_ASAN)
  __sanitizer_finish_switch_fiber(from.asan_fake_stack, nullptr, nullptr);
#endif
}

Stack system_stack() {
  Stack stack;
  pthread_attr_t attributes;
  pthread_getattr_np(pthread_self(), &attributes);
  void* bottom = nullptr;
  pthread_attr_getstack(&attributes, &bottom, &stack.bytes);
  pthread_attr_destroy(&attributes);
  stack.bottom = static_cast<char*>(bottom);
  return stack;
}

StackPool::StackPool(unsigned capacity, void (*entry)()) : entry_(entry), stacks_(capacity) {
  free_.reserve(capacity);
  void* memory =
      mmap(nullptr, capacity * kStackBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (memory == MAP_FAILED) throw std::bad_alloc();
  memory_ = static_cast<char*>(memory);
}

StackPool::~StackPool() { munmap(memory_, stacks_.size() * kStackBytes); }

void StackPool::provide(unsigned count) {
  for (; provided_ < count; ++provided_) {
    make_fresh(provided_);
    free_.push_back(&stacks_[provided_]);
  }
}

Stack& StackPool::take_fresh(unsigned index) {
  EmulationScope scope;
  make_fresh(index);
  return stacks_[index];
}

void StackPool::make_all_fresh() {
  free_.clear();
#if defined(GAN_EMULATION_ASAN)
  for (unsigned i = 0; i < provided_; ++i) __asan_unpoison_memory_region(stacks_[i].bottom, stacks_[i].bytes);
#endif
  provided_ = 0;
}

void StackPool::make_fresh(unsigned index) {
  Stack& stack = stacks_[index];
  if (stack.bottom == nullptr) mprotect(memory_ + index * kStackBytes, kGuardBytes, PROT_NONE);
  stack.bottom = memory_ + index * kStackBytes + kGuardBytes;
  stack.bytes = kStackBytes - kGuardBytes;
  stack.asan_fake_stack = nullptr;
  // The tops are staggered: at equal page offsets all threads' frames would compete for the same few cache sets.
  const auto top = reinterpret_cast<std::uintptr_t>(stack.bottom + stack.bytes) - index * 1088 % (32 * 1024);
  void** pointer = reinterpret_cast<void**>(top & ~std::uintptr_t{63}) - 8;
  *pointer = reinterpret_cast<void*>(entry_);
  stack.pointer = pointer;
}

Stack& StackPool::take() {
  EmulationScope scope;
  Stack& stack = *free_.back();
  free_.pop_back();
  return stack;
}

void StackPool::give_back(Stack& stack) {
  EmulationScope scope;
  free_.push_back(&stack);
}

Stack& StackPool::containing(const void* address) {
  EmulationScope scope;
  return stacks_[static_cast<std::size_t>(static_cast<const char*>(address) - memory_) / kStackBytes];
}

}  // namespace gan::emulation
