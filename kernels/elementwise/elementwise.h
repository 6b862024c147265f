// Small instructions on whole tensors: fill, copy, and the counters of iterations and updates.
#pragma once

#include <cstdint>

#include "kernels/core/contract/cost.h"
#include "kernels/core/contract/operands.h"

namespace gan {

class CpuDevice;
class CudaDevice;

/// y = value, everywhere.
struct Fill {
  static constexpr const char* kName = "fill";
  Tensor y;
  float value = 0;

  static void operands(auto& self, auto&& visit) { visit("y", self.y, Access::Write, Role::Value); }
};

/// y = x; any element type, the same for both.
struct Copy {
  static constexpr const char* kName = "copy";
  Tensor x;
  Tensor y;

  static void operands(auto& self, auto&& visit) {
    visit("x", self.x, Access::Read, Role::Anything);
    visit("y", self.y, Access::Write, Role::Anything);
  }
};

/// counter += by: what ends an iteration. All randomness and Adam's bias correction follow from counters.
struct AdvanceCounter {
  static constexpr const char* kName = "advance";
  Tensor counter;  ///< U64 scalar
  std::uint32_t by = 1;

  static void operands(auto& self, auto&& visit) { visit("counter", self.counter, Access::ReadWrite, Role::Counter); }
};

/// What these promise of every instruction: kernels/core/contract/operands.h.
void validate(const Fill&);
void validate(const Copy&);
void validate(const AdvanceCounter&);
Cost cost(const Fill&);
Cost cost(const Copy&);
Cost cost(const AdvanceCounter&);
void run(const Fill&, CpuDevice&);
void run(const Copy&, CpuDevice&);
void run(const AdvanceCounter&, CpuDevice&);
void run(const Fill&, CudaDevice&);
void run(const Copy&, CudaDevice&);
void run(const AdvanceCounter&, CudaDevice&);

}  // namespace gan
