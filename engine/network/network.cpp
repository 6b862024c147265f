#include "engine/network/network.h"

#include "kernels/core/contract/error.h"

namespace gan {

namespace {

/// Parameters start at multiples of this many elements, so that kernels may use vector loads.
constexpr std::int64_t kSlabAlignment = 64;

std::int64_t rounded_up(std::int64_t count) { return (count + kSlabAlignment - 1) / kSlabAlignment * kSlabAlignment; }

/// Lays the parameters out one after another and declares the slab that holds their values; `infix` goes before the names
/// of these.
Tensor declare_slab(std::vector<Parameter>& parameters, const char* name, const Network::Options& options,
                    StorageTable& table, const std::string& infix = "") {
  std::int64_t total = 0;
  for (Parameter& p : parameters) {
    p.slab_offset = total;
    total += rounded_up(p.layout.memory_shape.count());
  }
  const Tensor slab = table.add({.name = options.prefix + "." + name, .shape = {total}, .dtype = options.real});
  for (Parameter& p : parameters)
    p.value = table.view(slab, p.slab_offset, p.layout.memory_shape, options.prefix + "." + infix + p.name);
  return slab;
}

void append(std::vector<Parameter>& parameters, const std::string& node, std::vector<ParameterSpec> specs) {
  for (ParameterSpec& spec : specs)
    parameters.push_back({.name = node + "." + spec.name + (spec.spectral_row_axes > 0 ? "_orig" : ""),
                          .value = {},
                          .layout = std::move(spec.layout),
                          .initializer = spec.initializer});
}

/// The layout of the vector along memory axes [first, end) of a weight: PyTorch flattens the weight as its files have it.
FileLayout vector_layout(const FileLayout& weight, int first, int end) {
  FileLayout layout;
  layout.memory_shape.rank = end - first;
  for (int axis = first; axis < end; ++axis)
    layout.memory_shape.extent[static_cast<std::size_t>(axis - first)] = weight.memory_shape[axis];
  for (const int axis : weight.permutation)
    if (axis >= first && axis < end) layout.permutation.push_back(axis - first);
  layout.file_shape = {layout.memory_shape.count()};
  return layout;
}

std::vector<Tensor> values_of(const std::vector<Parameter>& parameters) {
  std::vector<Tensor> values;
  values.reserve(parameters.size());
  for (const Parameter& p : parameters) values.push_back(p.value);
  return values;
}

void emit_initializer(Builder& b, const Tensor& counter, const Parameter& parameter) {
  const Initializer& init = parameter.initializer;
  switch (init.kind) {
    case Initializer::Kind::Constant: b.emit(Fill{.y = parameter.value, .value = init.mean}); return;
    case Initializer::Kind::Normal:
      b.emit(RandomNormal{.iteration = counter,
                          .y = parameter.value,
                          .stream = b.next_stream(),
                          .mean = init.mean,
                          .standard_deviation = init.standard_deviation});
      return;
    case Initializer::Kind::Uniform:
      b.emit(RandomUniform{.iteration = counter,
                           .y = parameter.value,
                           .stream = b.next_stream(),
                           .low = init.mean - init.bound,
                           .high = init.mean + init.bound});
      return;
  }
}

}  // namespace

Network::Network(NetworkGraph graph, StorageTable& table, Options options)
    : graph_(std::move(graph)), options_(std::move(options)) {
  for (const Node& node : graph_.nodes()) {
    first_parameter_.push_back(parameters_.size());
    first_statistic_.push_back(statistics_.size());
    append(parameters_, node.name, node.layer->parameters());
    append(statistics_, node.name, node.layer->statistics());
  }
  first_parameter_.push_back(parameters_.size());
  first_statistic_.push_back(statistics_.size());
  append_singular_vectors();  // behind what belongs to layers
  values_ = declare_slab(parameters_, "parameters", options_, table);
  if (!statistics_.empty()) statistics_values_ = declare_slab(statistics_, "statistics", options_, table);
  parameter_values_ = values_of(parameters_);
  statistic_values_ = values_of(statistics_);
  declare_normalized_weights(table);
  if (options_.trained) gradients_ = declare_like_parameters(table, "gradient");
}

void Network::append_singular_vectors() {
  for (std::size_t node = 0; node < graph_.nodes().size(); ++node) {
    const std::vector<ParameterSpec> specs = graph_.nodes()[node].layer->parameters();
    for (std::size_t i = 0; i < specs.size(); ++i) {
      const ParameterSpec& spec = specs[i];
      if (spec.spectral_row_axes == 0) continue;
      const FileLayout rows = vector_layout(spec.layout, 0, spec.spectral_row_axes),
                       columns = vector_layout(spec.layout, spec.spectral_row_axes, spec.layout.memory_shape.rank);
      spectral_.push_back({.parameter = first_parameter_[node] + i,
                           .u = statistics_.size(),
                           .v = statistics_.size() + 1,
                           .matrix = {rows.memory_shape.count(), columns.memory_shape.count()}});
      const std::string name = graph_.nodes()[node].name + "." + spec.name;
      statistics_.push_back({.name = name + "_u", .layout = rows, .initializer = Initializer::normal(0, 1)});
      statistics_.push_back({.name = name + "_v", .layout = columns, .initializer = Initializer::constant(0)});
    }
  }
}

void Network::declare_normalized_weights(StorageTable& table) {
  if (spectral_.empty()) return;
  const auto count = static_cast<std::int64_t>(spectral_.size());
  const Tensor sigmas = table.add({.name = prefix() + ".sigma", .shape = {count}, .dtype = options_.real});
  std::vector<Parameter> weights;
  for (const SpectralWeight& weight : spectral_) weights.push_back(parameters_[weight.parameter]);
  declare_slab(weights, "normalized", options_, table, "normalized.");
  for (std::size_t i = 0; i < spectral_.size(); ++i) {
    SpectralWeight& weight = spectral_[i];
    weight.sigma = table.view(sigmas, static_cast<std::int64_t>(i), {1}, prefix() + ".sigma." + weights[i].name);
    weight.normalized = weights[i].value;
    parameter_values_[weight.parameter] = weight.normalized;
  }
}

Tensor Network::declare_like_parameters(StorageTable& table, const std::string& name) const {
  const Tensor slab = table.add({.name = prefix() + "." + name, .shape = values_.shape, .dtype = values_.dtype});
  for (const Parameter& p : parameters_)
    table.view(slab, p.slab_offset, p.value.shape, fmt::format("{}.{}.{}", prefix(), name, p.name));
  return slab;
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
  for (const Parameter& p : parameters_) emit_initializer(b, counter, p);
  for (const Parameter& s : statistics_) emit_initializer(b, counter, s);
  normalize_weights(b);  // the vectors that a file holds fit its weights from the beginning
}

void Network::normalize_weights(Builder& b) const {
  for (const SpectralWeight& weight : spectral_) {
    const std::int64_t rows = weight.matrix[0], columns = weight.matrix[1];
    b.emit(SpectralNorm{.weight = parameters_[weight.parameter].value.reshaped(weight.matrix),
                        .u = statistics_[weight.u].value.reshaped({rows}),
                        .v = statistics_[weight.v].value.reshaped({columns}),
                        .sigma = weight.sigma,
                        .normalized = weight.normalized.reshaped(weight.matrix),
                        .workspace = b.workspace(SpectralNorm::workspace_count(rows, columns))});
  }
}

void Network::finish_gradients(Builder& b) const {
  for (const SpectralWeight& weight : spectral_)
    b.emit(
        SpectralNormGradient{.normalized = weight.normalized.reshaped(weight.matrix),
                             .u = statistics_[weight.u].value.reshaped({weight.matrix[0]}),
                             .v = statistics_[weight.v].value.reshaped({weight.matrix[1]}),
                             .sigma = weight.sigma,
                             .gradient = view_of(gradients_, weight.parameter).reshaped(weight.matrix),
                             .workspace = b.workspace(SpectralNormGradient::workspace_count(weight.matrix.count()))});
}

NodeContext Network::context(Builder& b, std::size_t node, std::string name) const {
  const auto range = [node](const std::vector<Tensor>& values, const std::vector<std::size_t>& first) {
    return std::span(values).subspan(first[node], first[node + 1] - first[node]);
  };
  return {.builder = b,
          .name = std::move(name),
          .parameters = range(parameter_values_, first_parameter_),
          .statistics = range(statistic_values_, first_statistic_)};
}

std::vector<Tensor> Network::gradients_of(std::size_t node) const {
  std::vector<Tensor> gradients;
  for (std::size_t p = first_parameter_[node]; p < first_parameter_[node + 1]; ++p)
    gradients.push_back(view_of(gradients_, p));
  return gradients;
}

}  // namespace gan
