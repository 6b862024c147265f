// Averages over windows side by side: how residual critics shrink an image.
#include <nlohmann/json.hpp>

#include "engine/network/layers/layers.h"
#include "engine/network/layers/linear_map.h"
#include "kernels/core/contract/error.h"

namespace gan {

namespace {

class AveragePoolLayer final : public LinearMapLayer {
 public:
  explicit AveragePoolLayer(std::int64_t window) : window_(window) {}

  nlohmann::json describe(std::span<const FeatureShape>) const override {
    return {{"type", "avg_pool2d"}, {"kernel_size", window_}};
  }

  FeatureShape output_shape(std::span<const FeatureShape> inputs) const override {
    require(inputs.size() == 1, "average pooling takes one value, not {}", inputs.size());
    require(window_ >= 1 && inputs[0].height % window_ == 0 && inputs[0].width % window_ == 0,
            "windows of {0}x{0} do not cover {1}", window_, to_string(inputs[0]));
    return {inputs[0].height / window_, inputs[0].width / window_, inputs[0].channels};
  }

 private:
  float share() const { return 1 / static_cast<float>(window_ * window_); }

  void apply(Builder& b, const Tensor& x, const Tensor& y) const override {
    b.emit(SumPool{.window = {window_, window_}, .scale = share(), .x = x, .y = y});
  }
  void apply_adjoint(Builder& b, const Tensor& y, const Tensor& x) const override {
    b.emit(Upsample{.window = {window_, window_}, .scale = share(), .x = y, .y = x});
  }

  std::int64_t window_;
};

}  // namespace

LayerPointer average_pool_layer(std::int64_t window) { return std::make_shared<AveragePoolLayer>(window); }

}  // namespace gan
