#include "tests/ptx/report/findings.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <fstream>
#include <regex>
#include <stdexcept>

namespace gan::ptx::report {
namespace {

/// Whether `name` stands in `text` as a whole identifier.
bool has_identifier(const std::string& text, const std::string& name) {
  const auto in_identifier = [&](std::size_t at) {
    return at < text.size() && (std::isalnum(static_cast<unsigned char>(text[at])) != 0 || text[at] == '_');
  };
  for (std::size_t at = text.find(name); at != std::string::npos; at = text.find(name, at + 1))
    if (!(at > 0 && in_identifier(at - 1)) && !in_identifier(at + name.size())) return true;
  return false;
}

}  // namespace

std::vector<Finding> findings(const Counts& counts, const Resources& resources) {
  std::vector<Finding> found;
  const auto global = [&](const GlobalTraffic& traffic, const char* what) {
    if (traffic.useful() < kLeastUseful)
      found.push_back({"uncoalesced", fmt::format("{:.0f} % of the {} sectors are useful, at least {:.0f} %",
                                                  100 * traffic.useful(), what, 100 * kLeastUseful)});
  };
  global(counts.loads, "loaded");
  global(counts.stores, "stored");
  if (counts.shared.ways() > kMostWays)
    found.push_back(
        {"bank-conflicted", fmt::format("{:.2f} ways on average, at most {:.2f}", counts.shared.ways(), kMostWays)});
  if (counts.main_loop_lanes < kLeastLanes)
    found.push_back({"divergent", fmt::format("{:.1f} of 32 lanes in the main loop, at least {:.0f}",
                                              counts.main_loop_lanes, kLeastLanes)});
  if (resources.local != 0)
    found.push_back({"local-memory", fmt::format("{} bytes a thread of spills or stack", resources.local)});
  return found;
}

std::vector<Reason> read_reasons(const std::filesystem::path& folder) {
  static const std::regex form("// report: (\\w+) (uncoalesced|bank-conflicted|divergent|local-memory): (\\S.*)");
  std::vector<Reason> reasons;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    if (entry.path().extension() != ".cu" && entry.path().extension() != ".cuh") continue;
    std::ifstream file(entry.path());
    int number = 0;
    for (std::string line; std::getline(file, line);) {
      ++number;
      if (!line.starts_with("// report:")) continue;
      const std::string place = fmt::format("{}:{}", entry.path().filename().string(), number);
      std::smatch parts;
      if (!std::regex_match(line, parts, form))
        throw std::runtime_error(
            place + ": a reason reads // report: NAME uncoalesced|bank-conflicted|divergent|local-memory: REASON");
      reasons.push_back({.name = parts[1], .kind = parts[2], .text = parts[3], .place = place});
    }
  }
  return reasons;
}

const Reason* excuse(std::vector<Reason>& reasons, const std::string& kernel, const Finding& finding) {
  for (Reason& reason : reasons)
    if (reason.kind == finding.kind && has_identifier(kernel, reason.name)) {
      reason.needed = true;
      return &reason;
    }
  return nullptr;
}

}  // namespace gan::ptx::report
