// CIFAR-10, binary version: records of one label byte (0 to 9) and 3072 bytes of a 32 x 32 image, planes red, green,
// blue. No header. https://www.cs.toronto.edu/~kriz/cifar.html ("Binary version").
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "engine/data/dataset.h"

namespace gan {

/// Whether a file may be of CIFAR-10: its name is one of its batches' (`data_batch_1.bin`, `test_batch.bin`), or its
/// size is a whole number of records and its first byte a label. There is no better mark.
bool is_cifar10(const std::string& path, std::uint64_t bytes, std::span<const std::uint8_t> head);

/// The training batches `data_batch_*.bin` that lie in `folder` itself, sorted by name. The test batch is none of them.
std::vector<std::string> cifar10_batches(const std::string& folder);

/// Loads files of records one after the other, converted as `options` asks (`source` and `seed` are not looked at).
/// Throws InputError, naming the file, for one that is no whole number of records or holds a label above 9.
Dataset load_cifar10(const std::vector<std::string>& files, const std::string& name, const DataOptions& options);

}  // namespace gan
