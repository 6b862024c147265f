// What an instruction's operands look like: a shape, an element type, and where the bytes are.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string>

namespace gan {

/// Element types. F64 exists for the tests: the CPU definitions run in it, so that finite differences mean something.
enum class DType : std::uint8_t { F32, F64, U8, I32, U64 };

/// Bytes of one element.
std::size_t size_of(DType type);

/// "f32", "f64", "u8", "i32", "u64".
const char* name_of(DType type);

/// Extents of a dense tensor, slowest first. Rank 0 is a scalar.
struct Shape {
  static constexpr int kMaxRank = 4;

  std::array<std::int64_t, kMaxRank> extent{};
  int rank = 0;

  Shape() = default;
  /// Throws Error for more than kMaxRank extents and for negative ones.
  Shape(std::initializer_list<std::int64_t> extents);

  std::int64_t operator[](int axis) const { return extent[static_cast<std::size_t>(axis)]; }
  /// Number of elements; 1 for a scalar.
  std::int64_t count() const;
  bool operator==(const Shape&) const = default;
};

/// "(64, 32, 32, 1)"
std::string to_string(const Shape& shape);

/// Whom a storage belongs to: a run (weights, moments, the data set: kept from program to program) or one program, which
/// reuses the memory of what it no longer needs.
enum class Owner : std::uint8_t { Run, Program };

/// An operand of an instruction: a dense view into a storage. While a program is being written only `owner`, `storage`
/// and `offset` say where it is; binding the program to memory fills in `data`. Tests set `data` by hand. Activations
/// lie as (N, H, W, C), filters as (K, R, S, C).
struct Tensor {
  Owner owner = Owner::Run;
  int storage = -1;         ///< index into the owner's storages; -1: none, or bound by hand
  std::int64_t offset = 0;  ///< in elements, from the start of the storage
  Shape shape;
  DType dtype = DType::F32;
  void* data = nullptr;

  /// Whether there is a tensor here at all (optional operands are left empty).
  bool present() const { return storage >= 0 || data != nullptr; }
  std::int64_t count() const { return shape.count(); }
  std::size_t bytes() const { return static_cast<std::size_t>(count()) * size_of(dtype); }

  /// The elements, in memory order. The caller has checked `dtype`.
  template <class T>
  T* as() const {
    return static_cast<T*>(data);
  }

  /// The same elements under another shape of the same count.
  Tensor reshaped(const Shape& other) const;

  /// `count` entries of the slowest axis from `first` on: the part of a batch. Throws Error where there are fewer.
  Tensor rows(std::int64_t first, std::int64_t count) const;

  /// Whether both are views of one storage.
  bool shares_storage_with(const Tensor& other) const { return owner == other.owner && storage == other.storage; }
};

}  // namespace gan
