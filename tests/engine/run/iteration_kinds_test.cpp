// Which iteration is of which kind: arithmetic against counting.
#include "engine/run/iteration_kinds.h"

#include <cmath>

#include "tests/support/catch.h"

using namespace gan;

namespace {

TrainingOptions options(int d_steps, int early, std::int64_t early_iterations) {
  TrainingOptions o;
  o.d_steps = d_steps;
  o.d_steps_early = early;
  o.early_iterations = early_iterations;
  return o;
}

}  // namespace

TEST_CASE("discriminator updates add up", "[iteration_kinds]") {
  for (const std::int64_t early_iterations : {0, 1, 25, 499, 500, 501, 1000})
    for (const int early : {0, 1, 5, 100}) {
      INFO("early " << early << " for " << early_iterations);
      const IterationKinds kinds(options(5, early, early_iterations));
      CHECK(kinds.d_steps_vary() == (early != 0 && early != 5));
      std::int64_t updates = 0;
      for (std::int64_t iteration = 0; iteration < 1203; ++iteration) {
        REQUIRE(kinds.updates_before(iteration) == updates);
        const bool is_early = early != 0 && (iteration < early_iterations || iteration % 500 == 0);
        const int here = kinds.d_steps(kinds.of(iteration));
        REQUIRE(here == (is_early ? early : 5));
        updates += here;
      }
    }
}

TEST_CASE("as many iterations as an epoch's updates need", "[iteration_kinds]") {
  for (const int early : {0, 100}) {
    const IterationKinds kinds(options(5, early, 25));
    for (const double updates : {0.5, 1.0, 5.0, 5.5, 99.0, 2500.0, 2501.0, 40000.25}) {
      INFO(updates);
      const std::int64_t needed = kinds.iterations_with(updates);
      CHECK(static_cast<double>(kinds.updates_before(needed)) >= updates);
      CHECK(static_cast<double>(kinds.updates_before(needed - 1)) < updates);
    }
  }
  CHECK(IterationKinds(options(3, 0, 25)).iterations_with(10) == std::ceil(10 / 3.0));
}

TEST_CASE("lazy penalties come last in each group of iterations", "[iteration_kinds]") {
  TrainingOptions o;
  o.r1 = 1;
  o.penalty_every = 4;
  const IterationKinds lazy(o);
  CHECK(lazy.is_lazy());
  CHECK(lazy.usual() == IterationKind{});
  for (std::int64_t iteration = 0; iteration < 12; ++iteration)
    CHECK(lazy.of(iteration).penalised == (iteration == 3 || iteration == 7 || iteration == 11));
  o.penalty_every = 1;
  const IterationKinds always(o);
  CHECK_FALSE(always.is_lazy());
  CHECK(always.of(0) == always.usual());
  CHECK(always.usual().penalised);
  o.r1 = 0;
  CHECK(IterationKinds(o).of(3) == IterationKind{});
}
