#include "engine/run/run.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "engine/data/points.h"
#include "engine/files/atomic_file.h"
#include "engine/files/checksum.h"
#include "engine/files/image_grid.h"
#include "engine/files/png.h"
#include "engine/files/points_picture.h"
#include "engine/program/print.h"
#include "engine/run/checkpoint.h"
#include "engine/run/fault.h"
#include "engine/run/measured_length.h"
#include "engine/run/trace.h"
#include "engine/settings/config.h"
#include "engine/settings/training_settings.h"
#include "engine/watch/watching.h"
#include "kernels/core/contract/error.h"

namespace gan {

namespace {

constexpr double kReportSeconds = 0.25;

/// What the progress line shows of the latest look.
const std::vector<Gauge> kWatchGauges = {
    {.label = "diversity",
     .short_label = "div",
     .readings = {"diversity", "real_diversity"},
     .joined = Gauge::Joined::SideBySide,
     .decimals = 2,
     .rank = 7},
    {.label = "by heart", .short_label = "heart", .readings = {"memorised"}, .decimals = 2, .rank = 8}};

/// Whether sigmoid(D) is a probability in the game.
bool has_probabilities(const std::string& objective) { return objective == "non-saturating" || objective == "minimax"; }

/// Where the critic's weights are clipped; 0: nowhere.
double clip_of(const TrainingOptions& o) { return o.objective == "wgan" ? o.clip : 0; }

/// What a replay of a traced iteration has to know beside the networks, as JSON; `iterations`: the run's length, or 0.
std::string hyper_parameters(const TrainingOptions& o, const IterationKinds& kinds, const IterationKind& kind,
                             std::int64_t iterations) {
  const double strength = kind.penalised ? static_cast<double>(o.penalty_every) : 0;
  return nlohmann::json{{"objective", o.objective},
                        {"label_smoothing", o.label_smoothing},
                        {"clip", o.clip},
                        {"lambda", o.lambda},
                        {"gp_side", o.gp_side},
                        {"gp_norm", o.gp_norm},
                        {"r1", strength * o.r1},
                        {"r2", strength * o.r2},
                        {"reuse_noise", o.reuse_noise},
                        {"d_steps", kinds.d_steps(kind)},
                        {"optimizer", o.optimizer},
                        {"g_lr", o.g_lr},
                        {"d_lr", o.d_lr},
                        {"beta1", o.beta1},
                        {"beta2", o.beta2},
                        {"momentum", o.momentum},
                        {"weight_decay", o.weight_decay},
                        {"lr_schedule", o.lr_schedule},
                        {"iterations", iterations}}
      .dump();
}

/// The options with "auto" and "all cores" made concrete: config.toml then repeats the run bit by bit. (The channels
/// follow from the data: see Run's constructor.)
TrainingOptions resolved(TrainingOptions o) {
  if (o.device == "auto") o.device = cuda_available() ? "cuda" : "cpu";
  o.threads = thread_count(o.threads);
  return o;
}

Dataset load_checked(const TrainingOptions& o, TrainingObserver& observer) {
  check_options(o);
  if (o.resume.empty() && !o.out.empty()) RunFolder::check_free(o.out);
  Dataset data = load_training_data(o, &observer);
  const std::int64_t to_train_on = data.count - held_out_images(o, data.count);
  if (o.batch > to_train_on)
    throw InputError(fmt::format("--batch: {} is more than the {} {} of '{}'; accepted are 2 to {}", o.batch,
                                 to_train_on, name_of(data_kind(o.data)), data.name, to_train_on));
  return data;
}

/// `o`, changed: its minutes become as many iterations as fit into them, where the learning rate falls over the run's length.
const TrainingOptions& with_known_length(TrainingOptions& o, const Dataset& data, TrainingObserver& observer) {
  if (o.minutes == 0 || o.lr_schedule == "constant") return o;
  o.iterations = iterations_within_minutes(o, data.count, data.channels);
  observer.on_notice(fmt::format("--lr-schedule {} falls over {} iterations: as many as fit into --minutes {} here",
                                 o.lr_schedule, o.iterations, o.minutes));
  o.minutes = 0;
  return o;
}

std::filesystem::path free_folder(const TrainingOptions& o, const std::string& dataset) {
  if (!o.out.empty()) return o.out;
  for (int n = 1;; ++n) {
    std::filesystem::path candidate = std::filesystem::path("runs") / fmt::format("{}-{}-{}", dataset, o.model, n);
    if (!std::filesystem::exists(candidate)) return candidate;
  }
}

TrainingOptions settings_of(const RunFolder& folder) {
  TrainingOptions saved;
  apply_toml(folder.config(), saved);
  return saved;
}

/// Going on with other settings would not be the same run: refused by name, unless the user insists. The run's length is
/// among them where the learning rate falls over it.
void refuse_changed_settings(const TrainingOptions& saved, const TrainingOptions& o, std::int64_t images) {
  std::vector<std::string> changes = result_changes(saved, o);
  const std::int64_t before = total_iterations(saved, images), now = total_iterations(o, images);
  if (o.lr_schedule != "constant" && before != now)
    changes.push_back(fmt::format("the run was {} iterations long, now {}, and --lr-schedule {} follows its length",
                                  before, now, o.lr_schedule));
  if (changes.empty() || o.allow_config_change) return;
  throw InputError(fmt::format("--resume {}: {}; accepted are the run's own settings, or --allow-config-change",
                               o.resume.string(), fmt::join(changes, "; ")));
}

}  // namespace

Run::Run(const TrainingOptions& options, TrainingObserver& observer, const std::atomic<int>& stop)
    : options_(resolved(options)),
      observer_(observer),
      stop_(stop),
      dataset_(load_checked(options_, observer_)),
      programs_(with_known_length(options_, dataset_, observer_), dataset_.count, dataset_.channels),
      runtime_(fitted_runtime(options_, programs_)),
      total_(total_iterations(options_, dataset_.count - programs_.held_out)),
      due_{{options_.log_every, &Run::append_log},
           {options_.watch_every, &Run::watch},
           {options_.sample_every, &Run::save_sample},
           {options_.checkpoint_every, &Run::save_checkpoint}},
      alarms_({.has_probabilities = has_probabilities(options_.objective), .weight_clip = clip_of(options_)}) {
  result_.kind = data_kind(options_.data);
  if (result_.kind == DataKind::Points) shown_points_ = shown_points(dataset_);
  else options_.channels = dataset_.channels;
  fingerprint_ = hex_digits(xxh64(std::as_bytes(std::span(dataset_.pixels))));
  move_held_out_to_end(dataset_.pixels, dataset_.count, programs_.held_out, options_.seed);
  runtime_->upload(programs_.dataset, dataset_.pixels.data());
  dataset_.pixels = {};
}

TrainingResult Run::execute() {
  first_iteration_ = iteration_ = options_.resume.empty() ? start_fresh() : resume();
  log_.emplace(folder_->log());
  evolution_.emplace(folder_->evolution(), iteration_, [this](const std::string& line) { observer_.on_notice(line); });
  observer_.on_start(summary());
  if (options_.gp_norm == "channel")
    observer_.on_notice(
        "--gp-norm channel penalises the wrong norm, every pixel's by itself: for comparison with what it spoils");
  start_ = reported_ = Clock::now();
  reported_at_ = iteration_;
  while (!finished() && stop_ == 0) {
    run_iteration();
    do_what_is_due();
  }
  runtime_->backend().synchronize();
  result_.seconds = elapsed_seconds();
  result_.images_per_second = images_between(first_iteration_, iteration_) / std::max(result_.seconds, 1e-9);
  read_readings();
  report();
  if (sampled_at_ != iteration_) save_sample();
  if (saved_at_ != iteration_) save_checkpoint();
  result_.iteration = iteration_;
  result_.interrupted = stop_ != 0 && !finished();
  result_.folder = folder_->root();
  return result_;
}

std::int64_t Run::start_fresh() {
  folder_ = RunFolder::create(free_folder(options_, dataset_.name));
  options_.out = folder_->root();
  write_atomically(folder_->config(), to_toml(options_));
  runtime_->run(kInitialization);
  return 0;
}

std::int64_t Run::resume() {
  folder_ = RunFolder::open(options_.resume);
  options_.out = folder_->root();
  TrainingOptions saved = settings_of(*folder_);
  if (saved.channels == 0) saved.channels = options_.channels;  // recorded as asked for, before it was made concrete
  refuse_changed_settings(saved, options_, dataset_.count - programs_.held_out);
  folder_->prepare_to_continue();
  const std::optional<LoadedCheckpoint> newest = folder_->latest_checkpoint();
  std::int64_t iteration = 0;
  runtime_->run(kInitialization);
  if (newest) {
    for (const std::string& reason : newest->skipped) observer_.on_notice(reason);
    iteration = restore_checkpoint(newest->file, newest->path.string(), programs_.players, *runtime_);
    refuse_other_data(*newest);
    if (iteration != newest->iteration)
      throw InputError(
          fmt::format("{}: holds iteration {}, which its name must say", newest->path.string(), iteration));
    set_counters(programs_, *runtime_, static_cast<std::uint64_t>(iteration));
    saved_at_ = iteration;
  }  // else it was killed before the first
  folder_->discard_checkpoints_after(iteration);
  truncate_json_lines_after(folder_->log(), iteration);
  // What was asked of this part of the run holds for the next one too.
  if (const std::string settings = to_toml(options_); settings != to_toml(saved))
    write_atomically(folder_->config(), settings);
  return iteration;
}

void Run::refuse_other_data(const LoadedCheckpoint& checkpoint) const {
  const auto saved = checkpoint.file.metadata.find("dataset");
  if (options_.allow_config_change || saved == checkpoint.file.metadata.end() || saved->second == fingerprint_) return;
  throw InputError(
      fmt::format("--resume {0}: the {2} of --data {1} are not those the run has seen; accepted are the same {2}, or "
                  "--allow-config-change",
                  options_.resume.string(), options_.data, name_of(result_.kind)));
}

void Run::save_trace() {
  const std::filesystem::path folder = folder_->root() / "trace";
  std::filesystem::create_directories(folder);
  if (iteration_ == 0)
    save_safetensors(folder / "start.safetensors", make_checkpoint(programs_.players, *runtime_, to_toml(options_)));
  SafetensorsFile trace = trace_iteration(programs_.players, *runtime_, programs_.program_of(iteration_));
  trace.metadata["hyper_parameters"] =
      hyper_parameters(options_, programs_.kinds, programs_.kinds.of(iteration_), total_);
  save_safetensors(folder / fmt::format("iteration-{}.safetensors", iteration_ + 1), trace);
}

void Run::run_iteration() {
  if (iteration_ < options_.trace) {
    save_trace();
  } else {
    runtime_->run(programs_.program_of(iteration_));
  }
  ++iteration_;
}

bool Run::finished() const {
  if (total_ > 0) return iteration_ >= total_;
  return elapsed_seconds() >= options_.minutes * 60;
}

void Run::do_what_is_due() {
  const auto is_due = [this](const Due& due) { return due.every > 0 && iteration_ % due.every == 0; };
  const bool time_to_report = std::chrono::duration<double>(Clock::now() - reported_).count() >= kReportSeconds;
  // Nothing is saved before it is known that no gradient has been anything but finite.
  if (time_to_report || std::any_of(due_.begin(), due_.end(), is_due)) read_readings();
  if (time_to_report) report();
  for (const Due& due : due_)
    if (is_due(due)) (this->*due.action)();
}

void Run::read_readings() {
  if (iteration_ == first_iteration_) return;  // nothing has run yet
  if (read_at_ == iteration_) return;          // what has run since, a sample say, may have taken their place in memory
  read_at_ = iteration_;
  std::uint64_t fault = 0;
  runtime_->download(programs_.players.counters.fault, &fault);
  if (fault != 0) throw DivergedError(locate_fault(programs_, *runtime_, fault - 1));
  const Readings& declared = runtime_->program(programs_.program_of(iteration_ - 1)).readings;
  const std::vector<float> values = runtime_->read<float>(declared.values);
  // A loss can overflow where its gradient does not.
  if (!std::all_of(values.begin(), values.end(), [](float reading) { return std::isfinite(reading); }))
    throw DivergedError(locate_fault(programs_, *runtime_, static_cast<std::uint64_t>(iteration_ - 1)));
  for (std::size_t i = 0; i < values.size(); ++i) readings_[declared.names[i]] = values[i];
}

std::vector<ShownGauge> Run::shown_gauges() const {
  std::vector<ShownGauge> shown;
  for (const Runtime::ProgramId program : programs_.iteration_programs())
    for (const Gauge& gauge : runtime_->program(program).readings.gauges) {
      const auto is_known = [&](const std::string& name) { return readings_.contains(name); };
      const auto is_same = [&](const ShownGauge& other) { return other.gauge.label == gauge.label; };
      if (!std::all_of(gauge.readings.begin(), gauge.readings.end(), is_known)) continue;
      if (std::any_of(shown.begin(), shown.end(), is_same)) continue;
      shown.push_back({.gauge = gauge, .values = {}});
      for (const std::string& name : gauge.readings) shown.back().values.push_back(readings_.at(name));
    }
  for (const Gauge& gauge : kWatchGauges)
    if (readings_.contains(gauge.readings[0])) {
      shown.push_back({.gauge = gauge, .values = {}});
      for (const std::string& name : gauge.readings) shown.back().values.push_back(readings_.at(name));
    }
  return shown;
}

double Run::images_between(std::int64_t first, std::int64_t last) const {
  const IterationKinds& kinds = programs_.kinds;
  return static_cast<double>((kinds.updates_before(last) - kinds.updates_before(first)) * options_.batch);
}

void Run::report() {
  const auto now = Clock::now();
  const double seconds = std::chrono::duration<double>(now - reported_).count();
  const double images = images_between(reported_at_, iteration_);
  if (images > 0) images_per_second_ = images / std::max(seconds, 1e-9);
  reported_ = now;
  reported_at_ = iteration_;

  const double elapsed = elapsed_seconds();
  const std::int64_t done = iteration_ - first_iteration_;
  const double per_iteration = done > 0 ? elapsed / static_cast<double>(done) : 0;
  observer_.on_progress({.iteration = iteration_,
                         .iterations = total_,
                         .fraction = total_ > 0 ? static_cast<double>(iteration_) / static_cast<double>(total_)
                                                : std::min(1.0, elapsed / (options_.minutes * 60)),
                         .epoch = epochs_done(),
                         .gauges = shown_gauges(),
                         .images_per_second = images_per_second_,
                         .seconds_left = total_ > 0 ? per_iteration * static_cast<double>(total_ - iteration_)
                                                    : std::max(0.0, options_.minutes * 60 - elapsed),
                         .kind = result_.kind});
}

void Run::append_log() {
  JsonLine line;
  line.add("iteration", iteration_).add("epoch", epochs_done());
  // What this iteration has left: the log of a resumed run knows nothing older.
  const Readings& declared = runtime_->program(programs_.program_of(iteration_ - 1)).readings;
  for (const std::string& name : declared.names) line.add(name, readings_.at(name));
  for (const Gauge& gauge : declared.gauges) {
    if (gauge.logged_as.empty()) continue;
    float sum = 0;
    for (const std::string& name : gauge.readings) sum += readings_.at(name);
    line.add(gauge.logged_as, gauge.joined == Gauge::Joined::NegatedSum ? -sum : sum);
  }
  log_->append(line);
}

void Run::watch() {
  runtime_->run(kWatching);
  const Measures measures = measure(programs_.players, *runtime_, kWatching, clip_of(options_));
  JsonLine line;
  line.add("iteration", iteration_);
  for (const auto& [name, value] : named(measures)) {
    line.add(name, value);
    readings_[name] = static_cast<float>(value);
  }
  log_->append(line);
  for (const std::string& sentence : alarms_.look(measures))
    observer_.on_notice(fmt::format("alarm at iteration {}: {}", iteration_, sentence));
}

void Run::save_sample() {
  runtime_->run(kSampling);
  const Tensor images = runtime_->program(kSampling).output("images");
  const std::vector<float> pixels = runtime_->read<float>(images);
  result_.last_sample = folder_->sample(iteration_);
  const Image sheet = result_.kind == DataKind::Points
                          ? points_picture(shown_points_, pixels, static_cast<int>(images.shape[3]))
                          : image_grid(pixels, images.shape, square_layout(images.shape[0]));
  write_png(result_.last_sample, sheet);
  if (options_.sample_every > 0 && iteration_ % options_.sample_every == 0) evolution_->add(iteration_, sheet);
  sampled_at_ = iteration_;
  observer_.on_sample(result_.last_sample);
}

void Run::save_checkpoint() {
  log_->sync();
  evolution_->sync();
  runtime_->run(kCalibration);
  result_.last_checkpoint = folder_->checkpoint(iteration_);
  SafetensorsFile checkpoint = make_checkpoint(programs_.players, *runtime_, to_toml(options_));
  checkpoint.metadata["dataset"] = fingerprint_;
  save_safetensors(result_.last_checkpoint, checkpoint);
  folder_->keep_last(options_.keep);
  saved_at_ = iteration_;
  observer_.on_checkpoint(result_.last_checkpoint);
}

double Run::epochs_done() const {
  return images_between(0, iteration_) / static_cast<double>(dataset_.count - programs_.held_out);
}

RunSummary Run::summary() {
  return {.device = runtime_->backend().description(),
          .dataset = dataset_.name,
          .images = dataset_.count,
          .height = dataset_.height,
          .width = dataset_.width,
          .channels = dataset_.channels,
          .kind = result_.kind,
          .model = options_.model,
          .generator_parameters = programs_.players.generator.parameter_count(),
          .discriminator_parameters = programs_.players.discriminator.parameter_count(),
          .memory_bytes = runtime_->total_bytes(),
          .gflop_per_iteration = static_cast<double>(total_cost(runtime_->program(kIteration)).flops) * 1e-9,
          .first_iteration = first_iteration_,
          .iterations = total_,
          .folder = folder_->root()};
}

}  // namespace gan
