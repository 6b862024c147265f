// gan_cuda_bench: times whole training iterations, or every instruction of one. Reads the command line, calls, prints.
#include <fmt/format.h>

#include <algorithm>
#include <iostream>
#include <string>
#include <vector>

#include "apps/program.h"
#include "engine/data/point_sets.h"
#include "engine/report/benchmark.h"
#include "engine/settings/command_line.h"
#include "engine/settings/training_settings.h"

namespace {

using gan::ExitCode;

constexpr gan::ProgramDescription kProgram{.name = "gan_cuda_bench",
                                           .opening = R"(gan_cuda_bench: times whole training iterations on random data

Usage: gan_cuda_bench [options]

Prints one JSON line. The options that describe the model are those of gan_cuda_train.

Example:
  gan_cuda_bench --model dcgan --image-size 32 --channels 1 --width 32 --batch 64 --threads 2
  gan_cuda_bench --data gaussian-1d --model mlp --latent 1 --batch 128 --threads 1
      a GAN on the line: what the engine costs beside the arithmetic
)",
                                           .closing = R"(
Exit codes: 0 done, 1 an error inside the program, 2 wrong input, 3 the machine cannot.
)"};

struct BenchOptions {
  gan::TrainingOptions training{.data = "random", .channels = 3, .iterations = 1, .ema = 0};
  int iterations = 20, warm_up = 3;
  bool profile = false, on_demand = false, networks = false, peak = false;
};

/// "random", and the sets of points, of which only the dimension matters.
std::vector<gan::Setting> data_settings(BenchOptions& o) {
  std::vector<std::string> names = {"random"};
  names.insert(names.end(), gan::point_set_names().begin(), gan::point_set_names().end());
  return {{.name = "data",
           .group = "Data",
           .placeholder = "NAME",
           .help = "random: images of random bytes; or random points, as many numbers each as this set's",
           .value = &o.training.data,
           .accepted = gan::Choices{std::move(names)}}};
}

/// Those of gan_cuda_train that change what an iteration does, and the stopwatch's own.
std::vector<gan::Setting> bench_settings(BenchOptions& o) {
  constexpr std::string_view kGroup = "Stopwatch";
  constexpr int kMost = 1'000'000;
  std::vector<gan::Setting> rows = data_settings(o);
  for (gan::Setting& row :
       gan::pick(gan::training_settings(o.training),
                 {"image-size", "channels",      "flip",      "model",   "width",     "latent", "norm",
                  "upsample",   "spectral-norm", "objective", "d-steps", "r1",        "r2",     "reuse-noise",
                  "batch",      "ema",           "seed",      "device",  "precision", "threads"}))
    rows.push_back(std::move(row));
  for (gan::Setting& row : rows)
    if (row.name == "channels") {  // there is no data to ask
      row.accepted = gan::WholeChoices{{1, 3}, "1 (grey) and 3 (colour)"};
      row.default_note = "";
    }
  const auto add = [&](gan::Setting row) {
    row.group = kGroup;
    rows.push_back(std::move(row));
  };
  add({.name = "iterations",
       .placeholder = "N",
       .help = "timed iterations",
       .value = &o.iterations,
       .accepted = gan::WholeRange{1, kMost}});
  add({.name = "warm-up",
       .placeholder = "N",
       .help = "iterations before them",
       .value = &o.warm_up,
       .accepted = gan::WholeRange{0, kMost}});
  add({.name = "profile",
       .help = "then a table: fastest time, GFLOP/s and GB/s of every instruction",
       .value = &o.profile});
  add({.name = "on-demand",
       .help = "print 'ready', then the milliseconds of one iteration for every line read: for taking turns with "
               "another program",
       .value = &o.on_demand});
  add({.name = "networks", .help = "only print both networks as JSON", .value = &o.networks});
  add({.name = "peak",
       .help = "only measure the machine's matrix product (2048 x 2048 x 2048, fp32), in GFLOP/s",
       .value = &o.peak});
  return rows;
}

void measure(const BenchOptions& o) {
  gan::Benchmark benchmark(o.training);
  if (o.networks) {
    std::cout << benchmark.networks() << std::endl;
    return;
  }
  for (int i = 0; i < o.warm_up; ++i) benchmark.time_iteration();
  if (o.on_demand) {
    std::cout << "ready" << std::endl;
    for (std::string request; std::getline(std::cin, request);)
      std::cout << fmt::format("{:.4f}", benchmark.time_iteration() * 1e3) << std::endl;
    return;
  }
  std::vector<double> seconds;
  seconds.reserve(static_cast<std::size_t>(o.iterations));
  for (int i = 0; i < o.iterations; ++i) seconds.push_back(benchmark.time_iteration());
  std::cout << benchmark.summary(seconds) << std::endl;
  if (o.profile) std::cout << profile_tables(benchmark.profile(std::max(1, o.iterations)));
}

ExitCode run(const std::vector<std::string>& arguments) {
  BenchOptions options;
  const gan::SettingTable table(options, bench_settings);
  if (const auto information = gan::requested_information(arguments, kProgram, table)) {
    std::cout << *information;
    return ExitCode::Done;
  }
  gan::assign(table, gan::read_arguments(arguments, table));
  gan::check_values(table);
  if (gan::point_dimension(options.training.data) > 0) options.training.channels = 0;  // as the points have
  gan::check_options(options.training);
  if (options.peak)
    std::cout << fmt::format("{{\"sgemm_gflops\": {:.1f}}}\n", gan::matrix_product_gflops(options.training));
  else measure(options);
  return ExitCode::Done;
}

}  // namespace

int main(int count, char** arguments) { return gan::run_program("gan_cuda_bench", count, arguments, run); }
