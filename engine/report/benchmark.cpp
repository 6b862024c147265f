#include "engine/report/benchmark.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <map>
#include <nlohmann/json.hpp>
#include <random>

#include "engine/report/instruction_timer.h"
#include "engine/watch/measures.h"

namespace gan {

namespace {

using Clock = std::chrono::steady_clock;

std::int64_t images_of(const TrainingOptions& o) { return 8 * o.batch; }

double seconds_since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

std::string first_result(const Program& program, const Instruction& instruction) {
  std::string text;
  for_each_operand(instruction, [&](const char*, const Tensor& tensor, Access access) {
    if (text.empty() && (access == Access::Write || access == Access::ReadWrite))
      text = program.name_of(tensor) + to_string(tensor.shape);
  });
  return text;
}

std::string columns(double seconds, double total, const Cost& cost) {
  return fmt::format("{:>9.3f} {:>6.1f} {:>9.1f} {:>8.1f}", seconds * 1e3, 100 * seconds / total,
                     static_cast<double>(cost.flops) * 1e-9 / seconds,
                     static_cast<double>(cost.bytes) * 1e-9 / seconds);
}

}  // namespace

Benchmark::Benchmark(const TrainingOptions& options)
    : options_(options),
      programs_(options, images_of(options), options.channels),
      runtime_(std::make_unique<Runtime>(
          open_device(options.device, options.threads, precision_named(options.precision)), programs_.plan())) {
  upload_random_data();
  runtime_->run(kInitialization);
  runtime_->backend().synchronize();
}

void Benchmark::upload_random_data() {
  const Tensor& data = programs_.dataset;
  const auto count = static_cast<std::size_t>(data.count());
  std::minstd_rand random(1);
  if (data.dtype == DType::F32) {
    std::vector<float> points(count);
    for (float& value : points) value = static_cast<float>(random()) / static_cast<float>(random.max());
    runtime_->upload(data, points.data());
    return;
  }
  std::vector<std::uint8_t> pixels(count);
  for (std::uint8_t& pixel : pixels) pixel = static_cast<std::uint8_t>(random() >> 8);
  runtime_->upload(data, pixels.data());
}

double Benchmark::time_iteration() {
  const auto start = Clock::now();
  runtime_->run(kIteration);
  runtime_->backend().synchronize();
  return seconds_since(start);
}

std::string Benchmark::networks() const {
  return nlohmann::json{{"generator", describe(programs_.players.generator.graph())},
                        {"discriminator", describe(programs_.players.discriminator.graph())}}
      .dump();
}

std::string Benchmark::summary(const std::vector<double>& seconds) const {
  const double flops = static_cast<double>(total_cost(runtime_->program(kIteration)).flops), middle = median(seconds);
  const auto rounded = [](double value) { return std::round(value * 1e3) / 1e3; };
  return nlohmann::ordered_json{{"device", runtime_->backend().description()},
                                {"model", options_.model},
                                {"height", programs_.dataset.shape[1]},
                                {"width", programs_.dataset.shape[2]},
                                {"channels", programs_.dataset.shape[3]},
                                {"base_width", options_.width},
                                {"batch", options_.batch},
                                {"d_steps", options_.d_steps},
                                {"iterations", seconds.size()},
                                {"median_ms", rounded(middle * 1e3)},
                                {"min_ms", rounded(*std::min_element(seconds.begin(), seconds.end()) * 1e3)},
                                {"max_ms", rounded(*std::max_element(seconds.begin(), seconds.end()) * 1e3)},
                                {"gflop", rounded(flops * 1e-9)},
                                {"gflops", rounded(flops * 1e-9 / middle)}}
      .dump();
}

std::vector<Benchmark::Row> Benchmark::profile(int tries) {
  const Program& program = runtime_->program(kIteration);
  const InstructionTimer timer(runtime_->backend());
  std::vector<Row> rows;
  runtime_->run_stepwise(kIteration, [&](const Step& step) {
    rows.push_back({.phase = program.phases[static_cast<std::size_t>(step.phase)],
                    .instruction = name_of(step.instruction),
                    .result = first_result(program, step.instruction),
                    .seconds = timer.seconds(step.instruction, tries),
                    .cost = cost_of(step.instruction)});
  });
  return rows;
}

std::string profile_tables(const std::vector<Benchmark::Row>& rows) {
  struct Kind {
    double seconds = 0;
    int count = 0;
    Cost cost;
  };
  std::map<std::string, Kind> kinds;
  double total = 0;
  for (const Benchmark::Row& row : rows) {
    Kind& kind = kinds[row.instruction];
    kind.seconds += row.seconds;
    kind.cost += row.cost;
    ++kind.count;
    total += row.seconds;
  }
  std::vector<std::pair<std::string, Kind>> sorted(kinds.begin(), kinds.end());
  std::sort(sorted.begin(), sorted.end(),
            [](const auto& a, const auto& b) { return a.second.seconds > b.second.seconds; });

  std::string text =
      fmt::format("{:<24} {:>5} {:>9} {:>6} {:>9} {:>8}\n", "kind", "count", "ms", "%", "GFLOP/s", "GB/s");
  for (const auto& [name, kind] : sorted)
    text += fmt::format("{:<24} {:>5} {}\n", name, kind.count, columns(kind.seconds, total, kind.cost));
  text += fmt::format("{:<24} {:>5} {:>9.3f}\n\n", "total", rows.size(), total * 1e3);
  text += fmt::format("{:<12} {:<22} {:>9} {:>6} {:>9} {:>8}  {}\n", "phase", "instruction", "ms", "%", "GFLOP/s",
                      "GB/s", "writes");
  for (const Benchmark::Row& row : rows)
    text += fmt::format("{:<12} {:<22} {}  {}\n", row.phase, row.instruction, columns(row.seconds, total, row.cost),
                        row.result);
  return text;
}

double matrix_product_gflops(const TrainingOptions& options) {
  constexpr std::int64_t kSize = 2048;
  constexpr int kTries = 9;
  StorageTable table;
  const auto matrix = [&](const char* name) {
    return table.add({.name = name, .shape = {kSize, kSize}, .dtype = DType::F32});
  };
  const Tensor x = matrix("x"), w = matrix("w"), y = matrix("y");
  const Tensor zero = table.add({.name = "zero", .shape = {}, .dtype = DType::U64});
  Builder fill(table, {.name = "fill"}), multiply(table, {.name = "multiply"});
  fill.phase("fill");
  for (const Tensor& t : {x, w}) fill.emit(RandomNormal{.iteration = zero, .y = t, .stream = fill.next_stream()});
  multiply.phase("multiply");
  multiply.emit(LinearFprop{.x = x, .w = w, .y = y});
  std::vector<Program> programs;
  programs.push_back(fill.finish());
  programs.push_back(multiply.finish());
  Runtime runtime(open_device(options.device, options.threads), PlannedPrograms(table, std::move(programs)));
  runtime.run(0);
  double best = 0;
  for (int i = 0; i < kTries; ++i) {
    const auto start = Clock::now();
    runtime.run(1);
    runtime.backend().synchronize();
    best = std::max(best, 2.0 * kSize * kSize * kSize * 1e-9 / seconds_since(start));
  }
  return best;
}

}  // namespace gan
