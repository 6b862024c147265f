// Who listens to a load in tests.
#pragma once

#include <string>
#include <vector>

#include "engine/data/loading_observer.h"

namespace gan::test {

/// Keeps what it is told.
class RecordingObserver final : public LoadingObserver {
 public:
  void on_loading(const LoadingProgress& progress) override { reports.push_back(progress); }
  void on_notice(const std::string& line) override { notices.push_back(line); }

  std::vector<LoadingProgress> reports;
  std::vector<std::string> notices;
};

}  // namespace gan::test
