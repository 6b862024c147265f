// gan_cuda_bench: times whole training iterations, or every instruction of one. Reads the command line, calls, prints.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdint>
#include <iostream>
#include <map>
#include <string>
#include <vector>

#include "engine/device/thread_policy.h"
#include "engine/report/benchmark.h"
#include "engine/settings/settings.h"
#include "kernels/core/contract/error.h"

namespace {

constexpr const char* kDescription =
    "Times whole training iterations on random images, one JSON line on standard output:\n"
    "  gan_cuda_bench --model dcgan --image-size 32 --channels 1 --width 32 --batch 64 --iterations 20 --threads 2\n"
    "The options that describe the model are those of gan_cuda_train.";

/// The options of gan_cuda_train that change what an iteration does.
constexpr const char* kModelOptions[] = {"model",   "image-size", "channels", "flip", "width",  "latent", "objective",
                                         "d-steps", "batch",      "ema",      "seed", "device", "threads"};

struct CommandLine {
  gan::TrainingOptions training;
  int iterations = 20, warm_up = 3;
  bool profile = false, on_demand = false, networks = false, peak = false;
};

void apply_model_options(const std::map<std::string, std::string>& typed, gan::TrainingOptions& options) {
  options.channels = 3;
  options.ema = 0;
  for (const auto& [name, value] : typed) {
    if (value.empty()) continue;
    try {
      gan::set_value(*gan::find_setting(name), value, options);
    } catch (const gan::InputError& error) { throw gan::InputError(fmt::format("--{}: {}", name, error.what())); }
  }
  options.iterations = 1;
  gan::check_options(options);
}

void measure(const CommandLine& line) {
  gan::Benchmark benchmark(line.training);
  if (line.networks) {
    std::cout << benchmark.networks() << std::endl;
    return;
  }
  for (int i = 0; i < line.warm_up; ++i) benchmark.time_iteration();
  if (line.on_demand) {
    std::cout << "ready" << std::endl;
    for (std::string request; std::getline(std::cin, request);)
      std::cout << fmt::format("{:.4f}", benchmark.time_iteration() * 1e3) << std::endl;
    return;
  }
  std::vector<double> seconds;
  seconds.reserve(static_cast<std::size_t>(line.iterations));
  for (int i = 0; i < line.iterations; ++i) seconds.push_back(benchmark.time_iteration());
  std::cout << benchmark.summary(seconds) << std::endl;
  if (line.profile) std::cout << describe(benchmark.profile(std::max(1, line.iterations)));
}

int run(int count, char** arguments) {
  CLI::App app(kDescription, "gan_cuda_bench");
  CommandLine line;
  std::map<std::string, std::string> typed;
  for (const char* name : kModelOptions) {
    const gan::Setting& setting = *gan::find_setting(name);
    std::string& value = typed[name];
    const std::string option = "--" + std::string(name), help(setting.help);
    if (gan::kind(setting) == gan::SettingKind::Flag) app.add_flag(option, value, help);
    else app.add_option(option, value, help)->type_name(std::string(setting.placeholder));
  }
  app.add_option("--iterations", line.iterations, "timed iterations")
      ->capture_default_str()
      ->check(CLI::Range(1, 1000000));
  app.add_option("--warm-up", line.warm_up, "iterations before them")
      ->capture_default_str()
      ->check(CLI::Range(0, 1000000));
  app.add_flag("--profile", line.profile, "then a table: fastest time, GFLOP/s and GB/s of every instruction");
  app.add_flag(
      "--on-demand", line.on_demand,
      "print 'ready', then the milliseconds of one iteration for every line read: for taking turns with another "
      "program");
  app.add_flag("--networks", line.networks, "only print both networks as JSON");
  app.add_flag("--peak", line.peak, "only measure the machine's matrix product (2048 x 2048 x 2048, fp32), in GFLOP/s");
  try {
    app.parse(count, arguments);
  } catch (const CLI::ParseError& error) { return app.exit(error) == 0 ? 0 : 2; }
  apply_model_options(typed, line.training);
  if (line.peak) std::cout << fmt::format("{{\"sgemm_gflops\": {:.1f}}}\n", gan::matrix_product_gflops(line.training));
  else measure(line);
  return 0;
}

int fail(int exit_code, const char* message) {
  std::cerr << "gan_cuda_bench: error: " << message << '\n';
  return exit_code;
}

}  // namespace

int main(int count, char** arguments) {
  gan::sleep_while_waiting(arguments);
  try {
    return run(count, arguments);
  } catch (const gan::InputError& error) { return fail(2, error.what()); } catch (const gan::MachineError& error) {
    return fail(3, error.what());
  } catch (const std::exception& error) { return fail(1, error.what()); }
}
