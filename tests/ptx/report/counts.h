// What a launch has executed and touched, counted warp instruction by warp instruction.
#pragma once

#include <array>
#include <string_view>
#include <vector>

#include "tests/ptx/interpreter/observer.h"
#include "tests/ptx/interpreter/warp.h"

namespace gan::ptx::report {

/// Kinds of PTX instructions. What moves, compares or converts floats is kFloat if its type says so, else kInteger.
enum class Class : u8 { kFma, kTensor, kFloat, kInteger, kGlobal, kShared, kBranch, kBarrier, kOther };
constexpr std::size_t kClasses = 9;

/// Class of a PTX instruction with its modifiers: "fma.rn.f32".
Class class_of(std::string_view form);

/// Accesses of warps to global memory in sectors of 32 bytes, what the memory system moves at least.
struct GlobalTraffic {
  u64 accesses = 0;  ///< warp instructions
  u64 sectors = 0;   ///< that they touched
  u64 fewest = 0;    ///< that would have held their bytes, those that lanes share counted once
  u64 bytes = 0;     ///< of all lanes

  /// Share of the requested sectors that was needed; a broadcast of one word needs its one sector. 1 without accesses.
  double useful() const { return sectors == 0 ? 1 : static_cast<double>(fewest) / static_cast<double>(sectors); }
};

/// Accesses of warps to shared memory: 32 banks of 4 bytes. An access of 8 or 16 bytes a lane is made by half or quarter
/// warps, one after another, as the hardware does it.
struct SharedTraffic {
  u64 parts = 0;   ///< (parts of) warps that accessed
  u64 passes = 0;  ///< for each, the most different words that one bank had to give

  double ways() const { return parts == 0 ? 1 : static_cast<double>(passes) / static_cast<double>(parts); }
};

/// The counts of some blocks.
struct Counts {
  std::array<u64, kClasses> thread_instructions{};
  u64 warp_instructions = 0, barriers = 0;  ///< barriers: warps that came to one
  double active_lanes = 0;                  ///< mean over the warp instructions that are no branches
  /// The same over the main loop: the instructions that were executed at least half as often as the most executed one.
  /// Without a loop that is everything that most warps do.
  double main_loop_lanes = 0;
  GlobalTraffic loads, stores;  ///< stores: atomics too
  SharedTraffic shared;
};

/// Watches one launch of `program`.
class Counter : public Observer {
 public:
  explicit Counter(const Program& program);
  void executed(const Warp& warp, const Instruction& instruction, Mask active) override;
  void accessed(const Access& access) override;
  Counts counts() const;

 private:
  struct Executions {
    Class kind = Class::kOther;
    u64 warps = 0, lanes = 0;
  };
  const Program& program_;
  std::vector<Executions> instructions_;  ///< by place in Program::code
  GlobalTraffic loads_, stores_;
  SharedTraffic shared_;
};

}  // namespace gan::ptx::report
