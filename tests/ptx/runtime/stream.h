// Streams, and the graphs that are captured from them. Work is done at once, in order; a stream that is being captured
// only remembers it.
#pragma once

#include <driver_types.h>

#include <functional>
#include <memory>
#include <vector>

namespace gan::ptx::runtime {

/// One operation: what it returns is what the call would have returned.
using Work = std::function<cudaError_t()>;

/// What was captured, in the order of the calls. Streams that join by events add to the same list.
struct Graph {
  std::vector<Work> work;
  bool valid = true;  ///< false: the capture saw a call that cannot be captured
};

struct Stream {
  std::shared_ptr<Graph> capture;  ///< null: not being captured
  bool begun = false;              ///< the stream that cudaStreamBeginCapture named
};

/// The stream behind a handle; null for the default stream.
Stream* stream_of(cudaStream_t handle);

/// Does the work now, or remembers it if the stream is being captured.
cudaError_t submit(cudaStream_t stream, Work work);

/// For calls that wait: cudaSuccess, or the error (and the end of the capture) if something is being captured that they
/// would wait for. `stream` null: any.
cudaError_t may_wait(const Stream* stream);

}  // namespace gan::ptx::runtime
