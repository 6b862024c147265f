#include "engine/report/sample_display.h"

#include <sstream>

#include "tests/engine/files/files_test_support.h"

namespace gan {
namespace {

using test::contains;
using Clock = std::chrono::steady_clock;

/// A display on a stream, with a clock that the test sets.
struct Screen {
  int columns = 0;
  Clock::time_point now{};
  std::ostringstream text;
  SampleDisplay display{{.stream = text, .columns = [this] { return columns; }, .now = [this] { return now; }}};

  std::string taken() {
    std::string said = text.str();
    text.str("");
    return said;
  }
};

TEST_CASE("the line of drawing samples: how many, how fast, how long still", "[sample_display]") {
  const std::string line = sample_progress_line(DataKind::Images, 12800, 50000, 620, 100, false);
  CHECK(line.ends_with("  12800/50000 images  620 images/s  ETA 1:00"));
  CHECK(line.starts_with("##########----"));  // 25.6 % of 40 columns
  for (const int columns : {1, 20, 45, 60, 80})
    CHECK(sample_progress_line(DataKind::Images, 12800, 50000, 620, columns, false).size() <=
          static_cast<std::size_t>(columns));
  CHECK(sample_progress_line(DataKind::Images, 1, 3, 2, 0, false) == "1/3 images  2 images/s  ETA 0:01");
  CHECK(sample_progress_line(DataKind::Points, 1, 3, 2, 0, false) == "1/3 points  2 points/s  ETA 0:01");
}

TEST_CASE("points are called so", "[sample_display]") {
  for (const auto& [channels, where] : {std::pair{1, "on the line"}, {2, "in the plane"}}) {
    Screen screen;
    screen.display.on_start(
        {.checkpoint = "c", .height = 1, .width = 1, .channels = channels, .images = 2048, .kind = DataKind::Points});
    const std::string start = screen.taken();
    CHECK(contains(start, std::string("points     2048 ") + where + "\n"));
    CHECK(!contains(start, "image"));
    screen.now += std::chrono::seconds(10);
    screen.display.on_progress(64, 2048, 64);
    CHECK(screen.taken() == "64/2048 points  64 points/s  ETA 0:31\n");
  }
  CHECK(describe_samples({.out = "a.png", .images = 9, .seconds = 3, .kind = DataKind::Points}) ==
        "Done: 9 points in 0:03\na.png\n");
  CHECK(contains(describe_samples({.images = 64, .interrupted = true, .kind = DataKind::Points}), "after 64 points"));
}

TEST_CASE("elsewhere than on a terminal: a line every ten seconds", "[sample_display]") {
  Screen screen;
  screen.display.on_start({.checkpoint = "c",
                           .iteration = 7,
                           .average = true,
                           .device = "CPU",
                           .height = 16,
                           .width = 24,
                           .channels = 3,
                           .images = 100});
  const std::string start = screen.taken();
  for (const char* part : {"c, after iteration 7", "the moving average", "CPU", "100 of 24x16, colour"})
    CHECK(contains(start, part));
  screen.now += std::chrono::seconds(9);
  screen.display.on_progress(10, 100, 1);
  CHECK(screen.taken().empty());
  screen.now += std::chrono::seconds(1);
  screen.display.on_progress(20, 100, 2);
  CHECK(screen.taken() == "20/100 images  2 images/s  ETA 0:40\n");
  screen.display.on_progress(30, 100, 2);
  screen.display.finish();
  CHECK(screen.taken().empty());
}

TEST_CASE("on a terminal: one line, taken away at the end", "[sample_display]") {
  Screen screen;
  screen.columns = 80;
  for (int i = 1; i <= 2; ++i) {
    screen.now += std::chrono::seconds(1);
    screen.display.on_progress(i, 4, 1);
    const std::string line = screen.taken();
    CHECK(line.starts_with("\r\x1b[K"));
    CHECK(!contains(line, "\n"));
  }
  screen.display.on_progress(3, 4, 1);  // too soon
  CHECK(screen.taken().empty());
  screen.display.finish();
  CHECK(screen.taken() == "\r\x1b[K");
}

TEST_CASE("how drawing ended", "[sample_display]") {
  CHECK(describe_samples({.out = "a.png", .images = 64, .seconds = 3}) == "Done: 64 images in 0:03\na.png\n");
  CHECK(contains(describe_samples({.out = "a.npy", .images = 64, .interrupted = true}), "Interrupted after 64 images"));
}

}  // namespace
}  // namespace gan
