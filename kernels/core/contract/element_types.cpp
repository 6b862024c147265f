#include "kernels/core/contract/element_types.h"

#include <algorithm>

#include "kernels/core/contract/error.h"

namespace gan {

namespace {

constexpr DType kActivations[] = {DType::F32, DType::F64};  // 16-bit activations will be admitted here
constexpr DType kWeights[] = {DType::F32, DType::F64};      // and 16-bit copies of the weights here
constexpr DType kReals[] = {DType::F32, DType::F64};
constexpr DType kAll[] = {DType::F32, DType::F64, DType::U8, DType::I32, DType::U64};
constexpr DType kWorkspaces[] = {DType::F32};
constexpr DType kCounters[] = {DType::U64};
constexpr DType kPixels[] = {DType::U8};
constexpr DType kIndices[] = {DType::I32};

std::string list_of(std::span<const DType> types) {
  std::string text = name_of(types.front());
  for (const DType type : types.subspan(1)) text += std::string(" or ") + name_of(type);
  return text;
}

}  // namespace

std::span<const DType> element_types(Role role) {
  switch (role) {
    case Role::Activation: return kActivations;
    case Role::Weight: return kWeights;
    case Role::Parameter:
    case Role::ParameterGradient:
    case Role::OptimizerState:
    case Role::Statistic:
    case Role::Loss:
    case Role::Value: return kReals;
    case Role::Anything: return kAll;
    case Role::Workspace: return kWorkspaces;
    case Role::Counter: return kCounters;
    case Role::Pixels: return kPixels;
    case Role::Index: return kIndices;
  }
  throw Error("unknown role");
}

void require_element_type(const char* instruction, const char* operand, const Tensor& tensor, Role role) {
  const std::span<const DType> admitted = element_types(role);
  require(std::find(admitted.begin(), admitted.end(), tensor.dtype) != admitted.end(), "{}: {} is {}, expected {}",
          instruction, operand, name_of(tensor.dtype), list_of(admitted));
}

void require_same_precision(const char* instruction, const char* first_name, const Tensor& first,
                            const char* second_name, const Tensor& second) {
  const bool first_is_double = first.dtype == DType::F64, second_is_double = second.dtype == DType::F64;
  if (first_is_double == second_is_double) return;
  const auto name = [&](bool wanted) { return first_is_double == wanted ? first_name : second_name; };
  const Tensor& single = first_is_double ? second : first;
  throw Error(fmt::format("{}: {} is f64, expected {} as {}: f64 is for all real operands or for none", instruction,
                          name(true), name_of(single.dtype), name(false)));
}

}  // namespace gan
