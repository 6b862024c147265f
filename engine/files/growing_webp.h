// An animated WebP file that grows by a frame at a time, and that a killed process leaves readable.
//
// A frame is appended behind the end that the RIFF header states, and only then does the header state the new end, in one write
// to the first 44 bytes of the file. Whoever dies between the two leaves bytes behind the stated end, which
// readers pass over and the next open cuts off. Every frame carries its number in a chunk of its own ("ITER", 8 bytes,
// little-endian), which readers of WebP do not know and pass over as the format asks of them, so that the file itself says
// which frames a process that goes on from an earlier point has to drop.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>

#include "engine/files/descriptor.h"
#include "engine/files/image.h"

namespace gan {

/// The file at a path, open for appending. A missing file is made with its first frame.
class GrowingWebp {
 public:
  /// Opens what is there and drops the frames with numbers above `last`, and whatever stands behind the first thing that is
  /// not a whole frame of this class. A file without such frames is removed. MachineError when the system refuses.
  GrowingWebp(std::filesystem::path path, std::int64_t last);

  /// The number of the last frame; nothing without frames.
  std::optional<std::int64_t> last_number() const { return last_number_; }

  /// Whether an image has the size of the frames so far, and a size that the format can have.
  bool accepts(const Image& image) const;

  /// Appends a frame, shown for `milliseconds`, under a number above the last one's. The same frames give the same file,
  /// however often it was opened between them. False, with nothing written, when the file has reached the 4 GB that the
  /// format allows. MachineError when the system refuses: the frame is then not part of the file.
  bool add(std::int64_t number, const Image& image, std::int64_t milliseconds);

  /// Flushes the file to the disk.
  void sync();

  /// Renames the file; a new one begins with the next frame.
  void move_to(const std::filesystem::path& other);

 private:
  void open_existing(std::int64_t last);
  void forget();
  void state_end(std::uint64_t end);

  std::filesystem::path path_;
  Descriptor file_;
  std::int64_t height_ = 0, width_ = 0;
  std::uint64_t end_ = 0;  ///< of the last frame
  std::optional<std::int64_t> last_number_;
};

}  // namespace gan
