#include "engine/network/models/models.h"

#include <fmt/ranges.h>

#include <algorithm>

#include "kernels/core/contract/error.h"

namespace gan {

namespace {

struct Model {
  const char* name;
  GeneratorAndDiscriminator (*make)(const ModelOptions&);
  NormKind d_norm;      ///< its own
  bool halves_exactly;  ///< whether every halving has to be exact
};
constexpr Model kModels[] = {{"dcgan", make_dcgan, NormKind::Batch, false},
                             {"mlp", make_mlp, NormKind::None, false},
                             {"resnet", make_resnet, NormKind::None, true},
                             {"anime-dcgan", make_anime_dcgan, NormKind::Batch, false},
                             {"anime-wgan", make_anime_wgan, NormKind::Instance, false},
                             {"anime-wganp", make_anime_wganp, NormKind::Instance, true},
                             {"anime-wgan256", make_anime_wgan256, NormKind::None, true}};

struct NamedNorm {
  std::string_view name;
  NormKind kind;
};
constexpr NamedNorm kNorms[] = {
    {"batch", NormKind::Batch}, {"instance", NormKind::Instance}, {"layer", NormKind::Layer}, {"none", NormKind::None}};

const Model& model_of(const ModelOptions& o) {
  for (const Model& model : kModels)
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
  for (const Model& model : kModels) names.emplace_back(model.name);
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

GeneratorAndDiscriminator make_model(const ModelOptions& o) {
  constexpr std::int64_t kSmallestSide = 16;
  const Model& model = model_of(o);
  require(std::min(o.image.height, o.image.width) >= kSmallestSide && o.image.channels >= 1 && o.width >= 1 &&
              o.latent >= 1,
          "no model for images of {}, width {}, latent {}", to_string(o.image), o.width, o.latent);
  const std::string trouble = misfit(o);
  require(trouble.empty(), "{}", trouble);
  return model.make(o);
}

}  // namespace gan
