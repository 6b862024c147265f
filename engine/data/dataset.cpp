#include "engine/data/dataset.h"

#include <fmt/format.h>
#include <unistd.h>

#include <new>

#include "kernels/core/contract/error.h"

namespace gan {

Dataset reserve_dataset(const std::string& name, std::int64_t count, std::int64_t height, std::int64_t width,
                        std::int64_t channels, DType dtype) {
  if (count < 1) throw InputError(fmt::format("{}: holds no images", name));
  Dataset dataset{.name = name,
                  .count = count,
                  .height = height,
                  .width = width,
                  .channels = channels,
                  .dtype = dtype,
                  .pixels = {}};
  // In double: count comes from a file and the product may not fit 64 bits.
  const double bytes = double(count) * double(height) * double(width) * double(channels) * double(size_of(dtype));
  // An overcommitting kernel grants any reservation and kills the process later, so ask for the memory there is.
  const double memory = double(sysconf(_SC_PHYS_PAGES)) * double(sysconf(_SC_PAGESIZE));
  const auto too_large = [&] {
    return MachineError(
        fmt::format("{}: {} images of {}x{}x{} need {:.1f} GB, this machine has {:.1f} GB of memory; "
                    "accepted: a smaller image size or fewer images",
                    name, count, width, height, channels, bytes / 1e9, memory / 1e9));
  };
  if (bytes > memory) throw too_large();
  try {
    dataset.pixels.reserve(static_cast<std::size_t>(bytes));
  } catch (const std::bad_alloc&) { throw too_large(); }
  return dataset;
}

}  // namespace gan
