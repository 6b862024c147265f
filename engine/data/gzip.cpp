#include "engine/data/gzip.h"

#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <limits>
#include <new>

#include "kernels/core/contract/error.h"

namespace gan {

namespace {
constexpr std::uint64_t kMostPerByte = 1032;
constexpr int kGzipWindow = 16 + MAX_WBITS;  // zlib's way to say: a gzip header and trailer, any window
}  // namespace

struct GzipReader::State {
  z_stream stream = {};
  std::array<std::uint8_t, 1 << 16> input;
};

bool is_gzip(std::span<const std::uint8_t> head) { return head.size() >= 2 && head[0] == 0x1f && head[1] == 0x8b; }

GzipReader::GzipReader(ByteReader& compressed)
    : ByteReader(compressed.name()), compressed_(compressed), state_(std::make_unique<State>()) {
  if (inflateInit2(&state_->stream, kGzipWindow) != Z_OK) throw std::bad_alloc();
}

GzipReader::~GzipReader() { inflateEnd(&state_->stream); }

std::uint64_t GzipReader::most_left() const {
  const std::uint64_t waiting = state_->stream.avail_in + compressed_.most_left();
  // One stored block's worth on top: zlib may hold inflated bytes that their compressed ones have already left.
  constexpr std::uint64_t kHeld = 1 << 16;
  return waiting > (std::numeric_limits<std::uint64_t>::max() - kHeld) / kMostPerByte
             ? std::numeric_limits<std::uint64_t>::max()
             : waiting * kMostPerByte + kHeld;
}

bool GzipReader::refill() {
  if (state_->stream.avail_in > 0) return true;
  state_->stream.next_in = state_->input.data();
  state_->stream.avail_in = static_cast<uInt>(compressed_.read(state_->input));
  return state_->stream.avail_in > 0;
}

void GzipReader::inflate_some() {
  switch (inflate(&state_->stream, Z_NO_FLUSH)) {
    case Z_OK:
    case Z_BUF_ERROR:  // no progress without more input or room: the caller brings it
      return;
    case Z_STREAM_END: in_member_ = false; return;
    case Z_MEM_ERROR: throw std::bad_alloc();
    default:
      throw InputError(fmt::format("{}: damaged gzip stream: {}", name(),
                                   state_->stream.msg != nullptr ? state_->stream.msg : "not deflate data"));
  }
}

std::size_t GzipReader::read(std::span<std::uint8_t> out) {
  std::size_t written = 0;
  while (written < out.size()) {
    if (!refill()) {
      if (!in_member_) break;
      // Input may be used up while zlib still holds output, so let it write that first.
      state_->stream.avail_in = 0;
    } else if (!in_member_) {
      inflateReset(&state_->stream);
      in_member_ = true;
    }
    const std::size_t room = std::min<std::size_t>(out.size() - written, 1 << 30);
    state_->stream.next_out = out.data() + written;
    state_->stream.avail_out = static_cast<uInt>(room);
    const uInt before = state_->stream.avail_in;
    inflate_some();
    const std::size_t made = room - state_->stream.avail_out;
    written += made;
    if (in_member_ && made == 0 && before == 0)
      throw InputError(fmt::format("{}: truncated: the file ends inside its gzip stream", name()));
  }
  return written;
}

}  // namespace gan
