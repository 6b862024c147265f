#include "engine/run/training_programs.h"

#include <cmath>

#include "engine/data/load.h"
#include "engine/program/print.h"
#include "kernels/core/contract/error.h"

namespace gan {

namespace {

OptimizerOptions optimizer(const TrainingOptions& o, std::int64_t images, double learning_rate) {
  return {.name = o.optimizer,
          .learning_rate = learning_rate,
          .beta1 = o.beta1,
          .beta2 = o.beta2,
          .momentum = o.momentum,
          .weight_decay = o.weight_decay,
          .schedule = learning_rate_schedule(o.lr_schedule, total_iterations(o, images))};
}

Players::Options player_options(const TrainingOptions& o, std::int64_t images, std::int64_t channels) {
  return {.model = {.model = o.model,
                    .image = {o.image_height, o.image_width, channels},
                    .latent = o.latent,
                    .d_norm = o.norm == "batch",
                    .width = o.width},
          .average = o.ema > 0,
          .g_optimizer = optimizer(o, images, o.g_lr),
          .d_optimizer = optimizer(o, images, o.d_lr)};
}

IterationOptions iteration_options(const TrainingOptions& o) {
  return {.batch = o.batch,
          .d_steps = o.d_steps,
          .ema_decay = static_cast<float>(o.ema),
          .flip = o.flip,
          .seed = o.seed,
          .weight_clip = static_cast<float>(o.clip),
          .penalty = {.weight = static_cast<float>(o.lambda), .one_sided = o.gp_side == "one"}};
}

/// The largest batch, up to the one asked for, whose plan fits into `bytes`; 0 if none does.
std::int64_t largest_batch_that_fits(const TrainingOptions& o, const Shape& dataset, std::size_t bytes) {
  const auto fits = [&](std::int64_t batch) {
    TrainingOptions smaller = o;
    smaller.batch = batch;
    return TrainingPrograms(smaller, dataset[0], dataset[3]).plan().total_bytes() <= bytes;
  };
  std::int64_t low = 0, high = o.batch;  // a plan grows with its batch: bisect
  while (low < high) {
    const std::int64_t middle = (low + high + 1) / 2;
    if (fits(middle)) low = middle;
    else high = middle - 1;
  }
  return low;
}

}  // namespace

TrainingPrograms::TrainingPrograms(const TrainingOptions& o, std::int64_t count, std::int64_t channels)
    : objective(make_objective({.name = o.objective, .label_smoothing = o.label_smoothing})),
      players(player_options(o, count, channels), table),
      dataset(table.add(
          {.name = "dataset", .shape = {count, o.image_height, o.image_width, channels}, .dtype = DType::U8})) {
  programs.push_back(initialization(players, o.seed));
  programs.push_back(training_iteration(players, dataset, *objective, iteration_options(o)));
  programs.push_back(sampling(players, o.sample_count, o.seed));
  programs.push_back(calibration(players, o.batch, o.seed));
}

std::int64_t total_iterations(const TrainingOptions& o, std::int64_t images) {
  if (o.iterations > 0) return o.iterations;
  if (o.epochs > 0)
    return static_cast<std::int64_t>(
        std::ceil(o.epochs * static_cast<double>(images) / static_cast<double>(o.batch * o.d_steps)));
  return 0;
}

Dataset load_training_data(const TrainingOptions& o) {
  return load_dataset({.source = o.data,
                       .height = static_cast<int>(o.image_height),
                       .width = static_cast<int>(o.image_width),
                       .channels = static_cast<int>(o.channels),
                       .seed = o.seed,
                       .threads = thread_count(o.threads)});
}

std::unique_ptr<Runtime> fitted_runtime(const TrainingOptions& o, TrainingPrograms& programs) {
  std::unique_ptr<Backend> device = open_device(o.device, o.threads);
  const std::size_t free = device->free_memory();
  PlannedPrograms planned = programs.plan();
  if (const std::size_t needed = planned.total_bytes(); needed > free) {
    // With a little to spare: what is free changes by itself.
    const std::int64_t batch = largest_batch_that_fits(o, programs.dataset.shape, free - free / 64);
    throw MachineError(fmt::format("{}: the plan needs {} of memory, {} is free; {}", device->description(),
                                   format_bytes(needed), format_bytes(free),
                                   batch >= 2 ? fmt::format("the largest --batch that fits is {}", batch)
                                              : std::string("no --batch fits: a smaller --width or --image-size may")));
  }
  return std::make_unique<Runtime>(std::move(device), std::move(planned));
}

}  // namespace gan
