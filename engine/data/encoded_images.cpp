#include "engine/data/encoded_images.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <span>

#include "engine/data/image_converter.h"
#include "engine/data/image_file.h"
#include "engine/data/loading_observer.h"
#include "engine/data/parallel_each.h"
#include "kernels/core/contract/error.h"

namespace gan {

namespace {

bool any_has_colour(const EncodedImages& images, const DataOptions& options) {
  std::atomic<bool> found{false};
  for_each_index(images.count(), options.threads, [&](std::int64_t i) {
    // Colour is usually seen in the first file; only sets of grey images are read to the end.
    if (found) return;
    try {
      if (read_image_info(images.read(i), images.name(i)).has_colour) found = true;
    } catch (const InputError&) {
      if (!options.skip_damaged) throw;
    }
  });
  return found;
}

/// One file -> one image (H,W,C) of the data set.
void load_image(const EncodedImages& images, std::int64_t index, const Dataset& dataset,
                std::span<std::uint8_t> target) {
  const Image image = decode_image(images.read(index), images.name(index));
  ConversionBuffers buffers;
  ImageConverter(image.height, image.width, image.channels, dataset).run(image.pixels, target, buffers);
}

/// Closes the gaps of the images with something in `damage`, which moves to Dataset::left_out.
void leave_out(Dataset& dataset, std::vector<std::string>& damage) {
  const std::int64_t bytes = dataset.image_bytes();
  std::int64_t kept = 0;
  for (std::int64_t i = 0; i < dataset.count; ++i) {
    if (!damage[i].empty()) {
      dataset.left_out.push_back(std::move(damage[i]));
      continue;
    }
    if (kept < i) std::copy_n(dataset.pixels.begin() + i * bytes, bytes, dataset.pixels.begin() + kept * bytes);
    ++kept;
  }
  dataset.count = kept;
  dataset.pixels.resize(kept * bytes);
}

}  // namespace

FoundImages find_images(std::int64_t count, const DataOptions& options,
                        const std::function<std::optional<std::vector<std::uint8_t>>(std::int64_t)>& head) {
  std::vector<std::string_view> kinds(count);  // empty: an image
  LoadingMeter meter(options.observer, "looking through the files", count);
  for_each_index(count, options.threads, [&](std::int64_t i) {
    const std::optional<std::vector<std::uint8_t>> bytes = head(i);
    if (bytes && image_format(*bytes) == ImageFormat::Unknown) kinds[i] = file_kind(*bytes);
    meter.add(1);
  });
  FoundImages found;
  for (std::int64_t i = 0; i < count; ++i) {
    if (kinds[i].empty()) found.images.push_back(i);
    else ++found.passed_over[std::string(kinds[i])];
  }
  return found;
}

void report_passed_over(const EncodedImages& images, const DataOptions& options) {
  const FoundImages& found = images.found();
  if (found.images.empty() && found.passed_over.empty())
    throw InputError(fmt::format("{}: is empty; accepted: {} files", options.source, kReadableImages));
  if (found.images.empty())
    throw InputError(
        fmt::format("{}: there is no image among its {}; accepted: {} files (an IDX, .npy or zip file is given by its "
                    "own path)",
                    options.source, describe_passed_over(found.passed_over), kReadableImages));
  if (options.observer != nullptr && !found.passed_over.empty())
    options.observer->on_notice(
        fmt::format("{}: passed over {}", options.source, describe_passed_over(found.passed_over)));
}

Dataset load_encoded_images(const EncodedImages& images, const std::string& name, const DataOptions& options) {
  const int channels = options.channels != 0 ? options.channels : any_has_colour(images, options) ? 3 : 1;
  Dataset dataset = reserve_dataset(name, images.count(), options.height, options.width, channels);
  const std::int64_t bytes = dataset.image_bytes();
  dataset.pixels.resize(dataset.count * bytes);
  std::vector<std::string> damage(dataset.count);  // empty: none
  LoadingMeter meter(options.observer, "decoding " + name, dataset.count);
  for_each_index(dataset.count, options.threads, [&](std::int64_t i) {
    try {
      load_image(images, i, dataset, std::span(dataset.pixels).subspan(i * bytes, bytes));
    } catch (const InputError& error) {
      if (!options.skip_damaged) throw;
      damage[i] = error.what();
    }
    meter.add(1);
  });
  leave_out(dataset, damage);
  if (dataset.count == 0)
    throw InputError(fmt::format("{}: none of its {} images can be read; the first: {}", options.source, images.count(),
                                 dataset.left_out.front()));
  return dataset;
}

}  // namespace gan
