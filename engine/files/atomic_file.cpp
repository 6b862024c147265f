#include "engine/files/atomic_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <string>
#include <system_error>
#include <utility>

#include "kernels/core/contract/error.h"

namespace gan {
namespace {

[[noreturn]] void fail(const std::filesystem::path& path, int error_number) {
  throw MachineError(fmt::format("cannot write '{}': {}", path.string(), reason_of(error_number)));
}

/// The temporary beside `target`; removed on destruction unless it was put in place.
class PartialFile {
 public:
  explicit PartialFile(const std::filesystem::path& target) : target_(target) {
    // Containers reuse process ids, so a killed run's temporary may have the first names: take the next free one.
    for (int attempt = 0; !file_.open(); ++attempt) {
      path_ = target;
      path_ += fmt::format(".{}-{}{}", ::getpid(), attempt, kPartialSuffix);
      file_ = Descriptor(::open(path_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666));
      if (!file_.open() && errno != EEXIST && errno != EINTR) fail(target_, errno);
    }
    // Held until the file is closed, by a kill too: this is how `remove_stale_partials` knows the living from the dead.
    // Where the file system has no locks, the name alone must do.
    ::flock(file_.get(), LOCK_EX | LOCK_NB);
  }
  PartialFile(const PartialFile&) = delete;
  PartialFile& operator=(const PartialFile&) = delete;
  ~PartialFile() {
    if (!in_place_) ::unlink(path_.c_str());
  }

  const Descriptor& file() const { return file_; }

  void put_in_place() {
    if (::fsync(file_.get()) != 0) fail(target_, errno);
    if (std::rename(path_.c_str(), target_.c_str()) != 0) fail(target_, errno);
    in_place_ = true;
  }

 private:
  const std::filesystem::path& target_;
  std::filesystem::path path_;
  Descriptor file_;
  bool in_place_ = false;
};

void flush_folder_of(const std::filesystem::path& path) {
  const std::filesystem::path folder = path.has_parent_path() ? path.parent_path() : std::filesystem::path(".");
  const Descriptor descriptor(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!descriptor.open()) fail(path, errno);
  // EINVAL: a file system that has nothing to flush for folders.
  if (::fsync(descriptor.get()) != 0 && errno != EINVAL) fail(path, errno);
}

/// Whether nobody is writing the temporary any more.
bool is_stale(const std::filesystem::path& partial) {
  const Descriptor file(::open(partial.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  return !file.open() || ::flock(file.get(), LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK;
}

}  // namespace

void write_atomically(const std::filesystem::path& path, const std::function<void(FileWriter&)>& write_contents) {
  {
    PartialFile partial(path);
    FileWriter writer(partial.file(), path);
    write_contents(writer);
    partial.put_in_place();
  }
  flush_folder_of(path);
}

void write_atomically(const std::filesystem::path& path, std::string_view contents) {
  write_atomically(path, [contents](FileWriter& writer) { writer.write(contents); });
}

int remove_stale_partials(const std::filesystem::path& folder, std::string_view beginning) {
  std::error_code error;
  int removed = 0;
  if (!std::filesystem::exists(folder, error)) return removed;
  for (std::filesystem::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error)) {
    const bool regular = std::filesystem::is_regular_file(entry->symlink_status());
    const std::string name = entry->path().filename().string();
    if (!regular || !name.starts_with(beginning) || !name.ends_with(kPartialSuffix) || !is_stale(entry->path()))
      continue;
    if (std::filesystem::remove(entry->path(), error)) ++removed;
    if (error) break;
  }
  if (error)
    throw MachineError(fmt::format("cannot clear half-written files in '{}': {}", folder.string(), error.message()));
  return removed;
}

}  // namespace gan
