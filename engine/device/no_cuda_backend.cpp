// What stands in for the CUDA backend in a build without the CUDA toolkit.
#include "engine/device/backend.h"
#include "kernels/core/contract/error.h"

namespace gan {

std::unique_ptr<Backend> make_cuda_backend() {
  throw MachineError("this program was built without the CUDA toolkit; build it where nvcc is");
}

bool cuda_available() { return false; }

}  // namespace gan
