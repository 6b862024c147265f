// What the tests of the programs share: a small run, and a look at what it left behind.
#pragma once

#include <nlohmann/json.hpp>

#include <algorithm>
#include <map>
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

/// A folder to stand in, so that a file left behind is seen.
class WorkingFolder {
 public:
  WorkingFolder() : previous_(std::filesystem::current_path()) { std::filesystem::current_path(folder_.path()); }
  WorkingFolder(const WorkingFolder&) = delete;
  WorkingFolder& operator=(const WorkingFolder&) = delete;
  ~WorkingFolder() { std::filesystem::current_path(previous_); }

  bool empty() const { return std::filesystem::is_empty(folder_.path()); }

 private:
  TemporaryFolder folder_;
  std::filesystem::path previous_;
};

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

/// Everything below a folder: path from there -> bytes; folders end in "/".
inline std::map<std::string, std::string> tree(const std::filesystem::path& folder) {
  std::map<std::string, std::string> files;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    const std::string name = std::filesystem::relative(entry.path(), folder).string();
    if (entry.is_directory()) files[name + "/"];
    else files[name] = contents_of(entry.path());
  }
  return files;
}

/// Both folders hold the same files with the same bytes; the first difference is named.
inline void expect_same_tree(const std::map<std::string, std::string>& expected,
                             const std::map<std::string, std::string>& actual) {
  for (const auto& [name, bytes] : expected) {
    INFO(name);
    const auto found = actual.find(name);
    REQUIRE(found != actual.end());
    REQUIRE((found->second == bytes));  // in brackets, so that megabytes are not printed
  }
  for (const auto& [name, bytes] : actual) {
    INFO(name);
    REQUIRE(expected.contains(name));
  }
}

/// The command fails: the exit code, and an error that holds `part` as the last line of standard error; nothing on standard
/// output.
inline std::string expect_failure(const std::vector<std::string>& arguments, int exit_code, const std::string& part,
                                  const std::string& program = kTrain) {
  const ProgramResult result = run_program(program, arguments);
  INFO(result.error);
  CHECK(result.exit_code == exit_code);
  CHECK(result.out.empty());
  const std::string name = program == kSample ? "gan_cuda_sample"
                           : program == kEval ? "gan_cuda_eval"
                                              : "gan_cuda_train";
  const std::size_t at = result.error.rfind(name + ": error: ");
  REQUIRE(at != std::string::npos);
  CHECK((at == 0 || result.error[at - 1] == '\n'));
  CHECK(contains(result.error.substr(at), part));
  CHECK(result.error.find('\n', at) == result.error.size() - 1);
  return result.error;
}

/// The command is refused: the same, and the error is all that it says.
inline void expect_refusal(const std::vector<std::string>& arguments, int exit_code, const std::string& part,
                           const std::string& program = kTrain) {
  const std::string error = expect_failure(arguments, exit_code, part, program);
  CHECK(std::count(error.begin(), error.end(), '\n') == 1);
}

/// The same for a run that exists: nothing in it changes.
inline void expect_untouched_refusal(const std::filesystem::path& run, const std::vector<std::string>& arguments,
                                     int exit_code, const std::string& part) {
  const auto before = tree(run);
  expect_refusal(arguments, exit_code, part);
  expect_same_tree(before, tree(run));
}

}  // namespace gan::test
