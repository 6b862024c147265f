// Runs a program as a user would, and keeps what it says.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

namespace gan::test {

/// gan_cuda_train as built here, the same with the emulated CUDA device, gan_cuda_sample, gan_cuda_eval.
inline const std::string kTrain = GAN_TRAIN;
inline const std::string kTrainEmulated = GAN_TRAIN_EMULATED;
inline const std::string kSample = GAN_SAMPLE;
inline const std::string kEval = GAN_EVAL;

struct ProgramResult {
  int exit_code = 0;  ///< or 128 + the signal that ended it
  std::string out;    ///< standard output
  std::string error;  ///< standard error
};

/// A program that runs beside the test. Its standard input is empty; it sees no GPU (CUDA_VISIBLE_DEVICES is empty), so
/// that the tests mean the same everywhere.
class RunningProgram {
 public:
  RunningProgram(const std::string& program, const std::vector<std::string>& arguments);
  RunningProgram(const RunningProgram&) = delete;
  RunningProgram& operator=(const RunningProgram&) = delete;
  /// Kills it if it is still running.
  ~RunningProgram();

  pid_t process() const { return process_; }
  void send(int signal) const;

  /// Whether it has ended by itself; never waits.
  bool has_ended();

  /// Reads until `text` stands in standard error; false when the program ends, or a minute passes, without it.
  bool wait_for_error(const std::string& text);

  /// Waits for the end; after two minutes the program is killed.
  ProgramResult finish();

 private:
  /// Reads what is there, waiting at most a tenth of a second for more. False at the end of both streams.
  bool read_some();

  pid_t process_ = -1;
  int out_ = -1, error_ = -1;
  ProgramResult result_;
};

/// Runs a program to its end.
ProgramResult run_program(const std::string& program, const std::vector<std::string>& arguments);

}  // namespace gan::test
