// A training iteration under the stopwatch: as a whole, and instruction by instruction.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "engine/device/runtime.h"
#include "engine/run/training_programs.h"

namespace gan {

/// The model that options describe, on a small data set of random images or points, ready to iterate.
class Benchmark {
 public:
  explicit Benchmark(const TrainingOptions& options);

  /// Runs one iteration; its wall-clock time in seconds.
  double time_iteration();

  /// Both networks as one line of JSON, for rebuilding them elsewhere: {"generator": ..., "discriminator": ...}.
  std::string networks() const;

  /// One line of JSON: the options that matter, and median, min and max of `seconds` in ms, GFLOP and GFLOP/s.
  std::string summary(const std::vector<double>& seconds) const;

  /// One instruction's share of an iteration.
  struct Row {
    std::string phase, instruction, result;  ///< `result`: name and shape of what it writes first
    double seconds = 0;                      ///< of the fastest try, see InstructionTimer
    Cost cost;
  };

  /// Runs one iteration instruction by instruction and times each `tries` times.
  std::vector<Row> profile(int tries);

 private:
  void upload_random_data();

  TrainingOptions options_;
  TrainingPrograms programs_;
  std::unique_ptr<Runtime> runtime_;
};

/// Tables: by kind of instruction, then all instructions in order; time, share, GFLOP/s, GB/s.
std::string profile_tables(const std::vector<Benchmark::Row>& rows);

/// GFLOP/s of the device's 2048 x 2048 x 2048 matrix product in fp32, the best of some: what convolutions are held
/// against, whatever their precision.
double matrix_product_gflops(const TrainingOptions& options);

}  // namespace gan
