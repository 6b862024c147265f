// Group normalisation: every sample by itself, so that critics with it can be penalised sample by sample.
#include <algorithm>
#include <nlohmann/json.hpp>

#include "engine/network/layers/layers.h"
#include "kernels/core/contract/error.h"

namespace gan {

namespace {

class GroupNormLayer final : public Layer {
 public:
  GroupNormLayer(const FeatureShape& in, std::int64_t groups) : channels_(in.channels), groups_(groups) {}

  nlohmann::json describe(std::span<const FeatureShape>) const override {
    if (groups_ == channels_) return {{"type", "instance_norm2d"}, {"num_features", channels_}};
    return {{"type", "group_norm"}, {"num_groups", groups_}, {"num_channels", channels_}};
  }

  FeatureShape output_shape(std::span<const FeatureShape> inputs) const override {
    require(inputs.size() == 1 && inputs[0].channels == channels_, "group norm of {} channels on other inputs",
            channels_);
    require(groups_ >= 1 && channels_ % groups_ == 0, "group norm: {} groups do not divide {} channels", groups_,
            channels_);
    return inputs[0];
  }

  std::vector<ParameterSpec> parameters() const override {
    return {{"weight", FileLayout::same({channels_}), Initializer::constant(1)},
            {"bias", FileLayout::same({channels_}), Initializer::constant(0)}};
  }

  NodeRecord forward(const NodeContext& c, std::span<const Tensor> inputs,
                     const ForwardOptions& options) const override {
    const Tensor& x = inputs[0];
    require(x.shape[x.shape.rank - 1] == channels_, "{}: takes (N, ..., {}), not {}", c.name, channels_,
            to_string(x.shape));
    const Shape of_groups{x.shape[0], groups_};
    const Tensor y = result(c, options, x.shape);
    const Tensor mean = c.builder.transient(c.name + ".mean", of_groups);
    const Tensor inverse_std = c.builder.transient(c.name + ".inverse_std", of_groups);
    c.builder.emit(GroupNormForward{.groups = groups_,
                                    .x = x,
                                    .gamma = c.parameters[0],
                                    .beta = c.parameters[1],
                                    .y = y,
                                    .mean = mean,
                                    .inverse_std = inverse_std,
                                    .workspace = workspace<GroupNormForward>(c, x)});
    return {.inputs = {x}, .output = y, .of_samples = {mean, inverse_std}};
  }

  std::vector<Tensor> backward(const NodeContext& c, const NodeRecord& record, const Tensor& dy,
                               const GradientRequest& request) const override {
    const Tensor& x = record.inputs[0];
    const Tensor dx = c.builder.transient(c.name, x.shape), dout = dy.reshaped(x.shape);
    const auto part = [&](std::int64_t first, std::int64_t count, ParamGrad mode) {
      if (count <= 0) return;
      const Tensor rows = x.rows(first, count);
      const bool skip = mode == ParamGrad::Skip;
      c.builder.emit(GroupNormBackward{.groups = groups_,
                                       .x = rows,
                                       .dy = dout.rows(first, count),
                                       .gamma = c.parameters[0],
                                       .mean = record.of_samples[0].rows(first, count),
                                       .inverse_std = record.of_samples[1].rows(first, count),
                                       .dx = dx.rows(first, count),
                                       .dgamma = skip ? Tensor{} : request.gradients[0],
                                       .dbeta = skip ? Tensor{} : request.gradients[1],
                                       .workspace = workspace<GroupNormBackward>(c, rows),
                                       .mode = mode});
    };
    const std::int64_t counted =
        request.mode == ParamGrad::Skip ? x.shape[0] : std::min(request.parameter_rows, x.shape[0]);
    part(0, counted, request.mode);
    part(counted, x.shape[0] - counted, ParamGrad::Skip);
    return {dx};
  }

  /// dx bends with x: see GroupNormTangent.
  NodeTangent tangent(const NodeContext& c, const NodeRecord& record, const Tensor& dy, std::span<const Tensor> v,
                      const GradientRequest& request) const override {
    if (!v[0].present()) return {};
    refuse_overwriting(c, request);
    const Tensor& x = record.inputs[0];
    const Tensor pushed = c.builder.transient(c.name, x.shape);
    const Tensor second_order = c.builder.transient(c.name + ".x", x.shape);
    c.builder.emit(GroupNormTangent{.groups = groups_,
                                    .x = x,
                                    .dy = dy.reshaped(x.shape),
                                    .v = v[0].reshaped(x.shape),
                                    .gamma = c.parameters[0],
                                    .mean = record.of_samples[0],
                                    .inverse_std = record.of_samples[1],
                                    .pushed = pushed,
                                    .second_order = second_order,
                                    .dgamma = request.mode == ParamGrad::Skip ? Tensor{} : request.gradients[0],
                                    .workspace = workspace<GroupNormTangent>(c, x),
                                    .mode = request.mode});
    return {.output = pushed, .inputs = {second_order}};
  }

 private:
  template <class Instruction>
  Tensor workspace(const NodeContext& c, const Tensor& x) const {
    return c.builder.workspace(Instruction::workspace_count(group_norm_shape(x.shape, groups_)));
  }

  std::int64_t channels_, groups_;
};

}  // namespace

LayerPointer group_norm_layer(const FeatureShape& in, std::int64_t groups) {
  return std::make_shared<GroupNormLayer>(in, groups);
}

}  // namespace gan
