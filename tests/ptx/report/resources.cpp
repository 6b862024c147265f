#include "tests/ptx/report/resources.h"

#include <cxxabi.h>

#include <algorithm>
#include <cstdlib>
#include <memory>

namespace gan::ptx::report {
namespace {

/// The number before `unit`, as in "Used 32 registers"; 0 if the line has none.
std::size_t number_before(const std::string& line, const std::string& unit) {
  const std::size_t end = line.find(unit);
  if (end == std::string::npos || end == 0) return 0;
  const std::size_t begin = line.find_last_not_of("0123456789", end - 1);
  return std::strtoull(line.c_str() + begin + 1, nullptr, 10);
}

}  // namespace

std::string demangled(const std::string& name) {
  const std::unique_ptr<char, decltype(&std::free)> text(abi::__cxa_demangle(name.c_str(), nullptr, nullptr, nullptr),
                                                         &std::free);
  return text == nullptr ? name : text.get();
}

std::map<std::string, Resources> read_resources(std::istream& in) {
  std::map<std::string, Resources> all;
  Resources* kernel = nullptr;
  for (std::string line; std::getline(in, line);) {
    if (const std::size_t at = line.find("entry function '"); at != std::string::npos)
      kernel = &all[demangled(line.substr(at + 16, line.find('\'', at + 16) - at - 16))];
    if (kernel == nullptr) continue;
    kernel->local += number_before(line, " bytes stack frame");
    if (line.find("Used ") != std::string::npos)
      kernel->registers = static_cast<int>(number_before(line, " registers")),
      kernel->shared = number_before(line, " bytes smem");
  }
  return all;
}

int warps_at_once(const Resources& resources, int threads, std::size_t dynamic_shared) {
  constexpr int kWarps = 64, kBlocks = 32, kRegisters = 65536, kStep = 256;
  constexpr std::size_t kShared = 228 * 1024, kReserved = 1024;
  const int warps = (threads + 31) / 32;
  const int registers = std::max((resources.registers * 32 + kStep - 1) / kStep * kStep, kStep);
  const int by_shared = static_cast<int>(kShared / (resources.shared + dynamic_shared + kReserved));
  return warps * std::min({kBlocks, kWarps / warps, kRegisters / registers / warps, by_shared});
}

}  // namespace gan::ptx::report
