#include "engine/data/image_folder.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <set>
#include <span>
#include <vector>

#include "engine/data/byte_reader.h"
#include "engine/data/image_file.h"
#include "engine/data/parallel_each.h"
#include "engine/data/resample.h"
#include "engine/files/descriptor.h"
#include "kernels/core/contract/error.h"

namespace gan {

namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kMaxFileBytes = std::uint64_t{1} << 30;

/// Appends the regular files below `folder`. `seen` holds the real paths of the folders walked so far: links may form a
/// circle.
void list_files(const fs::path& folder, std::set<fs::path>& seen, std::vector<std::string>& files) {
  if (!seen.insert(fs::canonical(folder)).second) return;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder)) {
    std::error_code broken_link;
    const fs::file_status status = entry.status(broken_link);
    if (fs::is_directory(status)) list_files(entry.path(), seen, files);
    else if (fs::is_regular_file(status)) files.push_back(entry.path().string());
  }
}

/// The image files below `folder`, sorted.
std::vector<std::string> find_images(const std::string& folder, int threads) {
  std::vector<std::string> files;
  try {
    std::set<fs::path> seen;
    list_files(folder, seen, files);
  } catch (const fs::filesystem_error& error) {
    throw InputError(fmt::format("{}: folder cannot be read: {}", error.path1().string(), error.code().message()));
  }
  if (files.empty()) throw InputError(fmt::format("{}: the folder is empty; accepted: PNG and JPEG files", folder));
  std::sort(files.begin(), files.end());

  std::vector<std::uint8_t> is_image(files.size());
  for_each_index(std::int64_t(files.size()), threads, [&](std::int64_t i) {
    is_image[i] = image_format(read_head(files[i], kImageSignatureBytes)) == ImageFormat::Unknown ? 0 : 1;
  });
  std::vector<std::string> images;
  for (std::size_t i = 0; i < files.size(); ++i)
    if (is_image[i]) images.push_back(std::move(files[i]));
  if (images.empty())
    throw InputError(
        fmt::format("{}: none of the {} files in the folder is an image; accepted: PNG and JPEG files "
                    "(an IDX file is given by its own path)",
                    folder, files.size()));
  return images;
}

bool any_has_colour(const std::vector<std::string>& images, int threads) {
  std::atomic<bool> found{false};
  for_each_index(std::int64_t(images.size()), threads, [&](std::int64_t i) {
    // Colour is usually seen in the first file; only folders of grey images are read to the end.
    if (!found && read_image_info(read_file(images[i], kMaxFileBytes), images[i]).has_colour) found = true;
  });
  return found;
}

/// One file -> one image (H,W,C) of the data set.
void load_image(const std::string& path, const Dataset& dataset, std::span<std::uint8_t> target) {
  Image image = decode_image(read_file(path, kMaxFileBytes), path);
  const std::size_t pixels = std::size_t(image.height * image.width);
  // Channels change before resampling when they get fewer, after it when they get more: the cheaper way round.
  if (image.channels > dataset.channels) {
    std::vector<std::uint8_t> grey(pixels);
    grey_from_rgb(image.pixels, grey);
    image.pixels = std::move(grey);
    image.channels = 1;
  }
  const Resampler resampler(int(image.height), int(image.width), int(dataset.height), int(dataset.width),
                            int(image.channels));
  std::vector<float> rows;
  if (image.channels == dataset.channels) return resampler.run(image.pixels, target, rows);
  std::vector<std::uint8_t> grey(dataset.height * dataset.width);
  resampler.run(image.pixels, grey, rows);
  rgb_from_grey(grey, target);
}

}  // namespace

Dataset load_image_folder(const std::string& name, const DataOptions& options) {
  const std::vector<std::string> images = find_images(options.source, options.threads);
  const int channels = options.channels != 0 ? options.channels : any_has_colour(images, options.threads) ? 3 : 1;
  Dataset dataset = reserve_dataset(name, std::int64_t(images.size()), options.height, options.width, channels);
  const std::int64_t bytes = dataset.image_bytes();
  dataset.pixels.resize(dataset.count * bytes);
  for_each_index(dataset.count, options.threads, [&](std::int64_t i) {
    load_image(images[i], dataset, std::span(dataset.pixels).subspan(i * bytes, bytes));
  });
  return dataset;
}

}  // namespace gan
