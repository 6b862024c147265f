// The names, shapes and kinds of everything that programs read and write.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "kernels/core/contract/tensor.h"

namespace gan {

/// A piece of memory that tensors are views of. Persistent storages (parameters, moments, the data set ...) are shared
/// by all programs of a run and keep their content; transient ones belong to one program, and their memory is reused.
struct Storage {
  std::string name;
  Shape shape;
  DType dtype = DType::F32;
  bool persistent = false;

  std::size_t bytes() const { return static_cast<std::size_t>(shape.count()) * size_of(dtype); }
};

/// All storages of a run, in order of declaration.
class StorageTable {
 public:
  /// Declares a storage; the tensor that covers all of it.
  Tensor add(Storage storage);

  /// A view of `count()` elements from `offset` on, under a name of its own. Parameters are named views of one slab.
  Tensor view(const Tensor& whole, std::int64_t offset, const Shape& shape, std::string name);

  /// A storage by its index, from 0 to size() - 1.
  const Storage& operator[](int id) const { return storages_[static_cast<std::size_t>(id)]; }
  int size() const { return static_cast<int>(storages_.size()); }

  /// The name of a view if it was given one, else its storage's.
  const std::string& name_of(const Tensor& tensor) const;

 private:
  std::vector<Storage> storages_;
  std::map<std::tuple<int, std::int64_t, std::int64_t>, std::string> view_names_;  // storage, offset, count
};

}  // namespace gan
