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
  constexpr std::int64_t kSmallestSide = 16;
  require(std::min(o.image.height, o.image.width) >= kSmallestSide && o.image.channels >= 1 && o.width >= 1 &&
              o.latent >= 1,
          "no model for images of {}, width {}, latent {}", to_string(o.image), o.width, o.latent);
  for (const Model& model : kModels)
    if (o.model == model.name) return model.make(o);
  throw Error(fmt::format("there is no model '{}'; there are {}", o.model, fmt::join(model_names(), ", ")));
}

}  // namespace gan
