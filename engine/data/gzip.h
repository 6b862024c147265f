// Gzip (RFC 1952) as a stream: inflated piece by piece, so that the reader decides how much it is ready to receive.
#pragma once

#include <cstdint>
#include <memory>
#include <span>

#include "engine/data/byte_reader.h"

namespace gan {

/// Whether bytes that start with `head` (two are enough) are gzipped.
bool is_gzip(std::span<const std::uint8_t> head);

/// Inflates another stream, which outlives it. Members that follow each other are joined; checksums are verified.
/// Nothing is inflated before it is asked for, so a bomb costs no more than its reader's buffer.
/// Throws InputError for a damaged or truncated stream and for bytes behind the last member.
class GzipReader final : public ByteReader {
 public:
  /// `compressed` stands at the first byte of a member.
  explicit GzipReader(ByteReader& compressed);
  ~GzipReader() override;
  std::size_t read(std::span<std::uint8_t> out) override;

  /// Deflate cannot write more than 258 bytes in two bits: 1032 for each compressed byte.
  std::uint64_t most_left() const override;

 private:
  struct State;         // holds zlib's stream, which keeps a pointer to itself
  bool refill();        // false: the compressed bytes have ended
  void inflate_some();  // one call of zlib's inflate
  ByteReader& compressed_;
  std::unique_ptr<State> state_;
  bool in_member_ = true;  // between a member's header and its checksum; the first must be there
};

}  // namespace gan
