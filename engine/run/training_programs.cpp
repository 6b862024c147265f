#include "engine/run/training_programs.h"

#include <algorithm>

#include "engine/data/load.h"
#include "engine/data/point_sets.h"
#include "engine/data/points.h"
#include "engine/program/print.h"
#include "engine/settings/training_settings.h"
#include "engine/watch/watching.h"
#include "kernels/core/contract/error.h"

namespace gan {

namespace {

/// Images of each kind that a look compares: as many as a batch, so that it needs no more memory than training does.
constexpr std::int64_t kFewestWatched = 2, kMostWatched = 128;

OptimizerOptions optimizer(const TrainingOptions& o, std::int64_t images, double learning_rate) {
  // A run limited by time that does not know its length yet is printed and tried as if this iteration were the last.
  const std::int64_t length = std::max<std::int64_t>(total_iterations(o, images), 1);
  return {.name = o.optimizer,
          .learning_rate = learning_rate,
          .beta1 = o.beta1,
          .beta2 = o.beta2,
          .momentum = o.momentum,
          .weight_decay = o.weight_decay,
          .schedule = learning_rate_schedule(o.lr_schedule, length)};
}

Players::Options player_options(const TrainingOptions& o, std::int64_t images, std::int64_t channels) {
  return {.model = model_options(o, channels),
          .average = o.ema > 0,
          .g_optimizer = optimizer(o, images, o.g_lr),
          .d_optimizer = optimizer(o, images, o.d_lr)};
}

IterationOptions iteration_options(const TrainingOptions& o, const IterationKinds& kinds, const IterationKind& kind) {
  const auto gamma = [&](double asked) {
    return kind.penalised ? static_cast<float>(asked * static_cast<double>(o.penalty_every)) : 0;
  };
  return {.batch = o.batch,
          .d_steps = kinds.d_steps(kind),
          .d_steps_vary = kinds.d_steps_vary(),
          .reuse_noise = o.reuse_noise,
          .ema_decay = static_cast<float>(o.ema),
          .flip = o.flip,
          .seed = o.seed,
          .weight_clip = static_cast<float>(o.clip),
          .penalty = {.weight = static_cast<float>(o.lambda),
                      .one_sided = o.gp_side == "one",
                      .norm = o.gp_norm == "channel" ? GradientPenaltyOptions::Norm::Channel
                                                     : GradientPenaltyOptions::Norm::Sample},
          .r1 = gamma(o.r1),
          .r2 = gamma(o.r2)};
}

Tensor declare_dataset(StorageTable& table, const TrainingOptions& o, std::int64_t count, std::int64_t channels) {
  const FeatureShape image = image_shape(o, channels);
  return table.add({.name = "dataset",
                    .shape = image.batch(count),
                    .dtype = data_kind(o.data) == DataKind::Points ? DType::F32 : DType::U8});
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
      players(player_options(o, count - held_out_images(o, count), channels), table),
      dataset(declare_dataset(table, o, count, channels)),
      held_out(held_out_images(o, count)),
      kinds(o) {
  const Tensor training = dataset.rows(0, count - held_out);
  const auto iteration_of = [&](const IterationKind& kind) {
    return training_iteration(players, training, *objective, iteration_options(o, kinds, kind));
  };
  programs.push_back(initialization(players, o.seed));
  programs.push_back(iteration_of(kinds.usual()));
  programs.push_back(sampling(players, data_kind(o.data) == DataKind::Points ? kShownPoints : o.sample_count, o.seed));
  programs.push_back(calibration(players, o.batch, o.seed));
  programs.push_back(watching(players,
                              {.training = training,
                               .held_out = held_out > 0 ? dataset.rows(count - held_out, held_out) : Tensor{},
                               .batch = std::clamp(o.batch, kFewestWatched, kMostWatched)},
                              o.seed));
  for (const bool early : {false, true})
    for (const bool penalised : {false, true}) {
      const IterationKind kind{early, penalised};
      const bool occurs = (!early || kinds.d_steps_vary()) && (penalised == kinds.usual().penalised || kinds.is_lazy());
      if (!occurs || kind == kinds.usual()) continue;
      programs.push_back(iteration_of(kind));
      programs.back().name += std::string(early ? ", early" : "") + (penalised ? ", penalised" : "");
      others_.push_back(kind);
    }
}

std::int64_t held_out_images(const TrainingOptions& options, std::int64_t count) {
  const std::int64_t held_out = std::min(options.hold_out, count / 20);
  return held_out >= 2 ? held_out : 0;
}

Runtime::ProgramId TrainingPrograms::program_of(std::int64_t iteration) const {
  const IterationKind kind = kinds.of(iteration);
  if (kind == kinds.usual()) return kIteration;
  const auto at = std::find(others_.begin(), others_.end(), kind);
  require(at != others_.end(), "iteration {} is of a kind that no program was written for", iteration);
  return kOtherIterations + static_cast<Runtime::ProgramId>(at - others_.begin());
}

std::vector<Runtime::ProgramId> TrainingPrograms::iteration_programs() const {
  std::vector<Runtime::ProgramId> ids = {kIteration};
  for (std::size_t i = 0; i < others_.size(); ++i) ids.push_back(kOtherIterations + i);
  return ids;
}

void set_counters(const TrainingPrograms& programs, Runtime& runtime, std::uint64_t iteration) {
  const TrainingCounters& counters = programs.players.counters;
  const std::uint64_t updates =
      programs.kinds.d_steps_vary()
          ? static_cast<std::uint64_t>(programs.kinds.updates_before(static_cast<std::int64_t>(iteration)))
          : 0;
  runtime.upload(counters.iteration, &iteration);
  runtime.upload(counters.discriminator_updates, &updates);
}

std::int64_t total_iterations(const TrainingOptions& o, std::int64_t images) {
  if (o.iterations > 0) return o.iterations;
  if (o.epochs > 0)
    return IterationKinds(o).iterations_with(o.epochs * static_cast<double>(images) / static_cast<double>(o.batch));
  return 0;
}

Dataset load_training_data(const TrainingOptions& o, LoadingObserver* observer) {
  return load_dataset({.source = o.data,
                       .height = static_cast<int>(o.image_height),
                       .width = static_cast<int>(o.image_width),
                       .channels = static_cast<int>(o.channels),
                       .seed = o.seed,
                       .threads = thread_count(o.threads),
                       .skip_damaged = o.skip_damaged,
                       .cache = o.cache,
                       .observer = observer});
}

std::unique_ptr<Runtime> fitted_runtime(const TrainingOptions& o, TrainingPrograms& programs) {
  std::unique_ptr<Backend> device = open_device(o.device, o.threads, precision_named(o.precision));
  const std::size_t free = device->free_memory();
  PlannedPrograms planned = programs.plan();
  if (const std::size_t needed = planned.total_bytes(); needed > free) {
    // With a little to spare: what is free changes by itself.
    const std::int64_t batch = largest_batch_that_fits(o, programs.dataset.shape, free - free / 64);
    throw MachineError(fmt::format("{}: the plan needs {} of memory, {} is free; {}", device->description(),
                                   format_bytes(needed), format_bytes(free),
                                   batch >= 2
                                       ? fmt::format("the largest --batch that fits is {}", batch)
                                       : fmt::format("no --batch fits: a smaller --width{} may",
                                                     data_kind(o.data) == DataKind::Points ? "" : " or --image-size")));
  }
  return std::make_unique<Runtime>(std::move(device), std::move(planned));
}

}  // namespace gan
