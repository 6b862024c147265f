#include "engine/files/descriptor.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <utility>

#include "kernels/core/contract/error.h"

namespace gan {

Descriptor& Descriptor::operator=(Descriptor&& other) noexcept {
  if (this != &other) {
    close();
    value_ = other.release();
  }
  return *this;
}

void Descriptor::close() {
  if (value_ >= 0) ::close(value_);
  value_ = -1;
}

int Descriptor::release() { return std::exchange(value_, -1); }

std::string reason_of(int error_number) { return std::generic_category().message(error_number); }

namespace {

/// A regular file, open for reading, or why it is not.
struct Opened {
  Descriptor file;
  std::string trouble;
};

Opened open_regular_file(const std::filesystem::path& path) {
  // O_NONBLOCK: opening a named pipe must fail below, not wait for a writer.
  Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!file.open()) return {.file = {}, .trouble = reason_of(errno)};
  struct stat status {};
  if (::fstat(file.get(), &status) != 0) return {.file = {}, .trouble = reason_of(errno)};
  if (S_ISDIR(status.st_mode)) return {.file = {}, .trouble = "is a folder, not a regular file"};
  if (!S_ISREG(status.st_mode)) return {.file = {}, .trouble = "not a regular file"};
  return {.file = std::move(file), .trouble = {}};
}

}  // namespace

Descriptor open_for_reading(const std::filesystem::path& path) {
  Opened opened = open_regular_file(path);
  if (!opened.file.open()) throw InputError(fmt::format("cannot open '{}': {}", path.string(), opened.trouble));
  return std::move(opened.file);
}

std::uint64_t size_of_file(const Descriptor& file, const std::filesystem::path& path) {
  struct stat status {};
  if (::fstat(file.get(), &status) != 0) {
    throw MachineError(fmt::format("cannot read the size of '{}': {}", path.string(), reason_of(errno)));
  }
  return static_cast<std::uint64_t>(status.st_size);
}

void read_fully(const Descriptor& file, std::uint64_t offset, std::span<std::byte> bytes,
                const std::filesystem::path& path) {
  while (!bytes.empty()) {
    const ssize_t count = ::pread(file.get(), bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) throw MachineError(fmt::format("cannot read '{}': {}", path.string(), reason_of(errno)));
    if (count == 0) {
      throw InputError(fmt::format("cannot read '{}': it ends at byte {}, {} more were expected", path.string(), offset,
                                   bytes.size()));
    }
    bytes = bytes.subspan(static_cast<std::size_t>(count));
    offset += static_cast<std::uint64_t>(count);
  }
}

std::vector<std::uint8_t> read_file(const std::filesystem::path& path, std::uint64_t limit) {
  const auto [file, trouble] = open_regular_file(path);
  if (!file.open()) throw InputError(fmt::format("{}: cannot be read: {}", path.string(), trouble));
  const std::uint64_t size = size_of_file(file, path);
  if (size > limit)
    throw InputError(fmt::format("{}: holds {} bytes; at most {} are accepted", path.string(), size, limit));
  std::vector<std::uint8_t> bytes(static_cast<std::size_t>(size));
  read_fully(file, 0, std::as_writable_bytes(std::span(bytes)), path);
  return bytes;
}

void write_fully(const Descriptor& file, std::span<const std::byte> bytes, const std::filesystem::path& path) {
  while (!bytes.empty()) {
    const ssize_t count = ::write(file.get(), bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) {
      const int error_number = count == 0 ? ENOSPC : errno;
      throw MachineError(fmt::format("cannot write '{}': {} ({} bytes were still to be written)", path.string(),
                                     reason_of(error_number), bytes.size()));
    }
    bytes = bytes.subspan(static_cast<std::size_t>(count));
  }
}

}  // namespace gan
