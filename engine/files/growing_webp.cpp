#include "engine/files/growing_webp.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>

#include "engine/files/webp_animation.h"
#include "kernels/core/contract/error.h"

namespace gan {

namespace {

constexpr std::string_view kNumberChunk = "ITER";
constexpr std::size_t kNumberBytes = 8;
constexpr std::size_t kWidthAt = 24, kHeightAt = 27, kSideBytes = 3;  // of the canvas, in the VP8X chunk

[[noreturn]] void fail(const std::filesystem::path& path, int error_number) {
  throw MachineError(fmt::format("cannot write '{}': {}", path.string(), reason_of(error_number)));
}

std::string number_chunk(std::int64_t number) {
  std::string bytes;
  for (std::size_t i = 0; i < kNumberBytes; ++i) bytes += static_cast<char>(number >> (8 * i) & 0xFF);
  return webp_chunk(kNumberChunk, bytes);
}

std::uint64_t little_endian(std::string_view bytes) {
  std::uint64_t number = 0;
  for (std::size_t i = bytes.size(); i-- > 0;) number = number << 8 | static_cast<unsigned char>(bytes[i]);
  return number;
}

/// A frame of ours in a file.
struct FoundFrame {
  std::int64_t number;
  std::uint64_t end;
};

/// Reads pieces of a file that may end anywhere.
class Scan {
 public:
  Scan(const Descriptor& file, const std::filesystem::path& path)
      : file_(file), path_(path), size_(size_of_file(file, path)) {}

  std::uint64_t size() const { return size_; }

  /// `count` bytes from `offset` on; nothing where the file has fewer.
  std::optional<std::string> bytes(std::uint64_t offset, std::size_t count) const {
    if (offset > size_ || count > size_ - offset) return std::nullopt;
    std::string text(count, '\0');
    read_fully(file_, offset, std::as_writable_bytes(std::span(text)), path_);
    return text;
  }

  /// The frame that begins at `offset` and ends before `end`; nothing where there is none.
  std::optional<FoundFrame> frame(std::uint64_t offset, std::uint64_t end) const {
    constexpr std::size_t kNumberChunkBytes = kWebpChunkHeaderBytes + kNumberBytes;
    const auto header = bytes(offset, kWebpChunkHeaderBytes);
    if (!header || !header->starts_with("ANMF")) return std::nullopt;
    const std::uint64_t payload = little_endian(header->substr(4)), begin = offset + kWebpChunkHeaderBytes;
    if (payload % 2 != 0 || payload < kNumberChunkBytes || begin + payload > end) return std::nullopt;
    const auto last = bytes(begin + payload - kNumberChunkBytes, kNumberChunkBytes);
    if (!last ||
        !last->starts_with(webp_chunk(kNumberChunk, std::string(kNumberBytes, '\0')).substr(0, kWebpChunkHeaderBytes)))
      return std::nullopt;
    return FoundFrame{.number = static_cast<std::int64_t>(little_endian(last->substr(kWebpChunkHeaderBytes))),
                      .end = begin + payload};
  }

 private:
  const Descriptor& file_;
  const std::filesystem::path& path_;
  std::uint64_t size_;
};

}  // namespace

GrowingWebp::GrowingWebp(std::filesystem::path path, std::int64_t last) : path_(std::move(path)) {
  file_ = Descriptor(::open(path_.c_str(), O_RDWR | O_CLOEXEC));
  if (!file_.open() && errno != ENOENT) fail(path_, errno);
  if (file_.open()) open_existing(last);
}

void GrowingWebp::open_existing(std::int64_t last) {
  const Scan scan(file_, path_);
  if (const auto start = scan.bytes(0, kWebpStartBytes)) {
    width_ = static_cast<std::int64_t>(little_endian(start->substr(kWidthAt, kSideBytes))) + 1;
    height_ = static_cast<std::int64_t>(little_endian(start->substr(kHeightAt, kSideBytes))) + 1;
    const std::uint64_t stated = little_endian(start->substr(kRiffSizeAt, 4));
    const std::uint64_t end = std::min(scan.size(), kRiffHeaderBytes + stated);
    end_ = kWebpStartBytes;
    if (*start == webp_start(height_, width_, kRiffHeaderBytes + stated - kWebpStartBytes))
      for (auto frame = scan.frame(end_, end); frame && frame->number <= last; frame = scan.frame(end_, end)) {
        if (last_number_ && frame->number <= *last_number_) break;
        end_ = frame->end;
        last_number_ = frame->number;
      }
  }
  if (!last_number_) {
    std::error_code error;
    std::filesystem::remove(path_, error);
    if (error) throw MachineError(fmt::format("cannot remove '{}': {}", path_.string(), error.message()));
    forget();
    return;
  }
  // The header first: at no moment does it promise more than there is.
  state_end(end_);
  if (::ftruncate(file_.get(), static_cast<off_t>(end_)) != 0) fail(path_, errno);
}

bool GrowingWebp::accepts(const Image& image) const {
  if (file_.open()) return image.height == height_ && image.width == width_;
  return image.height <= kMaxWebpSide && image.width <= kMaxWebpSide;
}

bool GrowingWebp::add(std::int64_t number, const Image& image, std::int64_t milliseconds) {
  require(accepts(image) && (!last_number_ || number > *last_number_), "frame {} of {} x {} does not follow frame {}",
          number, image.height, image.width, last_number_.value_or(-1));
  const std::string frame = webp_frame(image, WebpQuality::High, milliseconds, number_chunk(number));
  if (!file_.open()) {
    file_ = Descriptor(::open(path_.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0666));
    if (!file_.open()) fail(path_, errno);
    height_ = image.height;
    width_ = image.width;
    const std::string start = webp_start(height_, width_, 0);
    write_fully(file_, std::as_bytes(std::span(start)), path_);
    end_ = start.size();
  }
  if (end_ + frame.size() > kMaxWebpBytes) return false;
  if (::lseek(file_.get(), static_cast<off_t>(end_), SEEK_SET) < 0) fail(path_, errno);
  write_fully(file_, std::as_bytes(std::span(frame)), path_);
  state_end(end_ + frame.size());
  end_ += frame.size();
  last_number_ = number;
  return true;
}

void GrowingWebp::state_end(std::uint64_t end) {
  const std::string start = webp_start(height_, width_, end - kWebpStartBytes);
  const ssize_t written = ::pwrite(file_.get(), start.data(), start.size(), 0);
  if (written != static_cast<ssize_t>(start.size())) fail(path_, written < 0 ? errno : ENOSPC);
}

void GrowingWebp::sync() {
  if (file_.open() && ::fsync(file_.get()) != 0) fail(path_, errno);
}

void GrowingWebp::move_to(const std::filesystem::path& other) {
  if (!file_.open()) return;
  std::error_code error;
  std::filesystem::rename(path_, other, error);
  if (error) throw MachineError(fmt::format("cannot rename '{}': {}", path_.string(), error.message()));
  forget();
}

void GrowingWebp::forget() {
  file_.close();
  end_ = 0;
  last_number_.reset();
}

}  // namespace gan
