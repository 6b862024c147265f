// One writer a folder: a second process that wants to write there is told who is at it.
#pragma once

#include <filesystem>
#include <string_view>

#include "engine/files/descriptor.h"

namespace gan {

/// Name of the file that is locked.
inline constexpr std::string_view kLockName = ".lock";

/// Holds a folder until destruction, or until the process ends in whatever way: the system takes the lock of a killed
/// process back. The lock is an flock() on the file kLockName, which names its holder by process id and is removed with
/// the lock; after a kill the file stays and means nothing. On a file system without locks there is no protection.
class FolderLock {
 public:
  /// Holds nothing.
  FolderLock() = default;

  /// Takes the lock of an existing folder. InputError naming the folder and the process that holds it; MachineError
  /// when the file cannot be written.
  explicit FolderLock(const std::filesystem::path& folder);

  FolderLock(FolderLock&&) = default;
  FolderLock& operator=(FolderLock&& other) noexcept;
  ~FolderLock() { release(); }

 private:
  void release();

  std::filesystem::path path_;
  Descriptor file_;
};

}  // namespace gan
