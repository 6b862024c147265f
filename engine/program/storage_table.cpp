#include "engine/program/storage_table.h"

#include "kernels/core/contract/error.h"

namespace gan {

Tensor StorageTable::add(Storage storage) {
  const Tensor tensor{.owner = owner_, .storage = size(), .shape = storage.shape, .dtype = storage.dtype};
  storages_.push_back(std::move(storage));
  return tensor;
}

Tensor StorageTable::view(const Tensor& whole, std::int64_t offset, const Shape& shape, std::string name) {
  require(offset >= 0 && offset + shape.count() <= whole.count(), "{}: elements {} to {} of a storage of {}", name,
          offset, offset + shape.count(), whole.count());
  Tensor part = whole;
  part.offset = whole.offset + offset;
  part.shape = shape;
  view_names_[{part.storage, part.offset, part.count()}] = std::move(name);
  return part;
}

void StorageTable::grow(Tensor& whole, const Shape& shape) {
  Storage& storage = storages_[static_cast<std::size_t>(whole.storage)];
  require(shape.count() >= storage.shape.count(), "{}: {} is not larger than {}", storage.name, to_string(shape),
          to_string(storage.shape));
  storage.shape = whole.shape = shape;
}

const std::string& StorageTable::name_of(const Tensor& tensor) const {
  const auto named = view_names_.find({tensor.storage, tensor.offset, tensor.count()});
  return named != view_names_.end() ? named->second : (*this)[tensor.storage].name;
}

}  // namespace gan
