#include "engine/network/network.h"

#include "kernels/core/contract/error.h"

namespace gan {

namespace {

/// Parameters start at multiples of this many elements, so that kernels may use vector loads.
constexpr std::int64_t kSlabAlignment = 64;

std::int64_t rounded_up(std::int64_t count) { return (count + kSlabAlignment - 1) / kSlabAlignment * kSlabAlignment; }

/// Lays the parameters (without values yet) out one after another and declares the slab that holds them.
Tensor declare_slab(std::vector<Parameter>& parameters, const char* name, const Network::Options& options,
                    StorageTable& table) {
  std::int64_t total = 0;
  for (Parameter& p : parameters) {
    p.slab_offset = total;
    total += rounded_up(p.layout.memory_shape.count());
  }
  const Tensor slab = table.add({.name = options.prefix + "." + name, .shape = {total}, .dtype = options.real});
  for (Parameter& p : parameters)
    p.value = table.view(slab, p.slab_offset, p.layout.memory_shape, options.prefix + "." + p.name);
  return slab;
}

void append(std::vector<Parameter>& parameters, const std::string& node, std::vector<ParameterSpec> specs) {
  for (ParameterSpec& spec : specs)
    parameters.push_back({.name = node + "." + spec.name,
                          .value = {},
                          .layout = std::move(spec.layout),
                          .initializer = spec.initializer});
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
  values_ = declare_slab(parameters_, "parameters", options_, table);
  if (!statistics_.empty()) statistics_values_ = declare_slab(statistics_, "statistics", options_, table);
  parameter_values_ = values_of(parameters_);
  statistic_values_ = values_of(statistics_);
  if (options_.trained) gradients_ = declare_like_parameters(table, "gradient");
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
