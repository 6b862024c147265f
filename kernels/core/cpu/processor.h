// What this processor can do, as oneDNN sees it.
#pragma once

namespace gan {

/// Whether it multiplies bfloat16 numbers (AVX512-BF16), and oneDNN has not been told to do without (ONEDNN_MAX_CPU_ISA).
bool multiplies_bf16();

}  // namespace gan
