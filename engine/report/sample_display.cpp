#include "engine/report/sample_display.h"

#include <fmt/format.h>

#include <algorithm>

namespace gan {

namespace {

/// `images     64 of 48x32, grey`, or `points     2048 in the plane`
std::string describe_drawn(const SampleSummary& s) {
  if (s.kind == DataKind::Points) return fmt::format("points     {} {}\n", s.images, place_of_points(s.channels));
  return fmt::format("images     {} of {}x{}, {}\n", s.images, s.width, s.height, s.channels == 1 ? "grey" : "colour");
}

}  // namespace

std::string sample_progress_line(DataKind kind, std::int64_t drawn, std::int64_t images, double images_per_second,
                                 int columns, bool unicode) {
  constexpr int kWidestBar = 40, kNarrowestBar = 6;
  const double left = static_cast<double>(images - drawn) / std::max(images_per_second, 1e-9);
  std::string text = fmt::format("{0}/{1} {2}  {3:.0f} {2}/s  ETA {4}", drawn, images, name_of(kind), images_per_second,
                                 format_duration(left));
  if (columns == 0) return text;
  const int bar = std::min(kWidestBar, columns - static_cast<int>(text.size()) - 2);
  if (bar < kNarrowestBar) return text.substr(0, static_cast<std::size_t>(columns));
  return progress_bar(static_cast<double>(drawn) / static_cast<double>(images), bar, unicode) + "  " + text;
}

std::string describe_sampling(const SampleSummary& s) {
  return fmt::format("checkpoint {}, after iteration {}\ngenerator  {}\ndevice     {}\n{}", s.checkpoint, s.iteration,
                     s.average ? "the moving average (--ema no: the weights in training)" : "the weights in training",
                     s.device, describe_drawn(s));
}

std::string describe_samples(const SampleResult& r) {
  if (r.interrupted)
    return fmt::format("Interrupted after {} {}; {} is as it was, or holds whole files\n", r.images, name_of(r.kind),
                       r.out.string());
  return fmt::format("Done: {} {} in {}\n{}\n", r.images, name_of(r.kind), format_duration(r.seconds), r.out.string());
}

void SampleDisplay::on_start(const SampleSummary& summary) {
  output_.stream << describe_sampling(summary) << std::flush;
  kind_ = summary.kind;
  shown_ = output_.now();
}

void SampleDisplay::on_progress(std::int64_t drawn, std::int64_t images, double images_per_second) {
  constexpr std::chrono::milliseconds kOnTerminal{250}, kElsewhere{10'000};
  const int columns = output_.columns();
  const auto now = output_.now();
  if (shown_ && now - *shown_ < (columns > 0 ? kOnTerminal : kElsewhere)) return;
  shown_ = now;
  // The last column stays free: a terminal may wrap after it.
  const std::string line =
      sample_progress_line(kind_, drawn, images, images_per_second, columns > 0 ? columns - 1 : 0, output_.unicode);
  if (columns > 0) output_.stream << "\r\x1b[K" << line << std::flush;
  else output_.stream << line << '\n' << std::flush;
  line_drawn_ = columns > 0;
}

void SampleDisplay::finish() {
  if (line_drawn_) output_.stream << "\r\x1b[K" << std::flush;
  line_drawn_ = false;
}

}  // namespace gan
