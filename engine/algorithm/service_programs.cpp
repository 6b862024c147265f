// The programs around training: initialisation, sampling, calibration.
#include <fmt/format.h>

#include "engine/algorithm/building_blocks.h"

namespace gan {

namespace {

/// The generator that pictures are made with.
const Network& shown_generator(const Model& model) { return model.average ? *model.average : model.generator; }

Builder make_builder(const Model& model, const char* name, std::uint64_t seed, StreamBlock streams) {
  return Builder(
      model.table,
      {.name = name, .real = model.readings.dtype, .seed = seed, .first_stream = static_cast<std::uint32_t>(streams)});
}

}  // namespace

Program initialization(const Model& model, std::uint64_t seed) {
  Builder b = make_builder(model, "initialization", seed, StreamBlock::Initialization);
  b.phase("initialize");
  b.emit(Fill{.y = model.readings, .value = 0});
  model.generator.initialize(b, model.zero);
  model.discriminator.initialize(b, model.zero);
  if (model.average) {
    b.emit(Copy{.x = model.generator.parameter_slab(), .y = model.average->parameter_slab()});
    if (model.average->statistics_slab().present())
      b.emit(Copy{.x = model.generator.statistics_slab(), .y = model.average->statistics_slab()});
  }
  return b.finish();
}

Program sampling(const Model& model, std::int64_t count, std::uint64_t seed) {
  Builder b = make_builder(model, "sampling", seed, StreamBlock::Sampling);
  b.phase("sample");
  const Tensor z = latents(b, model, model.zero, count);
  const Tensor images = shown_generator(model).forward(b, z, "G(z)", NormMode::Frozen).output;
  b.output("latents", z);
  b.output("images", images);
  return b.finish();
}

Program calibration(const Model& model, std::int64_t batch, std::uint64_t seed) {
  Builder b = make_builder(model, "calibration", seed, StreamBlock::Calibration);
  if (!model.average) return b.finish();
  b.phase("calibrate");
  for (int i = 1; i <= kCalibrationBatches; ++i)
    model.average->forward(b, latents(b, model, model.zero, batch), fmt::format("G(z) {}", i), NormMode::Calibrate, i);
  return b.finish();
}

}  // namespace gan
