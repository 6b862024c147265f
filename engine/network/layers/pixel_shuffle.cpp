// Channels become pixels: an image grows by a convolution's own outputs (Shi et al. 2016).
#include <nlohmann/json.hpp>

#include "engine/network/layers/layers.h"
#include "engine/network/layers/linear_map.h"
#include "kernels/core/contract/error.h"

namespace gan {

namespace {

class PixelShuffleLayer final : public LinearMapLayer {
 public:
  explicit PixelShuffleLayer(std::int64_t factor) : factor_(factor) {}

  nlohmann::json describe(std::span<const FeatureShape>) const override {
    return {{"type", "pixel_shuffle"}, {"upscale_factor", factor_}};
  }

  FeatureShape output_shape(std::span<const FeatureShape> inputs) const override {
    require(inputs.size() == 1, "pixel shuffle takes one value, not {}", inputs.size());
    const std::int64_t pixels = factor_ * factor_;
    require(factor_ >= 1 && inputs[0].channels % pixels == 0, "channels of {} do not make {}x{} pixels",
            to_string(inputs[0]), factor_, factor_);
    return {inputs[0].height * factor_, inputs[0].width * factor_, inputs[0].channels / pixels};
  }

 private:
  void apply(Builder& b, const Tensor& x, const Tensor& y) const override {
    b.emit(PixelShuffle{.factor = factor_, .x = x, .y = y});
  }
  void apply_adjoint(Builder& b, const Tensor& y, const Tensor& x) const override {
    b.emit(PixelShuffle{.factor = factor_, .inverse = true, .x = y, .y = x});
  }

  std::int64_t factor_;
};

}  // namespace

LayerPointer pixel_shuffle_layer(std::int64_t factor) { return std::make_shared<PixelShuffleLayer>(factor); }

}  // namespace gan
