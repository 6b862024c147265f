// In which precision matrix products take their factors.
#pragma once

#include <string_view>

namespace gan {

/// How convolutions and linear layers multiply. Tensors are stored in fp32 and products summed in fp32 either way; losses,
/// statistics, normalisation and updates do not come under it.
enum class Precision {
  Fp32,  ///< factors as they are
  Bf16  ///< factors rounded to the nearest bfloat16 (8 bits of significand, fp32's range); a device keeps layers in fp32
        ///< that it has no bf16 kernel for
};

/// "fp32", "bf16"
constexpr const char* name_of(Precision precision) { return precision == Precision::Bf16 ? "bf16" : "fp32"; }

/// The precision of that name, one of the two.
constexpr Precision precision_named(std::string_view name) {
  return name == name_of(Precision::Bf16) ? Precision::Bf16 : Precision::Fp32;
}

}  // namespace gan
