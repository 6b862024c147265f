#include "engine/run/measured_length.h"

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

TEST_CASE("a minute has room for iterations of every kind", "[measured_length]") {
  TrainingOptions o;
  o.model = "mlp";
  o.image_height = o.image_width = 16;
  o.width = 2;
  o.latent = 4;
  o.batch = 4;
  o.device = "cpu";
  o.threads = 1;
  o.minutes = 0.1;
  o.r1 = 1;
  o.penalty_every = 3;
  o.lr_schedule = "cosine";
  const std::int64_t six_seconds = iterations_within_minutes(o, 32, 1);
  CHECK(six_seconds > 100);  // an iteration of this network takes some 50 microseconds
}

}  // namespace gan
