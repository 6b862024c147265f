// The statistics that an average generator samples with are those of its own weights.
#include <cmath>

#include "engine/algorithm/algorithm.h"
#include "engine/run/training_programs.h"
#include "tests/support/catch.h"

namespace gan {
namespace {

TrainingOptions with_batch(std::int64_t batch) {
  TrainingOptions options;
  options.model = "dcgan";
  options.image_height = options.image_width = 16;
  options.width = 32;
  options.latent = 64;
  options.batch = batch;
  options.iterations = 1;
  return options;
}

}  // namespace

TEST_CASE("calibration measures the variances of the average generator's first layer", "[calibration]") {
  // Channel c of pixel p is y = sum_l z_l w[l, p, c] with z ~ N(0, I): its mean is 0, its variance sum_l w[l, p, c]^2, and a
  // channel's variance the mean of these over the pixels.
  const TrainingOptions options = with_batch(64);
  TrainingPrograms programs(options, /*count=*/64, /*channels=*/1);
  Runtime runtime(make_cpu_backend(2), programs.plan());
  runtime.run(kInitialization);
  runtime.run(kCalibration);
  const Network& average = *programs.players.average;
  const Parameter &weight = average.parameters()[0], &mean = average.statistics()[0],
                  &variance = average.statistics()[1];
  REQUIRE(weight.name == "main.0.weight");
  REQUIRE(variance.name == "main.1.running_var");
  const auto read = [&](const Tensor& slab, const Parameter& part) {
    const std::vector<float> all = runtime.read<float>(slab);
    const auto first = all.begin() + part.slab_offset;
    return std::vector<double>(first, first + part.value.count());
  };
  const std::vector<double> w = read(average.parameter_slab(), weight);  // (latent, 4, 4, C)
  const std::vector<double> means = read(average.statistics_slab(), mean);
  const std::vector<double> variances = read(average.statistics_slab(), variance);
  constexpr std::size_t kLatent = 64, kPixels = 16;
  const std::size_t channels = variances.size();
  REQUIRE(w.size() == kLatent * kPixels * channels);

  // The variance of N numbers has a relative deviation of sqrt(2 / N). Here N = 4096 images times 16 pixels, whose squares are
  // correlated by 1 / 64 (two random vectors of 64 numbers): 1 + 15 / 64 times the variance. The numbers themselves are
  // correlated by 1 / 8 at most, as a rule. Five deviations are allowed; of a calibration on 512 images, some of the channels
  // are further off.
  constexpr double kNumbers = 4096.0 * kPixels;
  for (std::size_t c = 0; c < channels; ++c) {
    double want = 0;
    for (std::size_t i = 0; i < kLatent * kPixels; ++i) want += w[i * channels + c] * w[i * channels + c];
    want /= kPixels;
    INFO("channel " << c);
    CHECK(std::abs(means[c]) < 5 * std::sqrt(want / kNumbers * (1 + 15.0 / 8)));
    CHECK(std::abs(variances[c] / want - 1) < 5 * std::sqrt(2 / kNumbers * (1 + 15.0 / 64)));
  }
}

TEST_CASE("calibration takes 4096 images, within reason", "[calibration]") {
  CHECK(calibration_batches(64) == 64);
  CHECK(calibration_batches(128) == 32);
  CHECK(calibration_batches(2) == 64);
  CHECK(calibration_batches(8192) == 8);
}

}  // namespace gan
