#include "engine/network/network.h"

#include <cmath>

#include "engine/network/layer_passes.h"
#include "kernels/core/contract/error.h"

namespace gan {

namespace {

/// Parameters start at multiples of this many elements, so that kernels may use vector loads.
constexpr std::int64_t kSlabAlignment = 64;

/// What a layer adds to the parameters: name, memory layout, file layout, initialisation.
struct Declaration {
  std::string name;
  FileLayout layout;
  Initializer initializer;
};

FileLayout plain(const Shape& shape) {
  FileLayout layout{.memory_shape = shape};
  for (int axis = 0; axis < shape.rank; ++axis) {
    layout.permutation.push_back(axis);
    layout.file_shape.push_back(shape[axis]);
  }
  return layout;
}

FileLayout linear_weight_layout(const LinearLayer& l) {
  const std::int64_t in = l.in.count(), out = l.out.count();
  if (l.in.height * l.in.width > 1) return {{out, l.in.height, l.in.width, l.in.channels}, {0, 3, 1, 2}, {out, in}};
  if (l.out.height * l.out.width > 1) return {{l.out.height, l.out.width, l.out.channels, in}, {2, 0, 1, 3}, {out, in}};
  return plain({out, in});
}

FileLayout linear_bias_layout(const LinearLayer& l) {
  return {{l.out.height, l.out.width, l.out.channels}, {2, 0, 1}, {l.out.count()}};
}

/// KRSC in memory; OIHW in a file, which for a transposed convolution is PyTorch's IOHW: there K is the input.
FileLayout conv_weight_layout(const ConvLayer& l) {
  const std::int64_t k = l.transposed ? l.in.channels : l.out.channels;
  const std::int64_t c = l.transposed ? l.out.channels : l.in.channels;
  return {{k, l.kernel_h, l.kernel_w, c}, {0, 3, 1, 2}, {k, c, l.kernel_h, l.kernel_w}};
}

std::vector<Declaration> parameters_of(const NetworkSpec& spec, std::size_t index) {
  const std::string prefix = fmt::format("main.{}.", index);
  const auto weight = [&](std::int64_t fan_in) {
    Initializer initializer = spec.weight;
    if (spec.scale_weight_by_fan_in) initializer.standard_deviation = 1 / std::sqrt(static_cast<float>(fan_in));
    return initializer;
  };
  if (const auto* l = std::get_if<LinearLayer>(&spec.layers[index]))
    return {{prefix + "weight", linear_weight_layout(*l), weight(l->in.count())},
            {prefix + "bias", linear_bias_layout(*l), {}}};
  if (const auto* l = std::get_if<ConvLayer>(&spec.layers[index]))
    return {{prefix + "weight", conv_weight_layout(*l), weight(l->in.channels * l->kernel_h * l->kernel_w)}};
  if (const auto* l = std::get_if<BatchNormLayer>(&spec.layers[index]))
    return {{prefix + "weight", plain({l->channels}), spec.gamma}, {prefix + "bias", plain({l->channels}), {}}};
  return {};
}

std::vector<Declaration> statistics_of(const NetworkSpec& spec, std::size_t index) {
  const std::string prefix = fmt::format("main.{}.", index);
  if (const auto* l = std::get_if<BatchNormLayer>(&spec.layers[index]))
    return {{prefix + "running_mean", plain({l->channels}), {}},
            {prefix + "running_var", plain({l->channels}), {.mean = 1, .standard_deviation = 0}}};
  return {};
}

std::int64_t rounded_up(std::int64_t count) { return (count + kSlabAlignment - 1) / kSlabAlignment * kSlabAlignment; }

/// Lays the declarations out one after another and declares the slab that holds them.
Tensor declare_slab(const std::vector<Declaration>& declarations, const char* name, const Network::Options& options,
                    StorageTable& table, std::vector<Parameter>& parameters) {
  std::int64_t total = 0;
  std::vector<std::int64_t> offsets;
  for (const Declaration& d : declarations) {
    offsets.push_back(total);
    total += rounded_up(d.layout.memory_shape.count());
  }
  const Tensor slab =
      table.add({.name = options.prefix + "." + name, .shape = {total}, .dtype = options.real, .persistent = true});
  for (std::size_t i = 0; i < declarations.size(); ++i) {
    const Declaration& d = declarations[i];
    parameters.push_back({.name = d.name,
                          .value = table.view(slab, offsets[i], d.layout.memory_shape, options.prefix + "." + d.name),
                          .slab_offset = offsets[i],
                          .layout = d.layout,
                          .initializer = d.initializer});
  }
  return slab;
}

void emit_initializer(Builder& b, const Tensor& counter, const Parameter& parameter) {
  const Initializer& init = parameter.initializer;
  if (init.standard_deviation == 0) {
    b.emit(Fill{.y = parameter.value, .value = init.mean});
    return;
  }
  b.emit(RandomNormal{.iteration = counter,
                      .y = parameter.value,
                      .stream = b.next_stream(),
                      .mean = init.mean,
                      .standard_deviation = init.standard_deviation});
}

}  // namespace

Network::Network(const NetworkSpec& spec, StorageTable& table, Options options)
    : spec_(spec), options_(std::move(options)) {
  check_layer_sizes(spec);
  std::vector<Declaration> parameters, statistics;
  for (std::size_t i = 0; i < spec.layers.size(); ++i) {
    first_parameter_.push_back(parameters.size());
    first_statistic_.push_back(statistics.size());
    for (Declaration& d : parameters_of(spec, i)) parameters.push_back(std::move(d));
    for (Declaration& d : statistics_of(spec, i)) statistics.push_back(std::move(d));
  }
  values_ = declare_slab(parameters, "parameters", options_, table, parameters_);
  if (!statistics.empty()) statistics_values_ = declare_slab(statistics, "statistics", options_, table, statistics_);
  if (!options_.trained) return;
  const auto like_parameters = [&](const char* name) {
    const Tensor slab =
        table.add({.name = prefix() + "." + name, .shape = values_.shape, .dtype = values_.dtype, .persistent = true});
    for (const Parameter& p : parameters_)
      table.view(slab, p.slab_offset, p.value.shape, fmt::format("{}.{}.{}", prefix(), name, p.name));
    return slab;
  };
  gradients_ = like_parameters("gradient");
  adam_m_ = like_parameters("adam_m");
  adam_v_ = like_parameters("adam_v");
}

Tensor Network::view_of(const Tensor& slab, std::size_t index) const {
  Tensor view = slab;
  view.offset = slab.offset + parameters_[index].slab_offset;
  view.shape = parameters_[index].value.shape;
  return view;
}

std::int64_t Network::parameter_count() const {
  std::int64_t total = 0;
  for (const Parameter& p : parameters_) total += p.value.count();
  return total;
}

void Network::initialize(Builder& b, const Tensor& counter) const {
  for (const Tensor& slab : {values_, gradients_, adam_m_, adam_v_, statistics_values_})
    if (slab.present()) b.emit(Fill{.y = slab, .value = 0});
  for (const Parameter& p : parameters_) emit_initializer(b, counter, p);
  for (const Parameter& s : statistics_) emit_initializer(b, counter, s);
}

Pass Network::forward(Builder& b, const Tensor& input, const std::string& name, NormMode mode,
                      int calibration_batch) const {
  Pass pass{.name = name};
  Tensor at = input;
  for (std::size_t i = 0; i < spec_.layers.size(); ++i) {
    const LayerParameters own{.parameters = std::span(parameters_).subspan(first_parameter_[i]),
                              .statistics = std::span(statistics_).subspan(first_statistic_[i])};
    const ForwardContext context{
        .builder = b, .name = fmt::format("{}.{}", name, i), .mode = mode, .calibration_batch = calibration_batch};
    pass.layers.push_back(
        std::visit([&](const auto& layer) { return layer_forward(layer, at, own, context); }, spec_.layers[i]));
    at = pass.layers.back().output;
  }
  pass.output = at;
  return pass;
}

Tensor Network::backward(Builder& b, const Pass& pass, const Tensor& doutput, ParamGrad mode,
                         bool input_gradient) const {
  require(mode == ParamGrad::Skip || gradients_.present(), "network {} has no gradients to write", prefix());
  Tensor at = doutput;
  for (std::size_t i = spec_.layers.size(); i-- > 0;) {
    std::vector<Tensor> gradients;
    const std::size_t end = i + 1 < spec_.layers.size() ? first_parameter_[i + 1] : parameters_.size();
    for (std::size_t p = first_parameter_[i]; p < end && mode != ParamGrad::Skip; ++p)
      gradients.push_back(view_of(gradients_, p));
    const LayerParameters own{.parameters = std::span(parameters_).subspan(first_parameter_[i]), .statistics = {}};
    const BackwardContext context{.builder = b,
                                  .name = fmt::format("d({})", b.table().name_of(pass.layers[i].input)),
                                  .mode = mode,
                                  .gradients = gradients,
                                  .input_gradient = input_gradient || i > 0};
    at = std::visit([&](const auto& layer) { return layer_backward(layer, pass.layers[i], at, own, context); },
                    spec_.layers[i]);
  }
  return at;
}

}  // namespace gan
