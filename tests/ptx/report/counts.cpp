#include "tests/ptx/report/counts.h"

#include <algorithm>

namespace gan::ptx::report {
namespace {

constexpr u64 kSector = 32;
constexpr u32 kBanks = 32, kWord = 4;

/// The instruction on a line of PTX, without label, guard and operands.
std::string_view form_on(std::string_view line) {
  const auto skip = [&](std::size_t n) { line.remove_prefix(std::min(n, line.size())); };
  skip(line.find_first_not_of(" \t{"));
  if (line.starts_with('@')) {
    skip(line.find_first_of(" \t"));
    skip(line.find_first_not_of(" \t"));
  }
  return line.substr(0, line.find_first_of(" \t;"));
}

void count(GlobalTraffic& traffic, const Access& access) {
  u64 sectors[kLanes * 2], addresses[kLanes];
  std::size_t touched = 0, lanes = 0;
  for_lanes(access.lanes, [&](int i) {
    addresses[lanes++] = access.addresses[i];
    for (u64 s = access.addresses[i] / kSector; s <= (access.addresses[i] + access.bytes - 1) / kSector; ++s)
      if (touched == 0 || sectors[touched - 1] != s) sectors[touched++] = s;
  });
  std::sort(sectors, sectors + touched);
  std::sort(addresses, addresses + lanes);
  const u64 different = static_cast<u64>(std::unique(sectors, sectors + touched) - sectors);
  const u64 bytes = static_cast<u64>(std::unique(addresses, addresses + lanes) - addresses) * access.bytes;
  ++traffic.accesses;
  traffic.sectors += different;
  traffic.fewest += (bytes + kSector - 1) / kSector;
  traffic.bytes += lanes * access.bytes;
}

void count(SharedTraffic& traffic, const Access& access) {
  const u32 words = std::max(access.bytes / kWord, 1u);
  const int lanes = static_cast<int>(kLanes / words);
  for (int first = 0; first < kLanes; first += lanes) {
    u64 seen[kBanks][kLanes];
    u32 different[kBanks] = {}, most = 0;
    for (int i = first; i < first + lanes; ++i) {
      if ((access.lanes >> i & 1) == 0) continue;
      for (u32 w = 0; w < words; ++w) {
        const u64 word = access.addresses[i] / kWord + w, bank = word % kBanks;
        if (std::find(seen[bank], seen[bank] + different[bank], word) != seen[bank] + different[bank]) continue;
        seen[bank][different[bank]++] = word;
        most = std::max(most, different[bank]);
      }
    }
    if (most == 0) continue;
    ++traffic.parts;
    traffic.passes += most;
  }
}

}  // namespace

Class class_of(std::string_view form) {
  const std::string_view name = form.substr(0, form.find('.'));
  const auto any_of = [&](std::initializer_list<std::string_view> names) {
    return std::find(names.begin(), names.end(), name) != names.end();
  };
  const auto says = [&](std::string_view modifier) { return form.find(modifier) != std::string_view::npos; };
  if (any_of({"mma", "wgmma", "wmma"})) return Class::kTensor;
  if (any_of({"bar", "barrier", "mbarrier"})) return Class::kBarrier;
  if (any_of({"bra", "ret", "exit"})) return Class::kBranch;
  if (any_of({"ld", "ldu", "st", "atom", "red", "cp", "ldmatrix", "stmatrix"})) {
    if (says(".shared") || any_of({"ldmatrix", "stmatrix"})) return says(".global") ? Class::kGlobal : Class::kShared;
    return says(".global") ? Class::kGlobal : Class::kOther;
  }
  if (any_of({"shfl", "vote", "activemask", "fence", "membar"})) return Class::kOther;
  const bool is_float = says(".f32") || says(".f16") || says(".bf16") || says(".f64");
  if (any_of({"fma"}) && is_float) return Class::kFma;
  return is_float ? Class::kFloat : Class::kInteger;
}

Counter::Counter(const Program& program) : program_(program), instructions_(program.code.size()) {
  for (std::size_t i = 0; i < program.code.size(); ++i) {
    const Instruction& in = program.code[i];
    instructions_[i].kind = in.flow == Flow::kBranch || in.flow == Flow::kExit ? Class::kBranch
                            : in.line == 0 || in.line > program.lines.size()
                                ? Class::kOther
                                : class_of(form_on(program.lines[in.line - 1]));
  }
}

void Counter::executed(const Warp&, const Instruction& instruction, Mask active) {
  Executions& e = instructions_[static_cast<std::size_t>(&instruction - program_.code.data())];
  ++e.warps;
  e.lanes += static_cast<u64>(__builtin_popcount(active));
}

void Counter::accessed(const Access& access) {
  if (access.proxy != Proxy::kGeneric || access.lanes == 0 || access.bytes == 0) return;
  if (access.space == Space::kShared) count(shared_, access);
  if (access.space == Space::kGlobal) count(access.kind == AccessKind::kRead ? loads_ : stores_, access);
}

Counts Counter::counts() const {
  Counts c{.loads = loads_, .stores = stores_, .shared = shared_};
  u64 most = 0;
  for (const Executions& e : instructions_) most = std::max(most, e.warps);
  struct Mean {
    u64 warps = 0, lanes = 0;
    void add(const Executions& e) { warps += e.warps, lanes += e.lanes; }
    double value() const { return warps == 0 ? kLanes : static_cast<double>(lanes) / static_cast<double>(warps); }
  } all, main_loop;
  for (const Executions& e : instructions_) {
    c.thread_instructions[static_cast<std::size_t>(e.kind)] += e.lanes;
    c.warp_instructions += e.warps;
    if (e.kind == Class::kBarrier) c.barriers += e.warps;
    if (e.kind == Class::kBranch) continue;
    all.add(e);
    if (e.warps * 2 >= most) main_loop.add(e);
  }
  c.active_lanes = all.value(), c.main_loop_lanes = main_loop.value();
  return c;
}

}  // namespace gan::ptx::report
