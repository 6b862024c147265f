// A gradient that is not finite stops every update and is found where it began.
#include "engine/run/fault.h"

#include <cmath>
#include <limits>

#include "engine/run/training_programs.h"
#include "tests/support/catch.h"

using namespace gan;

namespace {

struct FaultyRun {
  FaultyRun() : programs(options(), 10, 1), runtime(make_cpu_backend(1), programs.plan()) {
    const std::vector<std::uint8_t> pixels(static_cast<std::size_t>(programs.dataset.count()), 7);
    runtime.upload(programs.dataset, pixels.data());
    runtime.run(kInitialization);
  }

  static TrainingOptions options() {
    TrainingOptions o;
    o.image_height = o.image_width = 16;
    o.width = 2;
    o.latent = 5;
    o.batch = 3;
    o.iterations = 1;
    return o;
  }

  std::vector<float> read(const Tensor& tensor) { return runtime.read<float>(tensor); }
  std::uint64_t fault() { return runtime.read<std::uint64_t>(programs.players.counters.fault)[0]; }

  TrainingPrograms programs;
  Runtime runtime;
};

}  // namespace

TEST_CASE("healthy iterations report no fault", "[fault]") {
  FaultyRun run;
  for (int i = 0; i < 3; ++i) run.runtime.run(kIteration);
  CHECK(run.fault() == 0);
}

TEST_CASE("a NaN weight of the generator stops both players and is named", "[fault]") {
  FaultyRun run;
  run.runtime.run(kIteration);
  const Tensor weight = run.programs.players.generator.parameters()[0].value;
  std::vector<float> poisoned = run.read(weight);
  poisoned[0] = std::numeric_limits<float>::quiet_NaN();
  run.runtime.upload(weight, poisoned.data());
  const std::vector<float> d_before = run.read(run.programs.players.discriminator.parameter_slab());

  for (int i = 0; i < 3; ++i) run.runtime.run(kIteration);  // the device may be iterations ahead of whoever looks
  REQUIRE(run.fault() == 2);
  CHECK(run.read(run.programs.players.discriminator.parameter_slab()) == d_before);
  const std::string message = locate_fault(run.programs, run.runtime, run.fault() - 1);
  INFO(message);
  CHECK(message.find("iteration 2:") != std::string::npos);
  CHECK(message.find("D step 1, instruction 'linear dgrad', dx = G(z).0") != std::string::npos);
}
