#include "engine/report/progress.h"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <iostream>
#include <numeric>
#include <string_view>
#include <utility>
#include <vector>

namespace gan {

namespace {

constexpr std::chrono::seconds kPlainInterval{10};
constexpr int kWidestBar = 40, kNarrowestBar = 6;

/// A reading in its long and its short form; `rank` 0 stays longest.
struct Field {
  std::string wide, narrow;
  int rank;
};

/// `loss D 1.318`, or `D(G(z)) 0.31/0.28`; in short form only the first of several.
Field field_of(const ShownGauge& shown) {
  const Gauge& gauge = shown.gauge;
  if (gauge.joined != Gauge::Joined::SideBySide) {
    const double total = std::accumulate(shown.values.begin(), shown.values.end(), 0.0);
    const double sum = gauge.joined == Gauge::Joined::NegatedSum ? -total : total;
    return {fmt::format("{} {:.{}f}", gauge.label, sum, gauge.decimals),
            fmt::format("{} {:.{}f}", gauge.short_label, sum, gauge.short_decimals), gauge.rank};
  }
  std::string wide = gauge.label, narrow = gauge.short_label;
  for (std::size_t i = 0; i < shown.values.size(); ++i)
    wide += fmt::format("{}{:.{}f}", i == 0 ? ' ' : '/', shown.values[i], gauge.decimals);
  if (!shown.values.empty()) narrow += fmt::format(" {:.{}f}", shown.values[0], gauge.short_decimals);
  return {std::move(wide), std::move(narrow), gauge.rank};
}

std::vector<Field> fields_of(const Progress& p) {
  const std::string iteration =
      p.iterations > 0 ? fmt::format("{}/{}", p.iteration, p.iterations) : fmt::format("{}", p.iteration);
  const std::string left = format_duration(p.seconds_left);
  std::vector<Field> fields = {{fmt::format("{:3.0f}%", 100 * p.fraction), fmt::format("{:.0f}%", 100 * p.fraction), 9},
                               {iteration, iteration, 1},
                               {fmt::format("epoch {:.1f}", p.epoch), fmt::format("ep {:.1f}", p.epoch), 7}};
  for (const ShownGauge& shown : p.gauges) fields.push_back(field_of(shown));
  fields.push_back({fmt::format("{:.0f} {}/s", p.images_per_second, name_of(p.kind)),
                    fmt::format("{:.0f}/s", p.images_per_second), 8});
  fields.push_back({"ETA " + left, left, 0});
  return fields;
}

/// All field texts are ASCII: bytes are columns.
std::string joined(const std::vector<Field>& fields, std::string Field::*form, std::string_view gap) {
  std::string line;
  for (const Field& field : fields) {
    line += gap;
    line += field.*form;
  }
  return line;
}

double fraction_of(const LoadingProgress& p) {
  return static_cast<double>(p.done) / static_cast<double>(std::max<std::int64_t>(1, p.total));
}

/// `45%  1234/3000  812/s  ETA 0:02`
std::string loading_numbers(const LoadingProgress& p) {
  const double rate = static_cast<double>(p.done) / std::max(p.seconds, 1e-9);
  return fmt::format("{:.0f}%  {}/{}  {:.0f}/s  ETA {}", 100 * fraction_of(p), p.done, p.total, rate,
                     format_duration(static_cast<double>(p.total - p.done) / rate));
}

/// `images, 48x32, grey`, or `points in the plane`
std::string form_of_data(const RunSummary& s) {
  if (s.kind == DataKind::Points) return fmt::format("points {}", place_of_points(s.channels));
  return fmt::format("images, {}x{}, {}", s.width, s.height, s.channels == 1 ? "grey" : "colour");
}

/// `1.50 M`, or `4482`
std::string count_text(std::int64_t count) {
  constexpr std::int64_t kFew = 10'000;
  return count < kFew ? fmt::format("{}", count) : fmt::format("{:.2f} M", static_cast<double>(count) / 1e6);
}

/// `7.50 GFLOP`, or `3.14 MFLOP`
std::string work_text(double gflop) {
  constexpr double kLittle = 0.1;
  return gflop < kLittle ? fmt::format("{:.2f} MFLOP", 1e3 * gflop) : fmt::format("{:.2f} GFLOP", gflop);
}

bool utf8_locale() {
  for (const char* name : {"LC_ALL", "LC_CTYPE", "LANG"}) {
    const char* value = std::getenv(name);
    if (value == nullptr || *value == '\0') continue;
    const std::string_view locale = value;
    return locale.find("UTF-8") != locale.npos || locale.find("utf8") != locale.npos;
  }
  return false;
}

int standard_error_columns() {
  constexpr int kUsual = 80;
  if (isatty(STDERR_FILENO) == 0) return 0;
  winsize size{};
  return ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : kUsual;
}

}  // namespace

std::string format_duration(double seconds) {
  constexpr double kLongest = 1e15;
  if (!(seconds >= 0 && seconds < kLongest)) return "?";
  const auto whole = static_cast<long long>(std::llround(seconds));
  const long long days = whole / 86400, hours = whole / 3600 % 24, minutes = whole / 60 % 60, rest = whole % 60;
  if (days > 0) return fmt::format("{}d {:02}h", days, hours);
  if (hours > 0) return fmt::format("{}:{:02}:{:02}", hours, minutes, rest);
  return fmt::format("{}:{:02}", minutes, rest);
}

std::string progress_bar(double fraction, int columns, bool unicode) {
  static constexpr std::string_view kEighths[] = {"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};
  const double filled = std::clamp(std::isfinite(fraction) ? fraction : 0.0, 0.0, 1.0) * columns;
  const auto eighths = static_cast<int>(std::floor(filled * 8));
  std::string bar;
  for (int i = 0; i < eighths / 8; ++i) bar += unicode ? "█" : "#";
  int used = eighths / 8;
  if (unicode && eighths % 8 != 0) {
    bar += kEighths[eighths % 8];
    ++used;
  }
  for (; used < columns; ++used) bar += unicode ? "░" : "-";
  return bar;
}

std::string progress_line(const Progress& progress, int columns, bool unicode) {
  std::vector<Field> fields = fields_of(progress);
  const auto room = [&](const std::string& text) { return columns - static_cast<int>(text.size()); };
  std::string text = joined(fields, &Field::wide, "  ");
  if (room(text) < 2 * kNarrowestBar) text = joined(fields, &Field::narrow, " ");
  while (room(text) < kNarrowestBar && fields.size() > 1) {
    fields.erase(
        std::max_element(fields.begin(), fields.end(), [](const Field& a, const Field& b) { return a.rank < b.rank; }));
    text = joined(fields, &Field::narrow, " ");
  }
  const int bar = std::min(kWidestBar, room(text));
  if (bar < kNarrowestBar) return text.substr(0, static_cast<std::size_t>(std::max(0, columns)));
  return progress_bar(progress.fraction, bar, unicode) + text;
}

std::string plain_progress_line(const Progress& progress) {
  return joined(fields_of(progress), &Field::wide, "  ").substr(2);
}

std::string plain_loading_line(const LoadingProgress& progress) {
  return progress.activity + "  " + loading_numbers(progress);
}

std::string loading_line(const LoadingProgress& progress, int columns, bool unicode) {
  std::string text = plain_loading_line(progress);
  const auto room = [&] { return columns - static_cast<int>(text.size()) - 2; };
  if (room() >= kNarrowestBar)
    return progress_bar(fraction_of(progress), std::min(kWidestBar, room()), unicode) + "  " + text;
  if (room() < -2) text = loading_numbers(progress);
  return text.substr(0, static_cast<std::size_t>(std::max(0, columns)));
}

std::string describe_start(const RunSummary& s) {
  std::string text = fmt::format("device   {}, {:.1f} MB planned, {} an iteration\n", s.device,
                                 static_cast<double>(s.memory_bytes) / 1e6, work_text(s.gflop_per_iteration));
  text += fmt::format("data     {}: {} {}\n", s.dataset, s.images, form_of_data(s));
  text += fmt::format("model    {}: G has {} parameters, D {}\n", s.model, count_text(s.generator_parameters),
                      count_text(s.discriminator_parameters));
  text += fmt::format("folder   {}\n", s.folder.string());
  if (s.first_iteration > 0) text += fmt::format("resumed  after iteration {}\n", s.first_iteration);
  return text;
}

std::string describe_result(const TrainingResult& r) {
  std::string text = fmt::format("{} after {} iterations, {} ({:.0f} {}/s)\n", r.interrupted ? "Interrupted" : "Done",
                                 r.iteration, format_duration(r.seconds), r.images_per_second, name_of(r.kind));
  text += fmt::format("run        {}\n", r.folder.string());
  if (!r.last_checkpoint.empty()) text += fmt::format("checkpoint {}\n", r.last_checkpoint.string());
  if (!r.last_sample.empty()) text += fmt::format("samples    {}\n", r.last_sample.string());
  if (r.interrupted) return text + fmt::format("Go on with: gan_cuda_train --resume {}\n", r.folder.string());
  if (r.kind == DataKind::Points)
    return text +
           "Look at the samples: generated points are blue, real ones grey; the blue ones should lie where grey ones "
           "do, "
           "and leave none of their places out.\n";
  return text +
         "Look at the samples: each is drawn from a random vector of its own, so they should look like the data and "
         "differ from each other.\n";
}

ProgressOutput standard_error_output() {
  return {.stream = std::cerr, .columns = standard_error_columns, .unicode = utf8_locale()};
}

void ProgressDisplay::on_loading(const LoadingProgress& progress) {
  line_ = [progress, unicode = output_.unicode](int columns) { return loading_line(progress, columns, unicode); };
  if (output_.columns() > 0) draw();
  else if (time_for_plain_line()) print_above(plain_loading_line(progress));
}

void ProgressDisplay::on_start(const RunSummary& summary) {
  clear();
  printed_.reset();
  output_.stream << describe_start(summary) << std::flush;
}

void ProgressDisplay::on_progress(const Progress& progress) {
  latest_ = progress;
  latest_shown_ = false;
  line_ = [progress, unicode = output_.unicode](int columns) { return progress_line(progress, columns, unicode); };
  if (output_.columns() > 0) {
    draw();
    latest_shown_ = true;
  } else if (time_for_plain_line()) {
    print_above(plain_progress_line(progress));
    latest_shown_ = true;
  }
}

void ProgressDisplay::on_sample(const std::filesystem::path& file) { print_above("samples    " + file.string()); }

void ProgressDisplay::on_checkpoint(const std::filesystem::path&) {}  // the last one is named at the end

void ProgressDisplay::on_notice(const std::string& line) { print_above(line); }

void ProgressDisplay::finish() {
  if (latest_ && !latest_shown_) print_above(plain_progress_line(*latest_));
  if (line_drawn_) output_.stream << '\n';
  output_.stream << std::flush;
  latest_shown_ = true;
  line_drawn_ = false;
}

void ProgressDisplay::print_above(const std::string& line) {
  const bool redraw = line_drawn_;
  clear();
  output_.stream << line << '\n' << std::flush;
  if (redraw) draw();
}

void ProgressDisplay::draw() {
  clear();
  // The last column stays free: a terminal may wrap after it.
  output_.stream << line_(std::max(1, output_.columns() - 1)) << std::flush;
  line_drawn_ = true;
}

void ProgressDisplay::clear() {
  if (line_drawn_) output_.stream << "\r\x1b[K";
  line_drawn_ = false;
}

bool ProgressDisplay::time_for_plain_line() {
  if (printed_ && output_.now() - *printed_ < kPlainInterval) return false;
  printed_ = output_.now();
  return true;
}

}  // namespace gan
