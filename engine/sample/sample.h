// Draws what gan_cuda_sample is asked for, and writes it.
#pragma once

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <string>

#include "engine/sample/sample_options.h"

namespace gan {

/// What is known before the first image.
struct SampleSummary {
  std::string checkpoint;
  std::int64_t iteration = 0;  ///< after which it was written
  bool average = false;        ///< whether the moving average draws
  std::string device;
  std::int64_t height = 0, width = 0, channels = 0;
  std::int64_t images = 0;           ///< or points, that will be drawn
  DataKind kind = DataKind::Images;  ///< points have `channels` numbers each
};

/// Watches. Called from the drawing thread.
class SampleObserver {
 public:
  virtual ~SampleObserver() = default;
  virtual void on_start(const SampleSummary& summary) = 0;
  /// After every batch: images, or points, drawn so far, and how fast.
  virtual void on_progress(std::int64_t drawn, std::int64_t images, double images_per_second) = 0;
};

struct SampleResult {
  std::filesystem::path out;
  std::int64_t images = 0;   ///< or points, drawn
  bool interrupted = false;  ///< then `out` was not written; separate files that were complete stay
  double seconds = 0;
  DataKind kind = DataKind::Images;
};

/// Draws and writes. Memory does not depend on the number of images, except that a grid is put together in memory, as are
/// the points of a picture and an encoded WebP animation. `stop` becoming non-zero ends it after the current batch. Files are written atomically: on
/// any error or interruption what was at `out` before is still there. Throws InputError and MachineError.
SampleResult draw_samples(const SampleOptions& options, SampleObserver& observer, const std::atomic<int>& stop);

}  // namespace gan
