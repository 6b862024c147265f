#include "engine/run/workshop.h"

#include <omp.h>

#include "engine/data/load.h"
#include "kernels/core/contract/error.h"

namespace gan {

namespace {

ArchitectureOptions architecture(const TrainingOptions& o, std::int64_t channels) {
  return {.model = o.model, .image = {o.image_height, o.image_width, channels}, .latent = o.latent, .width = o.width};
}

AdamOptions adam(const TrainingOptions& o, double learning_rate) {
  return {.learning_rate = learning_rate, .beta1 = o.beta1, .beta2 = o.beta2, .weight_decay = o.weight_decay};
}

IterationOptions iteration_options(const TrainingOptions& o) {
  return {.batch = o.batch,
          .d_steps = o.d_steps,
          .g_adam = adam(o, o.g_lr),
          .d_adam = adam(o, o.d_lr),
          .ema_decay = static_cast<float>(o.ema),
          .flip = o.flip,
          .seed = o.seed};
}

}  // namespace

Workshop::Workshop(const TrainingOptions& o, std::int64_t count, std::int64_t channels)
    : objective(make_objective(o.objective, o.label_smoothing)),
      model({.architecture = architecture(o, channels), .dataset_count = count, .average = o.ema > 0}, table),
      initialization(gan::initialization(model, o.seed)),
      iteration(gan_iteration(model, *objective, iteration_options(o))),
      sampling(gan::sampling(model, o.sample_count, o.seed)),
      calibration(gan::calibration(model, o.batch, o.seed)) {}

int thread_count(const TrainingOptions& o) { return o.threads > 0 ? o.threads : omp_get_num_procs(); }

Dataset load_training_data(const TrainingOptions& o, int threads) {
  return load_dataset({.source = o.data,
                       .height = static_cast<int>(o.image_height),
                       .width = static_cast<int>(o.image_width),
                       .channels = static_cast<int>(o.channels),
                       .seed = o.seed,
                       .threads = threads});
}

std::unique_ptr<Backend> open_device(const TrainingOptions& o) {
  if (o.device == "cpu" || (o.device == "auto" && !cuda_available())) return make_cpu_backend(thread_count(o));
  if (o.device != "cuda" && o.device != "auto")
    throw InputError(fmt::format("--device: '{}' is unknown; accepted are auto, cuda, cpu", o.device));
  try {
    return make_cuda_backend();
  } catch (const MachineError& error) {
    throw MachineError(fmt::format("--device {}: {}; --device cpu works everywhere", o.device, error.what()));
  }
}

std::int64_t largest_batch_that_fits(const TrainingOptions& o, std::int64_t count, std::int64_t channels,
                                     std::size_t bytes) {
  const auto fits = [&](std::int64_t batch) {
    TrainingOptions smaller = o;
    smaller.batch = batch;
    const Workshop shop(smaller, count, channels);
    return Runtime::required_bytes(shop.table, {shop.iteration, shop.sampling, shop.calibration}) <= bytes;
  };
  std::int64_t low = 0, high = o.batch;  // a plan grows with its batch: bisect
  while (low < high) {
    const std::int64_t middle = (low + high + 1) / 2;
    if (fits(middle)) low = middle;
    else high = middle - 1;
  }
  return low;
}

}  // namespace gan
