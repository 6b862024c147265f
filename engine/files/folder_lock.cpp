#include "engine/files/folder_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <string>
#include <utility>

#include "kernels/core/contract/error.h"

namespace gan {
namespace {

/// "process 123", from what the holder wrote into the file.
std::string holder_of(const Descriptor& file) {
  std::string digits(20, '\0');
  const ssize_t count = ::pread(file.get(), digits.data(), digits.size(), 0);
  digits.resize(count > 0 ? static_cast<std::size_t>(count) : 0);
  digits.resize(std::min(digits.size(), digits.find_first_not_of("0123456789")));
  return digits.empty() ? "another process" : "process " + digits;
}

/// Whether the name still leads to the open file: whoever held it before may have removed it.
bool is_in_place(const Descriptor& file, const std::filesystem::path& path) {
  struct stat open {
  }, named{};
  return ::fstat(file.get(), &open) == 0 && ::stat(path.c_str(), &named) == 0 && open.st_ino == named.st_ino &&
         open.st_dev == named.st_dev;
}

}  // namespace

FolderLock::FolderLock(const std::filesystem::path& folder) : path_(folder / kLockName) {
  do {
    file_ = Descriptor(::open(path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666));
    if (!file_.open()) throw MachineError(fmt::format("cannot write '{}': {}", path_.string(), reason_of(errno)));
    if (::flock(file_.get(), LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) {
      const std::string holder = holder_of(file_);
      file_.close();
      throw InputError(fmt::format("the run folder '{}' is being written by {}; wait for its end, or stop it first",
                                   folder.string(), holder));
    }
  } while (!is_in_place(file_, path_));
  const std::string holder = std::to_string(::getpid()) + "\n";
  if (::ftruncate(file_.get(), 0) != 0)
    throw MachineError(fmt::format("cannot write '{}': {}", path_.string(), reason_of(errno)));
  write_fully(file_, std::as_bytes(std::span(holder)), path_);
}

FolderLock& FolderLock::operator=(FolderLock&& other) noexcept {
  if (this != &other) {
    release();
    path_ = std::move(other.path_);
    file_ = std::move(other.file_);
  }
  return *this;
}

void FolderLock::release() {
  // Removed while it is still held: whoever opened it meanwhile finds it out of place and makes a new one.
  if (file_.open()) ::unlink(path_.c_str());
  file_.close();
}

}  // namespace gan
