#include "engine/data/byte_reader.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "kernels/core/contract/error.h"

namespace gan {

std::size_t MemoryReader::read(std::span<std::uint8_t> out) {
  const std::size_t count = std::min(out.size(), left_.size());
  if (count > 0) std::memcpy(out.data(), left_.data(), count);
  left_ = left_.subspan(count);
  return count;
}

FileReader::FileReader(const std::string& path) : ByteReader(path) {
  // Asked before opening: opening a pipe would wait for its writer.
  struct stat status = {};
  if (stat(path.c_str(), &status) != 0)
    throw InputError(fmt::format("{}: cannot be read: {}", path, std::strerror(errno)));
  if (!S_ISREG(status.st_mode)) throw InputError(fmt::format("{}: not a regular file", path));
  file_.reset(std::fopen(path.c_str(), "rb"));
  if (!file_) throw InputError(fmt::format("{}: cannot be read: {}", path, std::strerror(errno)));
  left_ = static_cast<std::uint64_t>(status.st_size);
}

std::size_t FileReader::read(std::span<std::uint8_t> out) {
  // Never past the size seen at the start: most_left() stays true for a file that grows meanwhile.
  const std::size_t asked = static_cast<std::size_t>(std::min<std::uint64_t>(out.size(), left_));
  if (asked == 0) return 0;
  const std::size_t count = std::fread(out.data(), 1, asked, file_.get());
  if (count < asked && std::ferror(file_.get()))
    throw InputError(fmt::format("{}: cannot be read: {}", name(), std::strerror(errno)));
  left_ = count < asked ? 0 : left_ - count;
  return count;
}

std::vector<std::uint8_t> read_head(const std::string& path, std::size_t count) {
  FileReader reader(path);
  std::vector<std::uint8_t> bytes(count);
  bytes.resize(reader.read(bytes));
  return bytes;
}

}  // namespace gan
