// One way to test every instruction: run the CUDA kernel (emulated, or on a GPU) and compare all it wrote with the CPU
// definition. It needs to know nothing but the instruction's operands().
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <functional>
#include <limits>
#include <list>
#include <map>
#include <random>
#include <span>
#include <string>
#include <vector>

#include "kernels/core/contract/operands.h"
#include "kernels/core/cpu/cpu_device.h"
#include "kernels/core/cuda/cuda_device.h"
#include "tests/support/catch.h"

namespace gan::test {

/// Owns the host memory of the operands of a test case.
class Operands {
 public:
  /// F32, filled with whole numbers from -magnitude to magnitude. Sums of up to 2^24 / magnitude^2 products are exact.
  Tensor integers(const Shape& shape, unsigned seed, int magnitude = 8);
  /// F32, uniform in [low, high).
  Tensor uniform(const Shape& shape, unsigned seed, float low = -1, float high = 1);
  /// F32, all the same.
  Tensor constant(const Shape& shape, float value);
  /// F32, as given.
  Tensor values(const Shape& shape, const std::vector<float>& content);
  /// F32, NaN everywhere: for results.
  Tensor result(const Shape& shape);
  Tensor bytes(const Shape& shape, unsigned seed);
  Tensor indices(const std::vector<std::int32_t>& content);
  /// A U64 scalar.
  Tensor counter(std::uint64_t value);
  /// Uninitialised (all bits set) memory of any type.
  Tensor raw(const Shape& shape, DType dtype);

 private:
  std::list<std::vector<std::byte>> memory_;
};

/// got is as good as want when |got - want| <= absolute + relative |want|. NaN never is.
struct Tolerance {
  double absolute = 0;
  double relative = 0;
};

/// Rounding of a sequential fp32 sum of `terms` products of two numbers uniform in [-magnitude, magnitude]. A product
/// has standard deviation magnitude^2 / 3, the k-th partial sum sqrt(k) times that; each addition rounds by at most
/// eps/2 of it, and independent errors add to eps/2 magnitude^2 / 3 sqrt(sum of k) = eps/2 magnitude^2 / 3 terms /
/// sqrt(2). Eight standard deviations are allowed; blocked sums do better.
Tolerance rounding_of_sum(std::int64_t terms, double magnitude = 1);

/// Checks two tensors of the same type, element by element; U8, I32 and U64 must be equal. Reports the first and the
/// worst offender.
void expect_close(const std::string& what, const Tensor& got, const Tensor& want, Tolerance tolerance);

/// The CUDA device of this test program: emulated or real, made once.
CudaDevice& cuda_device();

/// Whether kernels run through the emulation in this program.
bool emulated();

/// Calls `body` once for every thread order that a kernel has to survive: seeds 0 to 3 under emulation, once on a GPU.
void for_each_thread_order(const std::function<void()>& body);

namespace detail {
/// Device copies of host tensors between guard zones.
class GuardedUpload {
 public:
  /// Copies `host` to the device, `displacement` bytes behind an address aligned to 256; fills the memory with NaN
  /// instead when it is only written.
  Tensor upload(const Tensor& host, Access access, std::size_t displacement);
  /// The device's content in new memory on the host, kept in `memory`; fails the test if a guard zone was touched.
  Tensor download(const char* name, const Tensor& device, std::list<std::vector<std::byte>>& memory);
  ~GuardedUpload();

