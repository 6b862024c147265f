#include "engine/network/graph.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "kernels/core/contract/error.h"

namespace gan {

namespace {

using nlohmann::json;

json in_channels_first(const FeatureShape& s) { return json::array({s.channels, s.height, s.width}); }

std::string sequential_name(std::size_t index) { return fmt::format("main.{}", index); }

/// The value that a node of a plain chain takes.
Value before(std::size_t index) { return {static_cast<int>(index) - 1}; }

}  // namespace

Value NetworkGraph::add(std::string name, std::shared_ptr<const Layer> layer, std::vector<Value> inputs) {
  const std::string place = fmt::format("{}, node {}", name_, name);
  require(std::none_of(nodes_.begin(), nodes_.end(), [&](const Node& node) { return node.name == name; }),
          "{}: the name is taken", place);
  std::vector<FeatureShape> shapes;
  for (const Value& value : inputs) {
    require(value.node >= Value::kInput && value.node < static_cast<int>(nodes_.size()), "{}: there is no node {}",
            place, value.node);
    shapes.push_back(shape_of(value));
  }
  FeatureShape made;
  try {
    made = layer->output_shape(shapes);
  } catch (const Error& error) { throw Error(fmt::format("{}: {}", place, error.what())); }
  nodes_.push_back({.name = std::move(name), .layer = std::move(layer), .inputs = std::move(inputs), .shape = made});
  return {static_cast<int>(nodes_.size()) - 1};
}

Value NetworkGraph::add(std::shared_ptr<const Layer> layer) {
  const std::size_t index = nodes_.size();
  return add(sequential_name(index), std::move(layer), {before(index)});
}

const FeatureShape& NetworkGraph::shape_of(Value value) const {
  return value.node == Value::kInput ? input_ : nodes_[static_cast<std::size_t>(value.node)].shape;
}

json describe(const NetworkGraph& graph) {
  json modules = json::array();
  for (std::size_t i = 0; i < graph.nodes().size(); ++i) {
    const Node& node = graph.nodes()[i];
    std::vector<FeatureShape> shapes;
    json inputs = json::array();
    for (const Value& value : node.inputs) {
      shapes.push_back(graph.shape_of(value));
      inputs.push_back(value == graph.input() ? "input" : graph.nodes()[static_cast<std::size_t>(value.node)].name);
    }
    json module = node.layer->describe(shapes);
    if (node.name != sequential_name(i)) module["name"] = node.name;
    if (node.inputs != std::vector<Value>{before(i)}) module["inputs"] = std::move(inputs);
    modules.push_back(std::move(module));
  }
  return {{"name", graph.name()},
          {"input", in_channels_first(graph.input_shape())},
          {"output", in_channels_first(graph.output_shape())},
          {"modules", std::move(modules)}};
}

}  // namespace gan
