#include "engine/evaluation/sample_sets.h"

#include <algorithm>
#include <filesystem>
#include <system_error>

#include "engine/data/image_converter.h"
#include "engine/data/load.h"
#include "engine/data/point_sets.h"
#include "engine/device/backend.h"
#include "engine/evaluation/shuffle.h"
#include "engine/files/image_grid.h"
#include "engine/sample/checkpoint_generator.h"
#include "engine/sample/latents.h"
#include "kernels/core/contract/error.h"

namespace gan {

namespace {

namespace fs = std::filesystem;

constexpr std::uint32_t kPart = 4;  // the use of the random sequence

std::string file_name(const std::string& source) { return fs::path(source).filename().string(); }

Dataset draw_set(const NamedSet& set, int draw, const SetOptions& o, Overseer& overseer) {
  constexpr std::int64_t kBatch = 64;
  CheckpointGenerator generator({.checkpoint = set.source, .batch = kBatch, .device = o.device, .threads = o.threads});
  const FeatureShape drawn = generator.image();
  if (generator.kind() == DataKind::Points)
    throw InputError(fmt::format("{} {}: its generator makes points; accepted are images", set.label, set.source));
  Dataset dataset =
      reserve_dataset(file_name(set.source), o.count, o.height, o.width, o.channels == 0 ? drawn.channels : o.channels);
  dataset.pixels.resize(static_cast<std::size_t>(o.count * dataset.image_bytes()));
  const ImageConverter converter(drawn.height, drawn.width, drawn.channels, dataset);
  ConversionBuffers buffers;
  const auto length = static_cast<std::size_t>(generator.latent()), bytes = static_cast<std::size_t>(drawn.count()),
             target = static_cast<std::size_t>(dataset.image_bytes());
  std::vector<float> latents;
  std::vector<std::uint8_t> pixels(bytes);
  overseer.begin("drawing " + set.label, o.count);
  for (std::int64_t first = 0; first < o.count; first += kBatch) {
    const auto count = static_cast<std::size_t>(std::min(kBatch, o.count - first));
    latents.resize(count * length);
    for (std::size_t i = 0; i < count; ++i) {
      // A number of its own for every image of every set that one seed draws; the sets of other seeds lie elsewhere.
      const std::uint64_t image = static_cast<std::uint64_t>(first) + i + (static_cast<std::uint64_t>(draw) << 32);
      draw_latent(o.seed ^ (image << 20), /*truncation=*/0, std::span(latents).subspan(i * length, length));
    }
    const std::vector<float> values = generator.draw(latents);
    for (std::size_t i = 0; i < count; ++i) {
      std::ranges::transform(std::span(values).subspan(i * bytes, bytes), pixels.begin(), to_pixel);
      converter.run(pixels, std::span(dataset.pixels).subspan((static_cast<std::size_t>(first) + i) * target, target),
                    buffers);
    }
    overseer.advance(static_cast<std::int64_t>(count));
  }
  return dataset;
}

/// An empty set of such images as `set` has, with room for `count`.
Dataset like(const Dataset& set, std::int64_t count) {
  return reserve_dataset(set.name, count, set.height, set.width, set.channels, set.dtype);
}

}  // namespace

bool is_checkpoint(const std::string& source) {
  std::error_code ignored;
  return fs::path(source).extension() == ".safetensors" && fs::is_regular_file(source, ignored);
}

bool are_same_images(const std::string& a, const std::string& b) {
  if (is_checkpoint(a) || is_checkpoint(b)) return false;
  std::error_code ignored;
  return a == b || fs::equivalent(a, b, ignored);
}

Dataset load_set(const NamedSet& set, int draw, const SetOptions& o, Overseer& overseer) {
  if (point_dimension(set.source) > 0)
    throw InputError(fmt::format("{} {}: is a set of points; accepted are images", set.label, set.source));
  if (is_checkpoint(set.source)) return draw_set(set, draw, o, overseer);
  return load_dataset({.source = set.source,
                       .height = o.height,
                       .width = o.width,
                       .channels = o.channels,
                       .seed = o.seed,
                       .threads = thread_count(o.threads),
                       .skip_damaged = o.skip_damaged,
                       .option = set.label,
                       .observer = overseer.observer()});
}

Dataset random_part(const Dataset& set, std::int64_t count, std::uint64_t seed) {
  std::vector<std::int64_t> rows = random_order(set.count, seed, kPart);
  rows.resize(static_cast<std::size_t>(std::min(count, set.count)));
  Dataset part = like(set, static_cast<std::int64_t>(rows.size()));
  for (const std::int64_t row : rows) {
    const auto first = set.pixels.begin() + row * set.image_bytes();
    part.pixels.insert(part.pixels.end(), first, first + set.image_bytes());
  }
  return part;
}

Dataset split_off(Dataset& set, std::int64_t count) {
  require(count >= 1 && count < set.count, "{} of {} images to split off", count, set.count);
  Dataset part = like(set, count);
  const auto first = set.pixels.end() - count * set.image_bytes();
  part.pixels.assign(first, set.pixels.end());
  set.pixels.erase(first, set.pixels.end());
  set.count -= count;
  return part;
}

}  // namespace gan
