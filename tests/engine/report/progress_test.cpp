#include "engine/report/progress.h"

#include <algorithm>
#include <limits>
#include <sstream>

#include "tests/engine/files/files_test_support.h"

namespace gan {
namespace {

using test::contains;
using Clock = std::chrono::steady_clock;

Progress halfway() {
  return {.iteration = 9380,
          .iterations = 18760,
          .fraction = 0.5,
          .epoch = 10.0,
          .gauges = {{{.label = "loss D", .short_label = "D", .readings = {"real", "fake"}, .rank = 3}, {0.25, 0.5}},
                     {{.label = "G", .short_label = "G", .readings = {"g"}, .rank = 4}, {1.234}},
                     {{.label = "D(x)", .short_label = "D(x)", .readings = {"d"}, .decimals = 2, .rank = 5}, {0.81}},
                     {{.label = "D(G(z))",
                       .short_label = "D(G(z))",
                       .readings = {"before", "after"},
                       .joined = Gauge::Joined::SideBySide,
                       .decimals = 2,
                       .rank = 6},
                      {0.24, 0.19}}},
          .images_per_second = 2345.6,
          .seconds_left = 3725};
}

/// Characters of valid UTF-8; each takes one column here.
int columns_of(const std::string& text) {
  int count = 0;
  for (const char c : text) count += (static_cast<unsigned char>(c) & 0xc0) != 0x80;
  return count;
}

int lines_of(const std::string& text) { return static_cast<int>(std::count(text.begin(), text.end(), '\n')); }

TEST_CASE("lengths of time", "[progress]") {
  CHECK(format_duration(0) == "0:00");
  CHECK(format_duration(7.4) == "0:07");
  CHECK(format_duration(59.6) == "1:00");
  CHECK(format_duration(725) == "12:05");
  CHECK(format_duration(11250) == "3:07:30");
  CHECK(format_duration(86400 * 2 + 3600 * 5) == "2d 05h");
  CHECK(format_duration(-1) == "?");
  CHECK(format_duration(std::numeric_limits<double>::quiet_NaN()) == "?");
  CHECK(format_duration(std::numeric_limits<double>::infinity()) == "?");
}

TEST_CASE("the bar fills by eighths", "[progress]") {
  CHECK(progress_bar(0, 4, true) == "░░░░");
  CHECK(progress_bar(1, 4, true) == "████");
  CHECK(progress_bar(0.5, 4, true) == "██░░");
  CHECK(progress_bar(1.0 / 32, 4, true) == "▏░░░");
  CHECK(progress_bar(15.0 / 32, 4, true) == "█▉░░");
  CHECK(progress_bar(0.5, 4, false) == "##--");
  CHECK(progress_bar(0.99, 4, false) == "###-");
  for (const double odd : {-1.0, 2.0, std::numeric_limits<double>::quiet_NaN()})
    CHECK(columns_of(progress_bar(odd, 7, true)) == 7);
  for (int i = 0; i <= 1000; ++i) REQUIRE(columns_of(progress_bar(i / 1000.0, 13, true)) == 13);
}

TEST_CASE("a wide terminal shows everything", "[progress]") {
  const std::string line = progress_line(halfway(), 140, true);
  for (const char* part : {"█", " 50%", "9380/18760", "epoch 10.0", "loss D 0.750", "G 1.234", "D(x) 0.81",
                           "D(G(z)) 0.24/0.19", "2346 images/s", "ETA 1:02:05"}) {
    INFO(part);
    CHECK(contains(line, part));
  }
}

TEST_CASE("eighty columns keep all but the percentage", "[progress]") {
  const std::string line = progress_line(halfway(), 79, true);
  for (const char* part :
       {"█", "9380/18760", "ep 10.0", "D 0.75", "G 1.23", "D(x) 0.81", "D(G(z)) 0.24", "2346/s", "1:02:05"}) {
    INFO(line);
    CHECK(contains(line, part));
  }
}

TEST_CASE("a line fits every width", "[progress]") {
  Progress long_run = halfway();
  long_run.iteration = 123456789;
  long_run.iterations = 999999999;
  for (const Progress& progress : {halfway(), long_run, Progress{}})
    for (int columns = 1; columns < 300; ++columns) {
      INFO(columns);
      REQUIRE(columns_of(progress_line(progress, columns, true)) <= columns);
      REQUIRE(progress_line(progress, columns, false).size() <= static_cast<std::size_t>(columns));
    }
}

TEST_CASE("readings that are no numbers are shown as such", "[progress]") {
  Progress progress = halfway();
  progress.gauges[1].values[0] = std::numeric_limits<double>::quiet_NaN();
  CHECK(contains(plain_progress_line(progress), "G nan"));
}

TEST_CASE("a run limited by time has no total", "[progress]") {
  Progress progress = halfway();
  progress.iterations = 0;
  CHECK(contains(plain_progress_line(progress), "  9380  "));
}

/// A display whose terminal and clock the test holds.
struct Stage {
  std::ostringstream stream;
  int columns = 0;
  Clock::time_point time{};
  ProgressDisplay display{
      {.stream = stream, .columns = [this] { return columns; }, .unicode = true, .now = [this] { return time; }}};

