// What the tests of the programs share: a small run, and a look at what it left behind.
#pragma once

#include <nlohmann/json.hpp>

#include <algorithm>
#include <sstream>
#include <string>
#include <vector>

#include "tests/apps/run_program.h"
#include "tests/engine/files/files_test_support.h"

namespace gan::test {

/// Options of a run that takes a fraction of a second: shapes at 16x16, networks of width 4.
inline std::vector<std::string> small_run(const std::filesystem::path& out, std::vector<std::string> more = {}) {
  std::vector<std::string> arguments = {
      "--data",  "shapes", "--image-size",   "16", "--channels", "1", "--width",     "4", "--latent", "8",
      "--batch", "4",      "--sample-count", "5",  "--threads",  "2", "--log-every", "1", "--out",    out.string()};
  arguments.insert(arguments.end(), more.begin(), more.end());
  return arguments;
}

/// The lines of log.jsonl.
inline std::vector<nlohmann::json> log_of(const std::filesystem::path& run) {
  std::vector<nlohmann::json> lines;
  std::istringstream text(contents_of(run / "log.jsonl"));
  for (std::string line; std::getline(text, line);) lines.push_back(nlohmann::json::parse(line));
  return lines;
}

/// Names of the files in a folder, sorted.
inline std::vector<std::string> files_in(const std::filesystem::path& folder) {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(folder))
    names.push_back(entry.path().filename().string());
  std::sort(names.begin(), names.end());
  return names;
}

/// The command is refused: the exit code, one line of error that holds `part`, nothing on standard output.
inline void expect_refusal(const std::vector<std::string>& arguments, int exit_code, const std::string& part,
                           const std::string& program = kTrain) {
  const ProgramResult result = run_program(program, arguments);
  INFO(result.error);
  CHECK(result.exit_code == exit_code);
  CHECK(result.out.empty());
  CHECK(result.error.starts_with("gan_cuda_train: error: "));
  CHECK(contains(result.error, part));
  CHECK(std::count(result.error.begin(), result.error.end(), '\n') == 1);
}

}  // namespace gan::test
