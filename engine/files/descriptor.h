// An open file of the operating system that closes itself, and whole reads and writes on it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

namespace gan {

/// Owns a POSIX file descriptor. Move-only; closed on destruction.
class Descriptor {
 public:
  Descriptor() = default;
  /// Takes ownership of `value`; negative: nothing.
  explicit Descriptor(int value) : value_(value) {}
  Descriptor(Descriptor&& other) noexcept : value_(other.release()) {}
  Descriptor& operator=(Descriptor&& other) noexcept;
  ~Descriptor() { close(); }

  /// The descriptor for system calls; -1 where there is none.
  int get() const { return value_; }
  bool open() const { return value_ >= 0; }
  /// Closes it now; errors are ignored (atomic files have been synced before).
  void close();

 private:
  int release();

  int value_ = -1;
};

/// "No space left on device": what an errno value means.
std::string reason_of(int error_number);

/// Opens an existing regular file for reading. InputError (path, reason) when it cannot be opened or is no regular
/// file.
Descriptor open_for_reading(const std::filesystem::path& path);

/// Bytes in the open file. MachineError when the system does not say.
std::uint64_t size_of_file(const Descriptor& file, const std::filesystem::path& path);

/// Fills `bytes` from position `offset` of the file. MachineError when the system fails, InputError when the file ends
/// early.
void read_fully(const Descriptor& file, std::uint64_t offset, std::span<std::byte> bytes,
                const std::filesystem::path& path);

/// All bytes of a regular file. InputError `PATH: cannot be read: REASON`, or when it holds more than `limit`.
std::vector<std::uint8_t> read_file(const std::filesystem::path& path, std::uint64_t limit);

/// Writes all of `bytes` at the file's position. MachineError (path, reason, bytes missing) when the system refuses.
void write_fully(const Descriptor& file, std::span<const std::byte> bytes, const std::filesystem::path& path);

}  // namespace gan
