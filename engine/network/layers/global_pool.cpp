// The sum or mean of all pixels of a channel: the end of a residual critic, whatever the size of the image.
#include <nlohmann/json.hpp>

#include "engine/network/layers/layers.h"
#include "engine/network/layers/linear_map.h"
#include "kernels/core/contract/error.h"

namespace gan {

namespace {

class GlobalPoolLayer final : public LinearMapLayer {
 public:
  explicit GlobalPoolLayer(GlobalPool kind) : kind_(kind) {}

  nlohmann::json describe(std::span<const FeatureShape>) const override {
    return {{"type", "global_pool"}, {"reduction", kind_ == GlobalPool::Sum ? "sum" : "mean"}};
  }

  FeatureShape output_shape(std::span<const FeatureShape> inputs) const override {
    require(inputs.size() == 1, "a global pool takes one value, not {}", inputs.size());
    return {1, 1, inputs[0].channels};
  }

 private:
  static Window window_of(const Tensor& image) { return {image.shape[1], image.shape[2]}; }
  float scale_of(const Tensor& image) const {
    return kind_ == GlobalPool::Sum ? 1 : 1 / static_cast<float>(image.shape[1] * image.shape[2]);
  }

  void apply(Builder& b, const Tensor& x, const Tensor& y) const override {
    b.emit(SumPool{.window = window_of(x), .scale = scale_of(x), .x = x, .y = y});
  }
  void apply_adjoint(Builder& b, const Tensor& y, const Tensor& x) const override {
    b.emit(Upsample{.window = window_of(x), .scale = scale_of(x), .x = y, .y = x});
  }

  GlobalPool kind_;
};

}  // namespace

LayerPointer global_pool_layer(GlobalPool kind) { return std::make_shared<GlobalPoolLayer>(kind); }

}  // namespace gan
