#include "tests/ptx/runtime/stream.h"

#include <cuda_runtime_api.h>

#include <chrono>
#include <set>

#include "tests/ptx/runtime/device.h"

namespace gan::ptx::runtime {
namespace {

struct Event {
  std::chrono::steady_clock::time_point when;
  std::shared_ptr<Graph> capture;  ///< recorded while this was captured
};

std::set<Stream*>& captured_streams() {
  static std::set<Stream*> all;
  return all;
}

Event* event_of(cudaEvent_t event) { return reinterpret_cast<Event*>(event); }
cudaError_t report(cudaError_t error) { return Device::instance().report(error); }

}  // namespace

Stream* stream_of(cudaStream_t handle) {
  const bool is_default = handle == nullptr || handle == cudaStreamLegacy || handle == cudaStreamPerThread;
  return is_default ? nullptr : reinterpret_cast<Stream*>(handle);
}

cudaError_t submit(cudaStream_t handle, Work work) {
  Stream* stream = stream_of(handle);
  if (stream == nullptr || !stream->capture) return work();
  stream->capture->work.push_back(std::move(work));
  return cudaSuccess;
}

cudaError_t may_wait(const Stream* stream) {
  cudaError_t error = cudaSuccess;
  for (Stream* captured : captured_streams())
    if (stream == nullptr || stream == captured)
      captured->capture->valid = false, error = cudaErrorStreamCaptureUnsupported;
  return error;
}

}  // namespace gan::ptx::runtime

using namespace gan::ptx::runtime;  // the C functions below have no namespace of their own

extern "C" {

// ---- streams ----
cudaError_t cudaStreamCreateWithFlags(cudaStream_t* stream, unsigned) {
  return *stream = reinterpret_cast<cudaStream_t>(new Stream), cudaSuccess;
}
cudaError_t cudaStreamCreate(cudaStream_t* stream) { return cudaStreamCreateWithFlags(stream, 0); }
cudaError_t cudaStreamDestroy(cudaStream_t stream) {
  captured_streams().erase(stream_of(stream));
  return delete stream_of(stream), cudaSuccess;
}
cudaError_t cudaStreamSynchronize(cudaStream_t stream) {
  if (stream_of(stream) != nullptr)
    if (const cudaError_t error = may_wait(stream_of(stream)); error != cudaSuccess) return report(error);
  return Device::instance().sticky();
}
cudaError_t cudaStreamQuery(cudaStream_t stream) { return cudaStreamSynchronize(stream); }
cudaError_t cudaDeviceSynchronize() {
  const cudaError_t error = may_wait(nullptr);
  return error != cudaSuccess ? report(error) : Device::instance().sticky();
}

// ---- events ----
cudaError_t cudaEventCreateWithFlags(cudaEvent_t* event, unsigned) {
  return *event = reinterpret_cast<cudaEvent_t>(new Event), cudaSuccess;
}
cudaError_t cudaEventCreate(cudaEvent_t* event) { return cudaEventCreateWithFlags(event, 0); }
cudaError_t cudaEventDestroy(cudaEvent_t event) { return delete event_of(event), cudaSuccess; }
cudaError_t cudaEventRecord(cudaEvent_t event, cudaStream_t stream) {
  const Stream* from = stream_of(stream);
  event_of(event)->capture = from != nullptr ? from->capture : nullptr;
  return event_of(event)->when = std::chrono::steady_clock::now(), cudaSuccess;
}
cudaError_t cudaEventRecordWithFlags(cudaEvent_t event, cudaStream_t stream, unsigned) {
  return cudaEventRecord(event, stream);
}
cudaError_t cudaEventSynchronize(cudaEvent_t) { return Device::instance().sticky(); }
cudaError_t cudaEventQuery(cudaEvent_t) { return Device::instance().sticky(); }
cudaError_t cudaEventElapsedTime(float* ms, cudaEvent_t a, cudaEvent_t b) {
  *ms = std::chrono::duration<float, std::milli>(event_of(b)->when - event_of(a)->when).count();
  return cudaSuccess;
}
cudaError_t cudaStreamWaitEvent(cudaStream_t stream, cudaEvent_t event, unsigned) {
  Stream* who = stream_of(stream);
  if (who == nullptr || !event_of(event)->capture) return cudaSuccess;
  who->capture = event_of(event)->capture;  // the stream joins the capture
  captured_streams().insert(who);
  return cudaSuccess;
}

// ---- capture and graphs ----
cudaError_t cudaStreamBeginCapture(cudaStream_t stream, cudaStreamCaptureMode) {
  Stream* who = stream_of(stream);
  if (who == nullptr) return report(cudaErrorStreamCaptureUnsupported);
  if (who->capture) return report(cudaErrorIllegalState);
  who->capture = std::make_shared<Graph>();
  who->begun = true;
  captured_streams().insert(who);
  return cudaSuccess;
}
cudaError_t cudaStreamEndCapture(cudaStream_t stream, cudaGraph_t* graph) {
  Stream* who = stream_of(stream);
  *graph = nullptr;
  if (who == nullptr || !who->capture || !who->begun) return report(cudaErrorIllegalState);
  const std::shared_ptr<Graph> captured = who->capture;
  who->begun = false;
  for (auto at = captured_streams().begin(); at != captured_streams().end();)
    if ((*at)->capture == captured) (*at)->capture.reset(), at = captured_streams().erase(at);
    else ++at;
  if (!captured->valid) return report(cudaErrorStreamCaptureInvalidated);
  return *graph = reinterpret_cast<cudaGraph_t>(new Graph(*captured)), cudaSuccess;
}
cudaError_t cudaStreamIsCapturing(cudaStream_t stream, cudaStreamCaptureStatus* status) {
  const Stream* who = stream_of(stream);
  const bool captured = who != nullptr && who->capture;
  *status = !captured             ? cudaStreamCaptureStatusNone
            : who->capture->valid ? cudaStreamCaptureStatusActive
                                  : cudaStreamCaptureStatusInvalidated;
  return cudaSuccess;
}
cudaError_t cudaGraphInstantiate(cudaGraphExec_t* executable, cudaGraph_t graph, unsigned long long) {
  return *executable = reinterpret_cast<cudaGraphExec_t>(new Graph(*reinterpret_cast<Graph*>(graph))), cudaSuccess;
}
cudaError_t cudaGraphLaunch(cudaGraphExec_t executable, cudaStream_t stream) {
  for (const Work& work : reinterpret_cast<Graph*>(executable)->work)
    if (const cudaError_t error = submit(stream, work); error != cudaSuccess) return report(error);
  return cudaSuccess;
}
cudaError_t cudaGraphUpload(cudaGraphExec_t, cudaStream_t) { return cudaSuccess; }
cudaError_t cudaGraphGetNodes(cudaGraph_t graph, cudaGraphNode_t* nodes, size_t* count) {
  if (nodes != nullptr) return report(cudaErrorNotSupported);
  return *count = reinterpret_cast<Graph*>(graph)->work.size(), cudaSuccess;
}
cudaError_t cudaGraphDestroy(cudaGraph_t graph) { return delete reinterpret_cast<Graph*>(graph), cudaSuccess; }
cudaError_t cudaGraphExecDestroy(cudaGraphExec_t executable) {
  return delete reinterpret_cast<Graph*>(executable), cudaSuccess;
}

}  // extern "C"
