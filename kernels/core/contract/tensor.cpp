#include "kernels/core/contract/tensor.h"

#include "kernels/core/contract/error.h"

namespace gan {

std::size_t size_of(DType type) {
  switch (type) {
    case DType::F32: return 4;
    case DType::F64: return 8;
    case DType::U8: return 1;
    case DType::I32: return 4;
    case DType::U64: return 8;
  }
  throw Error("unknown element type");
}

const char* name_of(DType type) {
  switch (type) {
    case DType::F32: return "f32";
    case DType::F64: return "f64";
    case DType::U8: return "u8";
    case DType::I32: return "i32";
    case DType::U64: return "u64";
  }
  throw Error("unknown element type");
}

Shape::Shape(std::initializer_list<std::int64_t> extents) {
  require(extents.size() <= kMaxRank, "a shape has at most {} axes, got {}", int{kMaxRank}, extents.size());
  for (const std::int64_t e : extents) {
    require(e >= 0, "a shape's extents are not negative, got {}", e);
    extent[static_cast<std::size_t>(rank++)] = e;
  }
}

std::int64_t Shape::count() const {
  std::int64_t product = 1;
  for (int axis = 0; axis < rank; ++axis) product *= (*this)[axis];
  return product;
}

std::string to_string(const Shape& shape) {
  std::string text = "(";
  for (int axis = 0; axis < shape.rank; ++axis) text += (axis ? ", " : "") + std::to_string(shape[axis]);
  return text + ")";
}

Tensor Tensor::reshaped(const Shape& other) const {
  require(other.count() == count(), "cannot view {} as {}", to_string(shape), to_string(other));
  Tensor view = *this;
  view.shape = other;
  return view;
}

Tensor Tensor::rows(std::int64_t first, std::int64_t count) const {
  require(shape.rank > 0 && first >= 0 && count >= 0 && first + count <= shape[0], "no rows {} to {} in a tensor {}",
          first, first + count, to_string(shape));
  Tensor part = *this;
  part.shape.extent[0] = count;
  const std::int64_t skipped = shape[0] == 0 ? 0 : first * (this->count() / shape[0]);
  part.offset += skipped;
  if (part.data != nullptr)
    part.data = static_cast<std::byte*>(data) + static_cast<std::size_t>(skipped) * size_of(dtype);
  return part;
}

}  // namespace gan
