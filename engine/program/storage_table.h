// The names, shapes and kinds of what programs read and write.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <tuple>
#include <vector>

#include "kernels/core/contract/tensor.h"

namespace gan {

/// A piece of memory that tensors are views of.
struct Storage {
  std::string name;
  Shape shape;
  DType dtype = DType::F32;

  std::size_t bytes() const { return static_cast<std::size_t>(shape.count()) * size_of(dtype); }
};

/// All storages of one owner, in order of declaration: the parameters, moments and data of a run, which every program of
/// the run shares and whose content stays; or the transients of one program, whose memory is reused within it.
class StorageTable {
 public:
  explicit StorageTable(Owner owner = Owner::Run) : owner_(owner) {}

  /// Declares a storage; the tensor that covers all of it.
  Tensor add(Storage storage);

  /// A view of `shape.count()` elements from `offset` on, under a name of its own: parameters are named views of one
  /// slab. Throws Error where the whole has fewer elements.
  Tensor view(const Tensor& whole, std::int64_t offset, const Shape& shape, std::string name);

  /// Gives the storage that `whole` covers more elements of the same kind; `whole` covers them too.
  void grow(Tensor& whole, const Shape& shape);

  /// A storage by its index, from 0 to size() - 1.
  const Storage& operator[](int id) const { return storages_[static_cast<std::size_t>(id)]; }
  int size() const { return static_cast<int>(storages_.size()); }
  Owner owner() const { return owner_; }

  /// The name of a view if it was given one, else its storage's. `tensor` belongs to this owner.
  const std::string& name_of(const Tensor& tensor) const;

 private:
  Owner owner_;
  std::vector<Storage> storages_;
  std::map<std::tuple<int, std::int64_t, std::int64_t>, std::string> view_names_;  ///< storage, offset, count
};

}  // namespace gan
