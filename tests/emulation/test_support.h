// What the tests of the emulation share.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "tests/emulation/emulation.h"
#include "tests/support/catch.h"

namespace gan::emulation {

/// Puts the options back at the end of a test.
class OptionsGuard {
 public:
  OptionsGuard() : saved_(options()) {}
  ~OptionsGuard() { options() = saved_; }
  OptionsGuard(const OptionsGuard&) = delete;
  OptionsGuard& operator=(const OptionsGuard&) = delete;

 private:
  Options saved_;
};

/// The message of the EmulationError that `body` throws; "" if it throws none.
inline std::string error_of(const std::function<void()>& body) {
  try {
    body();
  } catch (const EmulationError& error) { return error.what(); }
  return "";
}

inline bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

#if defined(GAN_EMULATION_TSAN)
/// For cases that make a launch fail: its abandoned threads would be reported as racing with what comes next.
constexpr auto kNotUnderThreadSanitizer = "[.][emulation-abandons-threads]";
#else
constexpr auto kNotUnderThreadSanitizer = "[emulation]";
#endif

struct Outcome {
  bool succeeded = false;
  std::string output;
};

/// Runs one test case of this program in a process of its own. `assignments` are put before the command: "NAME=value".
Outcome run_test_case(const std::string& name, const std::string& assignments = "");

}  // namespace gan::emulation
