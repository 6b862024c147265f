// Streams of foreign bytes: what the parsers of this folder read from.
#pragma once

#include <cstdint>
#include <cstdio>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace gan {

/// A stream of bytes, read once from front to back.
class ByteReader {
 public:
  explicit ByteReader(std::string name) : name_(std::move(name)) {}
  ByteReader(const ByteReader&) = delete;
  ByteReader& operator=(const ByteReader&) = delete;
  virtual ~ByteReader() = default;

  /// Fills `out` and returns how many bytes it wrote: fewer than asked only at the end of the stream.
  /// Throws InputError when the bytes cannot be read or decoded.
  virtual std::size_t read(std::span<std::uint8_t> out) = 0;

  /// No more than this many bytes are left to read: lets a parser refuse a header's claim before it allocates.
  virtual std::uint64_t most_left() const = 0;

  /// What to call the stream in messages: the file's path.
  const std::string& name() const { return name_; }

 private:
  std::string name_;
};

/// Reads from memory that outlives it.
class MemoryReader final : public ByteReader {
 public:
  MemoryReader(std::string name, std::span<const std::uint8_t> bytes) : ByteReader(std::move(name)), left_(bytes) {}
  std::size_t read(std::span<std::uint8_t> out) override;
  std::uint64_t most_left() const override { return left_.size(); }

 private:
  std::span<const std::uint8_t> left_;
};

/// Reads a regular file. Throws InputError (with the system's reason) when it cannot be opened or read.
class FileReader final : public ByteReader {
 public:
  explicit FileReader(const std::string& path);
  std::size_t read(std::span<std::uint8_t> out) override;
  std::uint64_t most_left() const override { return left_; }

 private:
  struct Close {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };
  std::unique_ptr<std::FILE, Close> file_;
  std::uint64_t left_ = 0;
};

/// The first `count` bytes of a file, fewer if it is shorter.
std::vector<std::uint8_t> read_head(const std::string& path, std::size_t count);

}  // namespace gan
