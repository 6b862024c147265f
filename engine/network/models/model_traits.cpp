// What is known of a model before it is made: settings are checked with these facts, without a network.
#include <fmt/ranges.h>

#include <algorithm>

#include "engine/network/models/models.h"
#include "kernels/core/contract/error.h"

namespace gan {

namespace {

struct ModelTraits {
  std::string_view name;
  NormKind d_norm;      ///< its own
  bool halves_exactly;  ///< whether every halving has to be exact
};
constexpr ModelTraits kModels[] = {{"dcgan", NormKind::Batch, false},         {"mlp", NormKind::None, false},
                                   {"resnet", NormKind::None, true},          {"anime-dcgan", NormKind::Batch, false},
                                   {"anime-wgan", NormKind::Instance, false}, {"anime-wganp", NormKind::Instance, true},
                                   {"anime-wgan256", NormKind::None, true}};

struct NamedNorm {
  std::string_view name;
  NormKind kind;
};
constexpr NamedNorm kNorms[] = {
    {"batch", NormKind::Batch}, {"instance", NormKind::Instance}, {"layer", NormKind::Layer}, {"none", NormKind::None}};

const ModelTraits& model_of(const ModelOptions& o) {
  for (const ModelTraits& model : kModels)
    if (o.model == model.name) return model;
  throw Error(fmt::format("there is no model '{}'; there are {}", o.model, fmt::join(model_names(), ", ")));
}

/// The multiple of `step` nearest to `side`, from 16 to 256.
std::int64_t nearest_multiple(std::int64_t side, std::int64_t step) {
  return std::clamp((side + step / 2) / step * step, std::max<std::int64_t>(step, 16), 256 / step * step);
}

}  // namespace

std::vector<std::string> model_names() {
  std::vector<std::string> names;
  for (const ModelTraits& model : kModels) names.emplace_back(model.name);
  return names;
}

std::optional<NormKind> norm_kind(std::string_view name) {
  for (const NamedNorm& norm : kNorms)
    if (norm.name == name) return norm.kind;
  return std::nullopt;
}

UpsampleKind upsample_kind(std::string_view name) {
  return name == "nearest" ? UpsampleKind::Nearest : UpsampleKind::Transposed;
}

NormKind discriminator_norm(const ModelOptions& o) { return o.d_norm.value_or(model_of(o).d_norm); }

std::string misfit(const ModelOptions& o) {
  if (o.image.height == 1 && o.image.width == 1 && o.model != "mlp")
    return fmt::format("--model {}: made for images, not for points; accepted is mlp", o.model);
  if (o.model == "mlp" && discriminator_norm(o) == NormKind::Instance)
    return "--norm instance: mlp has features of one number, which instance norm would make 0; accepted are batch, "
           "layer "
           "and none";
  const bool nearest = o.upsample == UpsampleKind::Nearest;
  if (!model_of(o).halves_exactly && !nearest) return "";
  const std::size_t halvings = plan_grids(o.image).size() - 1;
  const std::int64_t step = std::int64_t{1} << halvings;
  if (o.image.height % step == 0 && o.image.width % step == 0) return "";
  return fmt::format(
      "--image-size {}x{}: {}{} doubles the sides of its base grid {} times; accepted are multiples of {}, as {}x{}",
      o.image.width, o.image.height, o.model, nearest ? " with --upsample nearest" : "", halvings, step,
      nearest_multiple(o.image.width, step), nearest_multiple(o.image.height, step));
}

std::vector<FeatureShape> plan_grids(const FeatureShape& image) {
  constexpr std::int64_t kHalveFrom = 8;
  std::vector<FeatureShape> grids = {image};
  while (std::min(grids.back().height, grids.back().width) >= kHalveFrom)
    grids.push_back({grids.back().height / 2, grids.back().width / 2, image.channels});
  return grids;
}

}  // namespace gan
