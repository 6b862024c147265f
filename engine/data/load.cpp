#include "engine/data/load.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <memory>
#include <new>
#include <span>

#include "engine/data/byte_reader.h"
#include "engine/data/cifar10.h"
#include "engine/data/gzip.h"
#include "engine/data/idx.h"
#include "engine/data/image_cache.h"
#include "engine/data/image_file.h"
#include "engine/data/image_folder.h"
#include "engine/data/loading_observer.h"
#include "engine/data/npy.h"
#include "engine/data/point_sets.h"
#include "engine/data/points.h"
#include "engine/data/shapes.h"
#include "engine/data/zip_images.h"
#include "kernels/core/contract/error.h"

namespace gan {

namespace {

namespace fs = std::filesystem;

constexpr std::string_view kFiles =
    "an IDX file (gzipped or not), a NumPy .npy file, a binary batch of CIFAR-10, a zip archive of images";

/// Files, and how they become a data set.
struct Source {
  std::string name;
  std::vector<std::string> files;  ///< all that the images follow from
  std::function<Dataset()> load;
};

/// Image files in a folder or an archive.
Source encoded_source(const std::string& name, std::vector<std::string> files,
                      const std::shared_ptr<const EncodedImages>& images, const DataOptions& options) {
  report_passed_over(*images, options);
  return {name, std::move(files), [=] { return load_encoded_images(*images, name, options); }};
}

Source file_source(const std::string& path, const std::string& name, const DataOptions& options) {
  const std::vector<std::uint8_t> head = read_head(path, kImageSignatureBytes);
  if (image_format(head) != ImageFormat::Unknown)
    throw InputError(fmt::format("{}: is one image; accepted: a folder of images, {}", path, kFiles));
  if (is_zip(head)) return encoded_source(name, {path}, std::make_shared<ZipImages>(options), options);
  const auto source = [&](auto load) { return Source{name, {path}, load}; };
  if (is_gzip(head))
    return source([=] {
      FileReader file(path);
      GzipReader inflated(file);
      return load_idx(inflated, name, options);
    });
  if (is_npy(head))
    return source([=] {
      FileReader file(path);
      return load_npy(file, name, options);
    });
  if (is_idx(head) || head.empty())
    return source([=] {
      FileReader file(path);
      return load_idx(file, name, options);
    });
  if (is_cifar10(path, FileReader(path).most_left(), head))
    return source([=] { return load_cifar10({path}, name, options); });
  throw InputError(fmt::format("{}: starts with {:02x}; accepted: a folder of images, {}", path,
                               fmt::join(std::span(head).first(std::min<std::size_t>(head.size(), 4)), " "), kFiles));
}

Source fashion_mnist(const DataOptions& options) {
  std::vector<fs::path> folders;
  if (const char* data = std::getenv("GAN_CUDA_DATA")) folders.push_back(fs::path(data) / "fashion-mnist");
  folders.push_back("/usr/share/datasets/fashion-mnist");  // Debian's package dataset-fashion-mnist
  std::string looked_in;
  for (const fs::path& folder : folders) {
    for (const char* file : {"train-images-idx3-ubyte.gz", "train-images-idx3-ubyte"})
      if (std::error_code ignored; fs::exists(folder / file, ignored))
        return file_source((folder / file).string(), "fashion-mnist", options);
    looked_in += (looked_in.empty() ? "" : ", ") + folder.string();
  }
  throw InputError(
      fmt::format("{} fashion-mnist: train-images-idx3-ubyte(.gz) is not in {}; install Debian's package "
                  "dataset-fashion-mnist, or give the IDX file's own path, a folder of images, or shapes",
                  options.option, looked_in));
}

/// `faces` for `/data/faces/`, so that logs stay short.
std::string short_name(const fs::path& path) {
  const fs::path normal = fs::absolute(path).lexically_normal();
  return (normal.has_filename() ? normal : normal.parent_path()).filename().string();
}

Source folder_source(const std::string& name, const DataOptions& options) {
  const auto images = std::make_shared<FolderImages>(options);
  if (images->count() == 0)
    if (const std::vector<std::string> batches = cifar10_batches(options.source); !batches.empty())
      return {name, batches, [=] { return load_cifar10(batches, name, options); }};
  std::vector<std::string> files;
  for (std::int64_t i = 0; i < images->count(); ++i) files.push_back(images->name(i));
  return encoded_source(name, std::move(files), images, options);
}

Source find_source(const DataOptions& options) {
  if (options.source == "fashion-mnist") return fashion_mnist(options);
  std::error_code error;
  const fs::file_status status = fs::status(options.source, error);
  if (status.type() == fs::file_type::not_found)
    throw InputError(
        fmt::format("{} {}: there is no such file or folder; accepted: fashion-mnist, shapes, a folder "
                    "of {} files, {}, or points: {}",
                    options.option, options.source, kReadableImages, kFiles, fmt::join(point_set_names(), ", ")));
  if (error)
    throw InputError(fmt::format("{} {}: cannot be read: {}", options.option, options.source, error.message()));
  const std::string name = short_name(options.source);
  return fs::is_directory(status) ? folder_source(name, options) : file_source(options.source, name, options);
}

Dataset load_files(const DataOptions& options) {
  const Source source = find_source(options);
  Dataset dataset =
      options.cache.empty() ? source.load() : load_through_cache(source.name, source.files, options, source.load);
  if (options.observer != nullptr)
    for (const std::string& image : dataset.left_out) options.observer->on_notice("left out " + image);
  return dataset;
}

}  // namespace

Dataset load_dataset(const DataOptions& options) {
  const DataOptions& o = options;
  if (point_dimension(o.source) > 0) return make_points(o);
  require(o.height >= 1 && o.height <= kMaxTargetSide && o.width >= 1 && o.width <= kMaxTargetSide,
          "images of {} x {}; sides of 1 to {} are possible", o.height, o.width, kMaxTargetSide);
  require(o.channels == 0 || o.channels == 1 || o.channels == 3, "images of {} channels; 0, 1 and 3 are possible",
          o.channels);
  require(o.threads >= 1, "{} threads to load with", o.threads);
  try {
    return options.source == "shapes" ? make_shapes(options) : load_files(options);
  } catch (const std::bad_alloc&) {
    throw MachineError(
        fmt::format("{} {}: not enough memory to load it; accepted: a smaller --image-size, fewer or "
                    "smaller images",
                    options.option, options.source));
  }
}

}  // namespace gan
