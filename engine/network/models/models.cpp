#include "engine/network/models/models.h"

#include <fmt/ranges.h>

#include <algorithm>

#include "kernels/core/contract/error.h"

namespace gan {

namespace {

struct Model {
  const char* name;
  GeneratorAndDiscriminator (*make)(const ModelOptions&);
};
constexpr Model kModels[] = {{"dcgan", make_dcgan}, {"mlp", make_mlp}};

void check_range(const char* option, std::int64_t value, std::int64_t low, std::int64_t high) {
  if (value < low || value > high)
    throw InputError(fmt::format("{}: {} is out of range; accepted are {} to {}", option, value, low, high));
}

}  // namespace

std::vector<std::string> model_names() {
  std::vector<std::string> names;
  for (const Model& model : kModels) names.emplace_back(model.name);
  return names;
}

std::vector<FeatureShape> plan_grids(const FeatureShape& image) {
  constexpr std::int64_t kHalveFrom = 8;
  std::vector<FeatureShape> grids = {image};
  while (std::min(grids.back().height, grids.back().width) >= kHalveFrom)
    grids.push_back({grids.back().height / 2, grids.back().width / 2, image.channels});
  return grids;
}

GeneratorAndDiscriminator make_model(const ModelOptions& o) {
  constexpr std::int64_t kSmallestSide = 16, kLargestSide = 256, kWidest = 1024, kLongestLatent = 4096;
  check_range("--image-size", o.image.height, kSmallestSide, kLargestSide);
  check_range("--image-size", o.image.width, kSmallestSide, kLargestSide);
  check_range("--width", o.width, 1, kWidest);
  check_range("--latent", o.latent, 1, kLongestLatent);
  if (o.image.channels != 1 && o.image.channels != 3)
    throw InputError(fmt::format("--channels: {} is not accepted; images have 1 (grey) or 3 (RGB)", o.image.channels));
  for (const Model& model : kModels)
    if (o.model == model.name) return model.make(o);
  throw InputError(fmt::format("--model: '{}' is unknown; accepted are {}", o.model, fmt::join(model_names(), ", ")));
}

}  // namespace gan
