#include "engine/run/measured_length.h"

#include <algorithm>
#include <chrono>

#include "engine/run/training_programs.h"
#include "tests/support/catch.h"

namespace gan {

TEST_CASE("as many iterations as fit into a time", "[measured_length]") {
  const auto always = [](double seconds) { return [=](std::int64_t) { return seconds; }; };
  CHECK(iterations_within(10, always(1)) == 10);
  CHECK(iterations_within(9.5, always(1)) == 9);
  CHECK(iterations_within(0.5, always(1)) == 1);  // at least one
  // Every fourth takes four times as long: 7 for four, then three of the next four.
  const auto lazy = [](std::int64_t i) { return i % 4 == 3 ? 4.0 : 1.0; };
  CHECK(iterations_within(7, lazy) == 4);
  CHECK(iterations_within(10.5, lazy) == 7);
  // A long start counts once.
  CHECK(iterations_within(200, [](std::int64_t i) { return i < 2 ? 50.0 : 1.0; }) == 102);
}

TEST_CASE("beyond 100,000 iterations the mean stands for all", "[measured_length]") {
  CHECK(iterations_within(1e6, [](std::int64_t i) { return i % 2 == 0 ? 0.5 : 1.5; }) == 1'000'000);
}

TEST_CASE("the length of a run is about what a stopwatch says", "[measured_length]") {
  TrainingOptions o;
  o.model = "mlp";
  o.image_height = o.image_width = 16;
  o.width = 16;
  o.batch = 16;
  o.device = "cpu";
  o.threads = 1;
  o.iterations = 1;
  o.r1 = 1;
  o.penalty_every = 3;
  TrainingPrograms programs(o, /*count=*/32, /*channels=*/1);
  Runtime runtime(make_cpu_backend(1), programs.plan());
  runtime.run(kInitialization);
  constexpr int kRounds = 30, kEach = 30;
  double fastest = 1e9, slowest = 0;
  for (int round = 0; round < kRounds; ++round) {
    const auto start = std::chrono::steady_clock::now();
    for (int i = 0; i < kEach; ++i) runtime.run(programs.program_of(i));
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count() / kEach;
    fastest = std::min(fastest, seconds);
    slowest = std::max(slowest, seconds);
  }
  o.iterations = 0;
  o.minutes = 0.1;
  o.lr_schedule = "cosine";
  // Between the slowest and the fastest round, and a factor of three to either side for what the machine does meanwhile.
  const auto fitting = static_cast<double>(iterations_within_minutes(o, 32, 1));
  CHECK(fitting > 0.95 * 6 / slowest / 3);
  CHECK(fitting < 0.95 * 6 / fastest * 3);
}

}  // namespace gan
