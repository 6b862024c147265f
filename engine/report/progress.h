// A run as its user sees it: a line that rewrites itself on a terminal, plain lines elsewhere.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <ostream>
#include <string>

#include "engine/run/observer.h"

namespace gan {

/// `0:07`, `12:05`, `3:07:30`, `2d 05h`; seconds are rounded. `?` for what is no length of time.
std::string format_duration(double seconds);

/// A bar `columns` wide, filled to an eighth of a column, or to a whole one in plain ASCII (`unicode` false).
std::string progress_bar(double fraction, int columns, bool unicode);

/// One line of at most `columns` terminal columns: bar, iteration, epoch, losses of D (real + fake) and G, D(x),
/// D(G(z)) before / after D's update, images/s, time left. In narrower ones everything gets shorter, then the readings
/// that can be missed go first.
std::string progress_line(const Progress& progress, int columns, bool unicode);

/// All readings on one plain line.
std::string plain_progress_line(const Progress& progress);

/// The same for a long load: bar, what is done, how much of it, items/s, time left. Where there is no room, the bar
/// goes first, then the words.
std::string loading_line(const LoadingProgress& progress, int columns, bool unicode);

/// That on one plain line, without a bar.
std::string plain_loading_line(const LoadingProgress& progress);

/// What will be trained on what and where, before the first iteration.
std::string describe_start(const RunSummary& summary);

/// How the run ended: files to look at, and what to look for in them.
std::string describe_result(const TrainingResult& result);

/// Where progress goes.
struct ProgressOutput {
  std::ostream& stream;
  /// Columns of the terminal behind `stream` now; 0 when there is none.
  std::function<int()> columns;
  bool unicode = false;
  std::function<std::chrono::steady_clock::time_point()> now = std::chrono::steady_clock::now;
};

/// Standard error, as it is: terminal or not, its width at any moment, UTF-8 or not (LC_ALL, LC_CTYPE, LANG).
ProgressOutput standard_error_output();

/// Shows a run and its load: on a terminal one line rewritten at each report, else a plain line every ten seconds, and
/// of training the first and the last.
class ProgressDisplay : public TrainingObserver {
 public:
  explicit ProgressDisplay(ProgressOutput output) : output_(std::move(output)) {}

  void on_loading(const LoadingProgress& progress) override;
  void on_start(const RunSummary& summary) override;
  void on_progress(const Progress& progress) override;
  void on_sample(const std::filesystem::path& file) override;
  void on_checkpoint(const std::filesystem::path& file) override;
  void on_notice(const std::string& line) override;

  /// Shows the last report if it was left out and ends the line: before anything else is printed.
  void finish();

 private:
  void print_above(const std::string& line);
  void draw();
  void clear();
  bool time_for_plain_line();

  ProgressOutput output_;
  std::optional<Progress> latest_;
  bool latest_shown_ = true;
  bool line_drawn_ = false;
  std::function<std::string(int columns)> line_;                  ///< what is drawn there
  std::optional<std::chrono::steady_clock::time_point> printed_;  ///< the last plain line
};

}  // namespace gan
