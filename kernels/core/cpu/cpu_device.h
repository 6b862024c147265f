// The CPU as a device: what interprets the instructions by definition.
#pragma once

#include <cstddef>
#include <memory>
#include <typeindex>
#include <unordered_map>
#include <utility>

#include "kernels/core/contract/error.h"
#include "kernels/core/contract/precision.h"
#include "kernels/core/contract/tensor.h"

namespace gan {

/// Runs instructions on the CPU. F64 operands always take the plain definition; F32 operands take the fast route
/// (oneDNN's matrix products) unless `definition_only` is set. Both routes pass the same tests.
class CpuDevice {
 public:
  struct Options {
    int threads = 1;                       ///< how many OpenMP threads an instruction may use, at least 1
    bool definition_only = false;          ///< the plain loops for F32, too: what the tests compare with
    Precision products = Precision::Fp32;  ///< of the fast route; Bf16 wants multiplies_bf16()
  };
  /// Throws Error for less than a thread, MachineError for Bf16 on a processor that does not multiply it.
  explicit CpuDevice(const Options& options);
  ~CpuDevice();
  CpuDevice(const CpuDevice&) = delete;
  CpuDevice& operator=(const CpuDevice&) = delete;

  int threads() const { return options_.threads; }
  bool definition_only() const { return options_.definition_only; }
  Precision products() const { return options_.products; }

  /// At least `bytes` of memory aligned to 64 bytes, valid until the next call; undefined content. It grows to the
  /// largest request ever made and stays, so that nothing is allocated once every instruction has run.
  void* scratch(std::size_t bytes);

  /// What a library route keeps from call to call (compiled primitives, say): one `State` per device and type, made
  /// when it is first asked for.
  template <class State>
  State& state() {
    std::shared_ptr<void>& slot = states_[typeid(State)];
    if (!slot) slot = std::make_shared<State>();
    return *static_cast<State*>(slot.get());
  }

 private:
  Options options_;
  struct Free {
    void operator()(void* memory) const;
  };
  std::unique_ptr<void, Free> scratch_;
  std::size_t scratch_bytes_ = 0;
  std::unordered_map<std::type_index, std::shared_ptr<void>> states_;
};

/// Calls `body(Real{})` with float or double, whichever `type` says; any other type is an error naming `what`.
template <class Body>
void dispatch_real(DType type, const char* what, Body&& body) {
  if (type == DType::F32) return body(float{});
  if (type == DType::F64) return body(double{});
  throw Error(fmt::format("{}: operands are f32 or f64, got {}", what, name_of(type)));
}

}  // namespace gan
