#include "kernels/core/cpu/processor.h"

#include <dnnl.hpp>

namespace gan {

bool multiplies_bf16() {
  // Instruction sets are masks: one that includes another has all of its bits.
  constexpr auto kWanted = static_cast<unsigned>(dnnl::cpu_isa::avx512_core_bf16);
  return (static_cast<unsigned>(dnnl::get_effective_cpu_isa()) & kWanted) == kWanted;
}

}  // namespace gan
