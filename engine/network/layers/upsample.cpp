// Nearest-neighbour upsampling: with a convolution behind it, the way to grow an image without a transposed convolution's
// checkerboard (Odena et al. 2016, "Deconvolution and checkerboard artifacts").
#include <nlohmann/json.hpp>

#include "engine/network/layers/layers.h"
#include "engine/network/layers/linear_map.h"
#include "kernels/core/contract/error.h"

namespace gan {

namespace {

class UpsampleLayer final : public LinearMapLayer {
 public:
  explicit UpsampleLayer(std::int64_t factor) : factor_(factor) {}

  nlohmann::json describe(std::span<const FeatureShape>) const override {
    return {{"type", "upsample"}, {"scale_factor", factor_}};
  }

  FeatureShape output_shape(std::span<const FeatureShape> inputs) const override {
    require(inputs.size() == 1, "upsampling takes one value, not {}", inputs.size());
    require(factor_ >= 1, "upsamples by a factor of 1 or more, not {}", factor_);
    return {inputs[0].height * factor_, inputs[0].width * factor_, inputs[0].channels};
  }

 private:
  void apply(Builder& b, const Tensor& x, const Tensor& y) const override {
    b.emit(Upsample{.window = {factor_, factor_}, .x = x, .y = y});
  }
  void apply_adjoint(Builder& b, const Tensor& y, const Tensor& x) const override {
    b.emit(SumPool{.window = {factor_, factor_}, .x = y, .y = x});
  }

  std::int64_t factor_;
};

}  // namespace

LayerPointer upsample_layer(std::int64_t factor) { return std::make_shared<UpsampleLayer>(factor); }

}  // namespace gan
