#include "engine/data/image_cache.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "engine/data/loading_observer.h"
#include "engine/data/parallel_each.h"
#include "engine/files/atomic_file.h"
#include "engine/files/checksum.h"
#include "engine/files/descriptor.h"
#include "engine/files/safetensors.h"
#include "kernels/core/contract/error.h"

namespace gan {

namespace {

namespace fs = std::filesystem;

/// To be raised with every change of what is decoded from the same bytes.
constexpr int kVersion = 1;
constexpr std::string_view kKey = "gan_cuda.cache.key", kLeftOut = "gan_cuda.cache.left_out", kImages = "images";
constexpr std::string_view kPrefix = "gan_cuda-";  // of the files in a folder of caches
constexpr std::string_view kAccepted = "accepted: a new file, a cache that gan_cuda wrote, or a folder";

void notice(const DataOptions& options, const std::string& line) {
  if (options.observer != nullptr) options.observer->on_notice(line);
}

/// What a write to a file changes, whatever it does to the time of change that users see.
using Stamp = std::array<std::int64_t, 4>;

std::vector<Stamp> stamps_of(const std::vector<std::string>& files) {
  std::vector<Stamp> stamps;
  stamps.reserve(files.size());
  for (const std::string& file : files) {
    struct stat status = {};
    if (stat(file.c_str(), &status) != 0) status = {};  // gone: another stamp than any file's
    stamps.push_back({std::int64_t(status.st_ino), status.st_size, status.st_ctim.tv_sec, status.st_ctim.tv_nsec});
  }
  return stamps;
}

std::string key_of(const std::vector<std::string>& files, const DataOptions& options) {
  std::vector<std::uint64_t> checksums(files.size());
  LoadingMeter meter(options.observer, "checking the cache", std::int64_t(files.size()));
  for_each_index(std::int64_t(files.size()), options.threads, [&](std::int64_t i) {
    checksums[i] = xxh64_of_file(files[i]);
    meter.add(1);
  });
  std::string text =
      fmt::format("{} {}x{}x{} {}", kVersion, options.width, options.height, options.channels, options.skip_damaged);
  for (std::size_t i = 0; i < files.size(); ++i) {
    text += fmt::format("\n{} ", hex_digits(checksums[i]));
    text += fs::path(files[i]).lexically_relative(options.source).string();
    text += '\0';  // names may hold line breaks
  }
  return hex_digits(xxh64(std::as_bytes(std::span(text))));
}

/// A cache file and how far it is ours.
struct Place {
  fs::path file;
  bool in_folder = false;  // with a name that we gave it
};

Place place_for(const std::string& name, const std::string& key, const fs::path& cache) {
  const auto refuse = [&](const std::string& reason) {
    throw InputError(fmt::format("--cache {}: {}; {}", cache.string(), reason, kAccepted));
  };
  const bool named_as_folder = !cache.has_filename();
  if (std::error_code error; named_as_folder && !fs::exists(cache, error)) {
    fs::create_directory(cache.parent_path(), error);
    if (error) refuse("cannot be made: " + error.message());
  }
  if (std::error_code error; fs::is_directory(cache, error))
    return {.file = cache / fmt::format("{}{}-{}.safetensors", kPrefix, name, key), .in_folder = true};
  const fs::path parent = cache.has_parent_path() ? cache.parent_path() : fs::path(".");
  if (std::error_code error; named_as_folder || !fs::is_directory(parent, error))
    refuse(fmt::format("{} is no folder", parent.string()));
  return {.file = cache, .in_folder = false};
}

/// The cached images, or nothing where there are none of that key.
std::optional<Dataset> read_cache(const Place& place, const std::string& name, const std::string& key,
                                  const DataOptions& options) {
  if (std::error_code error; !fs::exists(fs::symlink_status(place.file, error))) return std::nullopt;
  SafetensorsFile file;
  try {
    file = load_safetensors(place.file);
  } catch (const InputError& error) {
    if (!place.in_folder) throw InputError(fmt::format("--cache {}; {}", error.what(), kAccepted));
    notice(options, fmt::format("{}; the images are decoded again", error.what()));
    return std::nullopt;
  }
  const auto found = file.metadata.find(std::string(kKey)), left_out = file.metadata.find(std::string(kLeftOut));
  if (found == file.metadata.end() || left_out == file.metadata.end())
    throw InputError(fmt::format("--cache {}: is no cache of images; {}", place.file.string(), kAccepted));
  if (found->second != key) {
    notice(options,
           fmt::format("{}: is of other images or settings; the images are decoded again", place.file.string()));
    return std::nullopt;
  }
  const StoredTensor* images = file.find(kImages);
  require(images != nullptr && images->shape.size() == 4, "{} holds no images", place.file.string());
  const std::vector<std::int64_t>& shape = images->shape;
  Dataset dataset = reserve_dataset(name, shape[0], shape[1], shape[2], shape[3]);
  const auto* const pixels = reinterpret_cast<const std::uint8_t*>(images->bytes.data());
  dataset.pixels.assign(pixels, pixels + images->bytes.size());
  for (const std::string line : nlohmann::json::parse(left_out->second))
    dataset.left_out.push_back(options.source + line);
  return dataset;
}

/// The lines as JSON, without the source that each starts with: the next run may call it by another name.
std::string json_of(const std::vector<std::string>& left_out, const std::string& source) {
  nlohmann::json lines = nlohmann::json::array();
  for (const std::string& line : left_out) lines.push_back(line.substr(line.starts_with(source) ? source.size() : 0));
  return lines.dump(-1, ' ', true, nlohmann::json::error_handler_t::replace);  // names need not be UTF-8
}

void write_cache(const Place& place, const std::string& key, const Dataset& dataset, const DataOptions& options) {
  SafetensorsFile file;
  file.metadata = {{std::string(kKey), key}, {std::string(kLeftOut), json_of(dataset.left_out, options.source)}};
  file.tensors.push_back(StoredTensor::of<std::uint8_t>(
      std::string(kImages), {dataset.count, dataset.height, dataset.width, dataset.channels}, dataset.pixels));
  save_safetensors(place.file, file);
}

}  // namespace

Dataset load_through_cache(const std::string& name, const std::vector<std::string>& files, const DataOptions& options,
                           const std::function<Dataset()>& load) {
  const std::vector<Stamp> stamps = stamps_of(files);
  const std::string key = key_of(files, options);
  const Place place = place_for(name, key, options.cache);
  if (std::optional<Dataset> cached = read_cache(place, name, key, options)) return std::move(*cached);

  const fs::path folder = place.file.has_parent_path() ? place.file.parent_path() : fs::path(".");
  if (access(folder.c_str(), W_OK) != 0)
    throw InputError(
        fmt::format("--cache {}: {} cannot be written: {}", options.cache.string(), folder.string(), reason_of(errno)));
  Dataset dataset = load();
  if (stamps_of(files) != stamps) {
    notice(options, fmt::format("{}: files have changed while they were read; nothing is cached", options.source));
    return dataset;
  }
  try {
    remove_stale_partials(folder, place.in_folder ? std::string(kPrefix) : place.file.filename().string());
    write_cache(place, key, dataset, options);
  } catch (const MachineError& error) { notice(options, fmt::format("--cache: {}; nothing is cached", error.what())); }
  return dataset;
}

}  // namespace gan