 private:
  struct Allocation {
    std::byte* base;
    std::size_t before;  ///< bytes of guard before the content
    std::byte guard;     ///< what the zones hold: another byte for inputs than for outputs
  };
  std::map<void*, Allocation> allocations_;  ///< by the address of the content
};
}  // namespace detail

/// A copy of `instruction` whose operands lie in memory of their own; written ones are poisoned.
template <class Instruction>
Instruction clone_operands(const Instruction& instruction, std::list<std::vector<std::byte>>& memory) {
  Instruction copy = instruction;
  std::map<void*, void*> moved;  // operands that are the same tensor stay the same
  Instruction::operands(copy, [&](const char*, Tensor& tensor, Access access, Role) {
    if (!tensor.present()) return;
    auto& at = moved[tensor.data];
    if (!at) {
      memory.emplace_back(std::max<std::size_t>(tensor.bytes(), 1), std::byte{0xff});
      const bool has_content = access == Access::Read || access == Access::ReadWrite;
      if (has_content && tensor.bytes() > 0) std::memcpy(memory.back().data(), tensor.data, tensor.bytes());
      at = memory.back().data();
    }
    tensor.data = at;
  });
  return copy;
}

/// The same instruction with every F32 operand widened to F64 (in memory of its own): the exact answer, for practical
/// purposes, when run on the CPU.
template <class Instruction>
Instruction widen_operands(const Instruction& instruction, std::list<std::vector<std::byte>>& memory) {
  Instruction wide = instruction;
  Instruction::operands(wide, [&](const char*, Tensor& tensor, Access access, Role) {
    if (!tensor.present() || tensor.dtype != DType::F32 || access == Access::Scratch) return;
    memory.emplace_back(static_cast<std::size_t>(tensor.count()) * sizeof(double));
    auto* to = reinterpret_cast<double*>(memory.back().data());
    const bool poison = access == Access::Write;
    for (std::int64_t i = 0; i < tensor.count(); ++i)
      to[i] = poison ? std::numeric_limits<double>::quiet_NaN() : static_cast<double>(tensor.as<float>()[i]);
    tensor.dtype = DType::F64;
    tensor.data = to;
  });
  return wide;
}

/// Runs the instruction on the CUDA device with guarded operands, of which the written ones hold NaN at first; its
/// operands afterwards, on the host. Operands whose name is `displaced` start one element behind an aligned address.
template <class Instruction, class Displaced>
Instruction run_on_cuda(const Instruction& instruction, std::list<std::vector<std::byte>>& memory,
                        const Displaced& displaced) {
  detail::GuardedUpload upload;
  Instruction device = instruction;
  std::map<void*, void*> moved;
  Instruction::operands(device, [&](const char* name, Tensor& tensor, Access access, Role) {
    if (!tensor.present()) return;
    auto& at = moved[tensor.data];
    if (!at) at = upload.upload(tensor, access, displaced(name) ? size_of(tensor.dtype) : 0).data;
    tensor.data = at;
  });
  run(device, cuda_device());
  cuda_device().synchronize();
  Instruction::operands(device, [&](const char* name, Tensor& tensor, Access, Role) {
    if (tensor.present()) tensor = upload.download(name, tensor, memory);
  });
  return device;
}

/// The same with every operand aligned.
template <class Instruction>
Instruction run_on_cuda(const Instruction& instruction, std::list<std::vector<std::byte>>& memory) {
  return run_on_cuda(instruction, memory, [](const char*) { return false; });
}

/// The inner product of two F32 tensors, in double: exact on whole numbers.
double dot(const Tensor& a, const Tensor& b);

/// Compares what `got` wrote with what `want` wrote (operand by operand; `want` may be wider).
template <class Instruction>
void expect_same_results(const Instruction& got, const Instruction& want, Tolerance tolerance) {
  std::vector<Tensor> expected;
  Instruction::operands(want, [&](const char*, const Tensor& tensor, Access, Role) { expected.push_back(tensor); });
  std::size_t i = 0;
  Instruction::operands(got, [&](const char* name, const Tensor& tensor, Access access, Role) {
    const Tensor& reference = expected[i++];
    if (!tensor.present() || access == Access::Read || access == Access::Scratch) return;
    expect_close(std::string(Instruction::kName) + " " + name, tensor, reference, tolerance);
  });
}

/// The property test: validate, run the definition in double on the CPU, run the CUDA kernel under every thread order,
/// compare. Inputs must come back unchanged.
template <class Instruction>
void expect_cuda_matches_definition(const Instruction& instruction, Tolerance tolerance) {
  validate(instruction);
  std::list<std::vector<std::byte>> memory;
  CpuDevice cpu({.threads = 1, .definition_only = true});
  const Instruction want = widen_operands(instruction, memory);
  const Instruction fresh = clone_operands(want, memory);
  run(fresh, cpu);
  for_each_thread_order([&] {
    std::list<std::vector<std::byte>> results;
    const Instruction got = run_on_cuda(instruction, results);
    expect_same_results(got, fresh, tolerance);
    std::vector<Tensor> inputs;
    Instruction::operands(instruction,
                          [&](const char*, const Tensor& tensor, Access, Role) { inputs.push_back(tensor); });
    std::size_t i = 0;
    Instruction::operands(got, [&](const char* name, const Tensor& tensor, Access access, Role) {
      const Tensor& input = inputs[i++];
      if (!tensor.present() || access != Access::Read || tensor.bytes() == 0) return;
      INFO(Instruction::kName << " must not change " << name);
      REQUIRE(std::memcmp(tensor.data, input.data, tensor.bytes()) == 0);  // NaN may be an input: bits, not values
    });
  });
}

/// The fast CPU route (F32) against the definition in double, with one thread and with several.
template <class Instruction>
void expect_cpu_matches_definition(const Instruction& instruction, Tolerance tolerance) {
  validate(instruction);
  std::list<std::vector<std::byte>> memory;
  const Instruction want = clone_operands(widen_operands(instruction, memory), memory);
  CpuDevice definition({.threads = 1, .definition_only = true});
  run(want, definition);
  for (const bool definition_only : {false, true})
    for (const int threads : {1, 3}) {
      INFO("threads " << threads << ", definition only " << definition_only);
      CpuDevice fast({.threads = threads, .definition_only = definition_only});
      const Instruction got = clone_operands(instruction, memory);
      run(got, fast);
      expect_same_results(got, want, tolerance);
    }
}

/// Checks a backward in double by central differences. `scalar(values)` evaluates the forward's loss from the flattened
/// inputs; `gradient` is what the backward claims. The step is eps^(1/3), the error eps^(2/3) times third derivatives.
void expect_gradient(const std::string& what, const std::function<double(const std::vector<double>&)>& scalar,
                     const std::vector<double>& at, const std::vector<double>& gradient, double tolerance = 1e-6);

}  // namespace gan::test
