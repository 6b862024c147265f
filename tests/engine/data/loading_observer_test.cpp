#include "engine/data/loading_observer.h"

#include <algorithm>

#include "engine/data/parallel_each.h"
#include "tests/engine/data/loading_test_support.h"
#include "tests/support/catch.h"

using namespace gan;

TEST_CASE("a meter tells what is done, from many threads, never less than before", "[data][loading_observer]") {
  test::RecordingObserver observer;
  LoadingMeter meter(&observer, "decoding x", 1000, {.patience = {}, .interval = {}});
  for_each_index(1000, 4, [&](std::int64_t) { meter.add(1); });
  REQUIRE(!observer.reports.empty());
  REQUIRE(std::is_sorted(observer.reports.begin(), observer.reports.end(),
                         [](const LoadingProgress& a, const LoadingProgress& b) { return a.done < b.done; }));
  for (const LoadingProgress& report : observer.reports) {
    REQUIRE(report.activity == "decoding x");
    REQUIRE(report.total == 1000);
    REQUIRE((report.done >= 1 && report.done <= 1000));
    REQUIRE(report.seconds >= 0);
  }
}

TEST_CASE("a meter says nothing of what is soon over, and little of the rest", "[data][loading_observer]") {
  test::RecordingObserver observer;
  LoadingMeter quick(&observer, "x", 100);
  for (int i = 0; i < 100; ++i) quick.add(1);
  REQUIRE(observer.reports.empty());
  LoadingMeter patient(&observer, "x", 100, {.patience = {}, .interval = std::chrono::hours(1)});
  for (int i = 0; i < 100; ++i) patient.add(1);
  REQUIRE(observer.reports.size() == 1);
  REQUIRE(observer.reports[0].done == 1);
  LoadingMeter silent(nullptr, "x", 1, {.patience = {}, .interval = {}});
  silent.add(1);
}
