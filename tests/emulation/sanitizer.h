// What the emulation tells AddressSanitizer and ThreadSanitizer. Without them everything here is empty.
//
// ThreadSanitizer takes every CUDA thread for a thread of its own (a "fiber"), and barriers and warp collectives for
// release/acquire pairs. It then is a race detector for kernels: it reports both accesses with file and line, whatever
// the values were.
#pragma once

#if defined(__SANITIZE_ADDRESS__)
#define GAN_EMULATION_ASAN 1
#endif
#if defined(__SANITIZE_THREAD__)
#define GAN_EMULATION_TSAN 1
#endif
#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define GAN_EMULATION_ASAN 1
#endif
#if __has_feature(thread_sanitizer)
#define GAN_EMULATION_TSAN 1
#endif
#endif

#if defined(GAN_EMULATION_ASAN)
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#endif

#if defined(GAN_EMULATION_TSAN)
#include <sanitizer/tsan_interface.h>
extern "C" void AnnotateIgnoreReadsBegin(const char* file, int line);
extern "C" void AnnotateIgnoreReadsEnd(const char* file, int line);
extern "C" void AnnotateIgnoreWritesBegin(const char* file, int line);
extern "C" void AnnotateIgnoreWritesEnd(const char* file, int line);
/// For functions that change the stack: ThreadSanitizer's own call stack must not notice.
#define GAN_EMULATION_UNTRACED __attribute__((no_sanitize("thread")))
#else
#define GAN_EMULATION_UNTRACED
#endif

namespace gan::emulation {

#if defined(GAN_EMULATION_TSAN)
constexpr bool kThreadSanitizer = true;
inline void* tsan_create_fiber() { return __tsan_create_fiber(0); }
inline void* tsan_current_fiber() { return __tsan_get_current_fiber(); }
GAN_EMULATION_UNTRACED inline void tsan_run_as(void* fiber) {
  __tsan_switch_to_fiber(fiber, __tsan_switch_to_fiber_no_sync);
}
inline void tsan_release(void* token) { __tsan_release(token); }
inline void tsan_acquire(void* token) { __tsan_acquire(token); }

/// While one lives, the memory accesses of the running thread are the emulation's own, not the kernel's.
class EmulationScope {
 public:
  EmulationScope() {
    AnnotateIgnoreReadsBegin("", 0);
    AnnotateIgnoreWritesBegin("", 0);
  }
  ~EmulationScope() {
    AnnotateIgnoreWritesEnd("", 0);
    AnnotateIgnoreReadsEnd("", 0);
  }
  EmulationScope(const EmulationScope&) = delete;
  EmulationScope& operator=(const EmulationScope&) = delete;
};
#else
constexpr bool kThreadSanitizer = false;
inline void* tsan_create_fiber() { return nullptr; }
inline void* tsan_current_fiber() { return nullptr; }
inline void tsan_run_as(void*) {}
inline void tsan_release(void*) {}
inline void tsan_acquire(void*) {}

/// While one lives, the memory accesses of the running thread are the emulation's own, not the kernel's.
class EmulationScope {
 public:
  EmulationScope() {}
  EmulationScope(const EmulationScope&) = delete;
  EmulationScope& operator=(const EmulationScope&) = delete;
};
#endif

}  // namespace gan::emulation
