// Drawing samples as its user sees it: a line that rewrites itself on a terminal, plain lines elsewhere.
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "engine/report/progress.h"
#include "engine/sample/sample.h"

namespace gan {

/// `12800/50000 images  1234 images/s  ETA 0:30`, or of points, in at most `columns` columns, with a bar before it where
/// there is room; 0: the words as they are.
std::string sample_progress_line(DataKind kind, std::int64_t drawn, std::int64_t images, double images_per_second,
                                 int columns, bool unicode);

/// What will be drawn with what.
std::string describe_sampling(const SampleSummary& summary);

/// What was drawn, and where it is.
std::string describe_samples(const SampleResult& result);

/// Shows progress on a terminal a few times a second, elsewhere every ten seconds.
class SampleDisplay final : public SampleObserver {
 public:
  explicit SampleDisplay(ProgressOutput output) : output_(std::move(output)) {}

  void on_start(const SampleSummary& summary) override;
  void on_progress(std::int64_t drawn, std::int64_t images, double images_per_second) override;

  /// Takes the line away: before anything else is printed.
  void finish();

 private:
  ProgressOutput output_;
  DataKind kind_ = DataKind::Images;
  std::optional<std::chrono::steady_clock::time_point> shown_;
  bool line_drawn_ = false;
};

}  // namespace gan
