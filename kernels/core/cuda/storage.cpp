// Apart from storage.cuh because the message's formatting is no matter for a CUDA compiler.
#include "kernels/core/contract/error.h"
#include "kernels/core/contract/tensor.h"

namespace gan {

[[noreturn]] void refuse_storage(const char* instruction, DType dtype);

void refuse_storage(const char* instruction, DType dtype) {
  throw Error(fmt::format("{}: CUDA kernels take f32, got {}", instruction, name_of(dtype)));
}

}  // namespace gan
