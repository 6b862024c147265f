#include "engine/data/load.h"

#include <fmt/format.h>

#include <cstdlib>
#include <filesystem>
#include <new>

#include "engine/data/byte_reader.h"
#include "engine/data/gzip.h"
#include "engine/data/idx.h"
#include "engine/data/image_file.h"
#include "engine/data/image_folder.h"
#include "engine/data/shapes.h"
#include "kernels/core/contract/error.h"

namespace gan {

namespace {

namespace fs = std::filesystem;

Dataset load_file(const std::string& path, const std::string& name, const DataOptions& options) {
  const std::vector<std::uint8_t> head = read_head(path, kImageSignatureBytes);
  if (image_format(head) != ImageFormat::Unknown)
    throw InputError(fmt::format("{}: is one image; accepted: a folder of images, or an IDX file", path));
  FileReader file(path);
  if (!is_gzip(head)) return load_idx(file, name, options);
  GzipReader inflated(file);
  return load_idx(inflated, name, options);
}

Dataset load_fashion_mnist(const DataOptions& options) {
  std::vector<fs::path> folders;
  if (const char* data = std::getenv("GAN_CUDA_DATA")) folders.push_back(fs::path(data) / "fashion-mnist");
  folders.push_back("/usr/share/datasets/fashion-mnist");  // Debian's package dataset-fashion-mnist
  std::string looked_in;
  for (const fs::path& folder : folders) {
    for (const char* file : {"train-images-idx3-ubyte.gz", "train-images-idx3-ubyte"})
      if (std::error_code ignored; fs::exists(folder / file, ignored))
        return load_file((folder / file).string(), "fashion-mnist", options);
    looked_in += (looked_in.empty() ? "" : ", ") + folder.string();
  }
  throw InputError(
      fmt::format("--data fashion-mnist: train-images-idx3-ubyte(.gz) is not in {}; install Debian's package "
                  "dataset-fashion-mnist, or give the IDX file's own path, a folder of images, or shapes",
                  looked_in));
}

/// `faces` for `/data/faces/`, so that logs stay short.
std::string short_name(const fs::path& path) {
  const fs::path normal = fs::absolute(path).lexically_normal();
  return (normal.has_filename() ? normal : normal.parent_path()).filename().string();
}

Dataset load_path(const DataOptions& options) {
  std::error_code error;
  const fs::file_status status = fs::status(options.source, error);
  if (status.type() == fs::file_type::not_found)
    throw InputError(
        fmt::format("--data {}: there is no such file or folder; accepted: fashion-mnist, shapes, a folder "
                    "of PNG and JPEG files, or an IDX file",
                    options.source));
  if (error) throw InputError(fmt::format("--data {}: cannot be read: {}", options.source, error.message()));
  if (fs::is_directory(status)) return load_image_folder(short_name(options.source), options);
  return load_file(options.source, short_name(options.source), options);
}

}  // namespace

Dataset load_dataset(const DataOptions& options) {
  const DataOptions& o = options;
  require(o.height >= 1 && o.height <= kMaxTargetSide && o.width >= 1 && o.width <= kMaxTargetSide,
          "images of {} x {}; sides of 1 to {} are possible", o.height, o.width, kMaxTargetSide);
  require(o.channels == 0 || o.channels == 1 || o.channels == 3, "images of {} channels; 0, 1 and 3 are possible",
          o.channels);
  require(o.threads >= 1, "{} threads to load with", o.threads);
  try {
    if (options.source == "shapes") return make_shapes(options);
    if (options.source == "fashion-mnist") return load_fashion_mnist(options);
    return load_path(options);
  } catch (const std::bad_alloc&) {
    throw MachineError(
        fmt::format("--data {}: not enough memory to load it; accepted: a smaller --image-size, fewer or "
                    "smaller images",
                    options.source));
  }
}

}  // namespace gan
