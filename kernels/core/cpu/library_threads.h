// How many OpenMP threads a library that is called from here may use.
#pragma once

#if defined(_OPENMP)
#include <omp.h>
#endif

namespace gan {

/// Whether a library's threads can be told how many they are. Without OpenMP (ThreadSanitizer's build: it does not
/// understand libgomp) they cannot, and the plain definitions are used in the libraries' place.
#if defined(_OPENMP)
inline constexpr bool kLibraryThreads = true;
#else
inline constexpr bool kLibraryThreads = false;
#endif

/// While it lives, parallel regions started from this thread without a count of their own (oneDNN's) use `threads`
/// threads. Nothing happens in builds without OpenMP.
class LibraryThreads {
 public:
  LibraryThreads(const LibraryThreads&) = delete;
  LibraryThreads& operator=(const LibraryThreads&) = delete;
#if defined(_OPENMP)
  explicit LibraryThreads(int threads) : before_(omp_get_max_threads()) { omp_set_num_threads(threads); }
  ~LibraryThreads() { omp_set_num_threads(before_); }

 private:
  int before_;
#else
  explicit LibraryThreads(int) {}
#endif
};

}  // namespace gan
