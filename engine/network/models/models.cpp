#include "engine/network/models/models.h"

#include <algorithm>

#include "kernels/core/contract/error.h"

namespace gan {

namespace {

struct Maker {
  std::string_view model;
  GeneratorAndDiscriminator (*make)(const ModelOptions&);
};
constexpr Maker kMakers[] = {{"dcgan", make_dcgan},
                             {"mlp", make_mlp},
                             {"resnet", make_resnet},
                             {"anime-dcgan", make_anime_dcgan},
                             {"anime-wgan", make_anime_wgan},
                             {"anime-wganp", make_anime_wganp},
                             {"anime-wgan256", make_anime_wgan256}};

}  // namespace

GeneratorAndDiscriminator make_model(const ModelOptions& o) {
  constexpr std::int64_t kSmallestSide = 16;
  const bool is_point = o.image.height == 1 && o.image.width == 1;
  require((is_point || std::min(o.image.height, o.image.width) >= kSmallestSide) && o.image.channels >= 1 &&
              o.width >= 1 && o.latent >= 1,
          "no model for images of {}, width {}, latent {}", to_string(o.image), o.width, o.latent);
  const std::string trouble = misfit(o);
  require(trouble.empty(), "{}", trouble);
  const auto* const maker =
      std::find_if(std::begin(kMakers), std::end(kMakers), [&](const Maker& m) { return m.model == o.model; });
  require(maker != std::end(kMakers), "nobody makes the model '{}'", o.model);
  return maker->make(o);
}

}  // namespace gan
