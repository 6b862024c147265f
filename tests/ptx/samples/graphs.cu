// The same work captured into a graph, and launched with programmatic dependence.

#include "tests/ptx/samples/device_vector.h"
#include "tests/ptx/samples/samples.h"

namespace gan::ptx::samples {
namespace {

/// y = 2 x + *one.
__global__ void twice_plus(const float* x, const float* one, float* y, int count) {
#if __CUDA_ARCH__ >= 900
  asm volatile("griddepcontrol.wait;" ::: "memory");
#endif
  const int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < count) y[i] = 2 * x[i] + *one;
#if __CUDA_ARCH__ >= 900
  asm volatile("griddepcontrol.launch_dependents;");
#endif
}

__global__ void increment(float* value) { *value += 1; }

}  // namespace

Floats replayed(const Floats& x, int times) {
  const int count = static_cast<int>(x.size());
  const DeviceVector<float> in(x), out(x.size()), one(1);
  cudaStream_t stream;
  cudaGraph_t graph;
  cudaGraphExec_t executable;
  check(cudaStreamCreateWithFlags(&stream, cudaStreamNonBlocking), "a stream");
  check(cudaStreamBeginCapture(stream, cudaStreamCaptureModeGlobal), "beginning to capture");
  check(cudaMemsetAsync(one.get(), 0, sizeof(float), stream), "memset");
  increment<<<1, 1, 0, stream>>>(one.get());
  twice_plus<<<(count + 63) / 64, 64, 0, stream>>>(in.get(), one.get(), out.get(), count);
  check(cudaMemcpyAsync(in.get(), out.get(), in.bytes(), cudaMemcpyDeviceToDevice, stream), "a copy");
  check(cudaStreamEndCapture(stream, &graph), "ending to capture");
  check(cudaGraphInstantiate(&executable, graph, 0), "instantiating");
  for (int i = 0; i < times; ++i) check(cudaGraphLaunch(executable, stream), "launching the graph");
  check(cudaStreamSynchronize(stream), "the graph");
  cudaGraphExecDestroy(executable), cudaGraphDestroy(graph), cudaStreamDestroy(stream);
  return in.values();
}

Floats launched_dependently(const Floats& x, int times) {
  const int count = static_cast<int>(x.size());
  const DeviceVector<float> in(x), out(x.size()), one(Floats{1});
  cudaLaunchAttribute attribute{};
  attribute.id = cudaLaunchAttributeProgrammaticStreamSerialization;
  attribute.val.programmaticStreamSerializationAllowed = 1;
  cudaLaunchConfig_t config{};
  config.gridDim = dim3((count + 63) / 64), config.blockDim = dim3(64);
  config.attrs = &attribute, config.numAttrs = 1;
  const float *from = in.get(), *constant = one.get();
  float* to = out.get();
  for (int i = 0; i < times; ++i) {
    check(cudaLaunchKernelEx(&config, twice_plus, from, constant, to, count), "launching");
    const float* next = to;
    to = const_cast<float*>(from), from = next;
  }
  return times % 2 == 0 ? in.values() : out.values();
}

}  // namespace gan::ptx::samples
