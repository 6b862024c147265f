// Which element types an operand may have, by its role: the one place that says so.
#pragma once

#include <span>

#include "kernels/core/contract/operands.h"

namespace gan {

/// The element types that `role` admits, the usual one first. F64 is there for the tests: the CPU definitions run in it.
std::span<const DType> element_types(Role role);

/// Throws Error unless `tensor`, an operand of this role, has a type that the role admits.
void require_element_type(const char* instruction, const char* operand, const Tensor& tensor, Role role);

/// Throws Error unless F64 is used for both operands or for neither. An absent operand fits to any.
void require_same_precision(const char* instruction, const char* first_name, const Tensor& first,
                            const char* second_name, const Tensor& second);

/// Throws Error unless every operand that is present has an element type that its role admits, and F64 is used either
/// for all real operands or for none (workspaces aside).
template <class Instruction>
void require_element_types(const Instruction& instruction) {
  const char* first_name = nullptr;
  Tensor first;
  Instruction::operands(instruction, [&](const char* name, const Tensor& tensor, Access, Role role) {
    if (!tensor.present()) return;
    require_element_type(Instruction::kName, name, tensor, role);
    if (element_types(role).size() < 2) return;  // one type only: it has no precision to choose
    if (first_name == nullptr) {
      first_name = name;
      first = tensor;
    }
    require_same_precision(Instruction::kName, first_name, first, name, tensor);
  });
}

}  // namespace gan
