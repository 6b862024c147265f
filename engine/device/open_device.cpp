#include <omp.h>

#include "engine/device/backend.h"
#include "kernels/core/contract/error.h"

namespace gan {

int thread_count(int threads) { return threads > 0 ? threads : omp_get_num_procs(); }

std::unique_ptr<Backend> open_device(const std::string& name, int threads, Precision products) {
  if (name == "cpu" || (name == "auto" && !cuda_available())) return make_cpu_backend(thread_count(threads), products);
  if (name != "cuda" && name != "auto")
    throw Error(fmt::format("there is no device '{}'; there are auto, cuda, cpu", name));
  std::unique_ptr<Backend> cuda;
  try {
    cuda = make_cuda_backend();
  } catch (const MachineError& error) {
    throw MachineError(fmt::format("--device {}: {}; --device cpu works everywhere", name, error.what()));
  }
  if (products == Precision::Bf16)
    throw MachineError(
        "--precision bf16: GPUs multiply in fp32 so far; accepted with a GPU is fp32, --device cpu takes bf16");
  return cuda;
}

}  // namespace gan
