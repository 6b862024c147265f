// A network as data: named nodes, each a layer on values made before it.
#pragma once

#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "engine/network/layer.h"

namespace gan {

/// A value of a graph: the output of node `node`, or the graph's input.
struct Value {
  static constexpr int kInput = -1;
  int node = kInput;

  bool operator==(const Value&) const = default;
};

/// A layer in its place.
struct Node {
  std::string name;  ///< "main.3", "block1.conv1": its parameters' names begin with it, as PyTorch's modules' do
  std::shared_ptr<const Layer> layer;
  std::vector<Value> inputs;
  FeatureShape shape;  ///< of what it makes
};

/// A network from its input to the output of its last node. A value may be used by several nodes.
class NetworkGraph {
 public:
  /// `name`: "generator", "discriminator".
  NetworkGraph(std::string name, const FeatureShape& input) : name_(std::move(name)), input_(input) {}

  Value input() const { return {}; }
  /// Appends a node. Throws Error, naming it, where its inputs do not fit the layer, or the name is taken.
  Value add(std::string name, std::shared_ptr<const Layer> layer, std::vector<Value> inputs);
  /// The same on the value before it, under the name that PyTorch's Sequential gives: "main.0", "main.1" ...
  Value add(std::shared_ptr<const Layer> layer);

  const std::string& name() const { return name_; }
  const FeatureShape& shape_of(Value value) const;
  const FeatureShape& input_shape() const { return input_; }
  const FeatureShape& output_shape() const { return shape_of({static_cast<int>(nodes_.size()) - 1}); }
  const std::vector<Node>& nodes() const { return nodes_; }

 private:
  std::string name_;
  FeatureShape input_;
  std::vector<Node> nodes_;
};

/// What a checkpoint says about a network, enough to rebuild the modules in PyTorch:
///   {"name": "generator", "input": [C, H, W], "output": [C, H, W], "modules": [...]}
/// with a module a node, as its layer describes itself. A node that is not called "main.N", N its index, has "name"; one
/// whose input is not the node before it alone has "inputs": names of nodes, or "input".
nlohmann::json describe(const NetworkGraph& graph);

}  // namespace gan
