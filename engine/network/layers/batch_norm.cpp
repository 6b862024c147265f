// Batch normalisation, each sub-batch with statistics of its own.
#include <nlohmann/json.hpp>

#include "engine/network/layers/layers.h"
#include "kernels/core/contract/error.h"

namespace gan {

namespace {

constexpr float kRunningMomentum = 0.1f;  // PyTorch's default

std::int64_t rows_of(const Tensor& x) { return x.count() / x.shape[x.shape.rank - 1]; }

class BatchNormLayer final : public Layer {
 public:
  BatchNormLayer(std::int64_t channels, const Initializer& gamma) : channels_(channels), gamma_(gamma) {}

  nlohmann::json describe(std::span<const FeatureShape>) const override {
    return {{"type", "batch_norm2d"}, {"num_features", channels_}};
  }

  FeatureShape output_shape(std::span<const FeatureShape> inputs) const override {
    require(inputs.size() == 1 && inputs[0].channels == channels_, "batch norm of {} channels on other inputs",
            channels_);
    return inputs[0];
  }

  std::vector<ParameterSpec> parameters() const override {
    return {{"weight", FileLayout::same({channels_}), gamma_},
            {"bias", FileLayout::same({channels_}), Initializer::constant(0)}};
  }
  std::vector<ParameterSpec> statistics() const override {
    return {{"running_mean", FileLayout::same({channels_}), Initializer::constant(0)},
            {"running_var", FileLayout::same({channels_}), Initializer::constant(1)}};
  }
  bool mixes_batch() const override { return true; }

  NodeRecord forward(const NodeContext& c, std::span<const Tensor> inputs,
                     const ForwardOptions& options) const override {
    const Tensor& x = inputs[0];
    NodeRecord record{.inputs = {x}, .output = result(c, options, x.shape)};
    if (options.norm == NormMode::Inference) {
      c.builder.emit(BatchNormInference{.x = x,
                                        .gamma = c.parameters[0],
                                        .beta = c.parameters[1],
                                        .running_mean = c.statistics[0],
                                        .running_variance = c.statistics[1],
                                        .y = record.output});
      return record;
    }
    std::int64_t first = 0;
    const std::vector<std::int64_t> groups =
        options.groups.empty() ? std::vector<std::int64_t>{x.shape[0]} : options.groups;
    for (const std::int64_t count : groups) {
      record.statistics.push_back(normalize(c, record, first, count, options));
      first += count;
    }
    require(first == x.shape[0], "{}: sub-batches of {} rows in a batch of {}", c.name, first, x.shape[0]);
    return record;
  }

  std::vector<Tensor> backward(const NodeContext& c, const NodeRecord& record, const Tensor& dy,
                               const GradientRequest& request) const override {
    const Tensor& x = record.inputs[0];
    const Tensor dx = c.builder.transient(c.name, x.shape), dout = dy.reshaped(x.shape);
    ParamGrad mode = request.mode;
    for (const NodeRecord::Statistics& group : record.statistics) {
      const Tensor part = x.rows(group.first, group.count);
      const bool skip = mode == ParamGrad::Skip || group.first >= request.parameter_rows;
      c.builder.emit(BatchNormBackward{
          .x = part,
          .dy = dout.rows(group.first, group.count),
          .gamma = c.parameters[0],
          .mean = group.mean,
          .inverse_std = group.inverse_std,
          .dx = dx.rows(group.first, group.count),
          .dgamma = skip ? Tensor{} : request.gradients[0],
          .dbeta = skip ? Tensor{} : request.gradients[1],
          .workspace = c.builder.workspace(BatchNormBackward::workspace_count(rows_of(part), channels_)),
          .mode = skip ? ParamGrad::Skip : mode});
      if (!skip) mode = ParamGrad::Accumulate;
    }
    return {dx};
  }

  /// A sub-batch is one sample of a group norm with a group for every channel.
  NodeTangent tangent(const NodeContext& c, const NodeRecord& record, const Tensor& dy, std::span<const Tensor> v,
                      const GradientRequest& request) const override {
    if (!v[0].present()) return {};
    refuse_overwriting(c, request);
    const Tensor& x = record.inputs[0];
    const Tensor pushed = c.builder.transient(c.name, x.shape);
    const Tensor second_order = c.builder.transient(c.name + ".x", x.shape);
    const Shape one_sample{1, channels_};
    for (const NodeRecord::Statistics& group : record.statistics) {
      const Shape batch{1, rows_of(x.rows(group.first, group.count)), channels_};
      const auto part = [&](const Tensor& all) {
        return all.reshaped(x.shape).rows(group.first, group.count).reshaped(batch);
      };
      const GroupNormShape shape = group_norm_shape(batch, channels_);
      c.builder.emit(GroupNormTangent{.groups = channels_,
                                      .x = part(x),
                                      .dy = part(dy),
                                      .v = part(v[0]),
                                      .gamma = c.parameters[0],
                                      .mean = group.mean.reshaped(one_sample),
                                      .inverse_std = group.inverse_std.reshaped(one_sample),
                                      .pushed = part(pushed),
                                      .second_order = part(second_order),
                                      .dgamma = request.mode == ParamGrad::Skip ? Tensor{} : request.gradients[0],
                                      .workspace = c.builder.workspace(GroupNormTangent::workspace_count(shape)),
                                      .mode = request.mode});
    }
    return {.output = pushed, .inputs = {second_order}};
  }

 private:
  /// Emits one sub-batch's normalisation: rows first ... first + count - 1.
  NodeRecord::Statistics normalize(const NodeContext& c, const NodeRecord& record, std::int64_t first,
                                   std::int64_t count, const ForwardOptions& options) const {
    const Tensor x = record.inputs[0].rows(first, count);
    const NodeRecord::Statistics made{.first = first,
                                      .count = count,
                                      .mean = c.builder.transient(c.name + ".mean", {channels_}),
                                      .inverse_std = c.builder.transient(c.name + ".inverse_std", {channels_})};
    const bool moves = options.norm != NormMode::Frozen;
    c.builder.emit(BatchNormForward{
        .x = x,
        .gamma = c.parameters[0],
        .beta = c.parameters[1],
        .running_mean = moves ? c.statistics[0] : Tensor{},
        .running_variance = moves ? c.statistics[1] : Tensor{},
        .y = record.output.rows(first, count),
        .mean = made.mean,
        .inverse_std = made.inverse_std,
        .workspace = c.builder.workspace(BatchNormForward::workspace_count(rows_of(x), channels_)),
        .momentum = options.norm == NormMode::Calibrate ? 1.0f / static_cast<float>(options.calibration_batch)
                                                        : kRunningMomentum});
    return made;
  }

  std::int64_t channels_;
  Initializer gamma_;
};

}  // namespace

LayerPointer batch_norm_layer(std::int64_t channels, const Initializer& gamma) {
  return std::make_shared<BatchNormLayer>(channels, gamma);
}

}  // namespace gan