  void report(std::int64_t iteration) {
    Progress progress = halfway();
    progress.iteration = iteration;
    display.on_progress(progress);
  }
  std::string taken() {
    std::string text = stream.str();
    stream.str("");
    return text;
  }
};

TEST_CASE("without a terminal: the first line, one each ten seconds, the last", "[progress]") {
  Stage stage;
  stage.report(1);
  CHECK(contains(stage.taken(), "1/18760"));
  stage.time += std::chrono::seconds(9);
  stage.report(2);
  CHECK(stage.taken().empty());
  stage.time += std::chrono::seconds(1);
  stage.report(3);
  CHECK(contains(stage.taken(), "3/18760"));
  stage.time += std::chrono::seconds(1);
  stage.report(4);
  stage.report(5);
  CHECK(stage.taken().empty());
  stage.display.finish();
  const std::string last = stage.taken();
  CHECK(contains(last, "5/18760"));
  CHECK(lines_of(last) == 1);
  CHECK(!contains(last, "\x1b"));
  CHECK(!contains(last, "█"));
  stage.display.finish();
  CHECK(stage.taken().empty());
}

TEST_CASE("what was printed is not printed again at the end", "[progress]") {
  Stage stage;
  stage.report(1);
  stage.taken();
  stage.display.finish();
  CHECK(stage.taken().empty());
}

TEST_CASE("a terminal gets one line that rewrites itself, as wide as it is now", "[progress]") {
  Stage stage;
  stage.columns = 100;
  stage.report(1);
  CHECK(!contains(stage.taken(), "\n"));
  stage.report(2);
  const std::string second = stage.taken();
  CHECK(second.starts_with("\r\x1b[K"));
  CHECK(lines_of(second) == 0);
  stage.columns = 40;
  stage.report(3);
  CHECK(columns_of(stage.taken().substr(4)) < 40);

  stage.display.on_sample("run/samples/step-1.png");
  const std::string with_sample = stage.taken();
  CHECK(contains(with_sample, "run/samples/step-1.png\n"));
  CHECK(!with_sample.ends_with("\n"));  // the line is drawn again below

  stage.display.on_notice("a damaged checkpoint was passed over");
  CHECK(contains(stage.taken(), "passed over\n"));

  stage.display.finish();
  CHECK(stage.taken() == "\n");
}

LoadingProgress loading(std::int64_t done) {
  return {.activity = "decoding faces", .done = done, .total = 3000, .seconds = 2};
}

TEST_CASE("a load is shown as a line, too, and fits every width", "[progress]") {
  CHECK(plain_loading_line(loading(1000)) == "decoding faces  33%  1000/3000  500/s  ETA 0:04");
  CHECK(contains(loading_line(loading(1500), 79, true), "█"));
  CHECK(contains(loading_line(loading(1500), 79, true), "  decoding faces  50%  1500/3000"));
  CHECK(loading_line(loading(1000), 47, true) == plain_loading_line(loading(1000)));
  CHECK(loading_line(loading(1000), 46, true) == "33%  1000/3000  500/s  ETA 0:04");
  CHECK(contains(plain_loading_line({}), "ETA ?"));
  for (const LoadingProgress& progress : {loading(0), loading(3000), LoadingProgress{}})
    for (int columns = 1; columns < 120; ++columns)
      REQUIRE(columns_of(loading_line(progress, columns, true)) <= columns);
}

TEST_CASE("a load's line stays in place until the run starts; notices stand above it", "[progress]") {
  Stage stage;
  stage.columns = 100;
  stage.display.on_loading(loading(1000));
  CHECK(!contains(stage.taken(), "\n"));
  stage.display.on_notice("faces: passed over 1 file: 1 GIF");
  const std::string with_notice = stage.taken();
  CHECK(with_notice.starts_with("\r\x1b[Kfaces: passed over 1 file: 1 GIF\n"));
  CHECK(contains(with_notice, "1000/3000"));
  stage.display.on_loading(loading(2000));
  CHECK(contains(stage.taken(), "\r\x1b[K"));
  stage.display.on_start({});
  CHECK(stage.taken().starts_with("\r\x1b[Kdevice"));
  stage.display.finish();
  CHECK(stage.taken().empty());
}

TEST_CASE("without a terminal a load's lines come every ten seconds; the run's first line does not wait for them",
          "[progress]") {
  Stage stage;
  stage.display.on_loading(loading(1));
  CHECK(lines_of(stage.taken()) == 1);
  stage.time += std::chrono::seconds(9);
  stage.display.on_loading(loading(2));
  CHECK(stage.taken().empty());
  stage.time += std::chrono::seconds(1);
  stage.display.on_loading(loading(3));
  CHECK(contains(stage.taken(), "3/3000"));
  stage.display.on_start({});
  stage.taken();
  stage.report(1);
  CHECK(contains(stage.taken(), "1/18760"));
}

TEST_CASE("the start of a run in words", "[progress]") {
  const RunSummary summary{.device = "CPU, 2 threads",
                           .dataset = "faces",
                           .images = 60000,
                           .height = 32,
                           .width = 48,
                           .channels = 1,
                           .model = "dcgan",
                           .generator_parameters = 1'500'000,
                           .discriminator_parameters = 2'000'000,
                           .memory_bytes = 123'456'789,
                           .gflop_per_iteration = 7.5,
                           .first_iteration = 100,
                           .folder = "runs/faces-dcgan-1"};
  const std::string text = describe_start(summary);
  for (const char* part : {"CPU, 2 threads", "123.5 MB", "7.50 GFLOP", "faces: 60000 images, 48x32, grey", "1.50 M",
                           "2.00 M", "runs/faces-dcgan-1", "after iteration 100"})
    CHECK(contains(text, part));
}

TEST_CASE("a run on points speaks of points, from its start to its end", "[progress]") {
  for (const auto& [channels, where] : {std::pair{1, "on the line"}, {2, "in the plane"}}) {
    const std::string start = describe_start({.dataset = "ring8",
                                              .images = 65536,
                                              .height = 1,
                                              .width = 1,
                                              .channels = channels,
                                              .kind = DataKind::Points,
                                              .generator_parameters = 9999,
                                              .discriminator_parameters = 10'000,
                                              .gflop_per_iteration = 0.0123});
    CHECK(contains(start, std::string("ring8: 65536 points ") + where + "\n"));
    CHECK(contains(start, "G has 9999 parameters, D 0.01 M\n"));
    CHECK(contains(start, "12.30 MFLOP an iteration"));
    CHECK(!contains(start, "image"));
  }
  Progress progress = halfway();
  progress.kind = DataKind::Points;
  CHECK(contains(plain_progress_line(progress), "2346 points/s"));
  const std::string end = describe_result({.images_per_second = 1000, .kind = DataKind::Points});
  for (const char* part : {"(1000 points/s)", "generated points are blue, real ones grey"}) CHECK(contains(end, part));
  CHECK(!contains(end, "image"));
}

TEST_CASE("the end of a run in words", "[progress]") {
  TrainingResult result{.iteration = 500,
                        .folder = "run",
                        .last_sample = "run/samples/s.png",
                        .last_checkpoint = "run/checkpoints/c",
                        .seconds = 61,
                        .images_per_second = 1000};
  const std::string done = describe_result(result);
  for (const char* part : {"Done after 500 iterations", "1:01", "run/samples/s.png", "run/checkpoints/c", "Look at"})
    CHECK(contains(done, part));
  result.interrupted = true;
  const std::string interrupted = describe_result(result);
  CHECK(contains(interrupted, "Interrupted after 500 iterations"));
  CHECK(contains(interrupted, "run/checkpoints/c"));
  CHECK(contains(interrupted, "gan_cuda_train --resume run"));
}

}  // namespace
}  // namespace gan
