// Networks as graphs: what they refuse, what they say of themselves, and what a new kind of layer takes.
#include <nlohmann/json.hpp>

#include "engine/network/graph.h"

#include "engine/network/layers/layers.h"
#include "engine/network/models/models.h"
#include "kernels/core/contract/error.h"
#include "tests/engine/network/negation_layer.h"
#include "tests/support/catch.h"
#include "tests/support/error_message.h"

using namespace gan;
using gan::test::require_error;

TEST_CASE("a graph refuses what does not fit, by the node's name", "[graph]") {
  NetworkGraph graph("net", {4, 4, 2});
  const Value first = graph.add("first", batch_norm_layer(2), {graph.input()});
  require_error<Error>([&] { graph.add("first", batch_norm_layer(2), {first}); }, {"net, node first", "taken"});
  require_error<Error>([&] { graph.add("wide", batch_norm_layer(3), {first}); }, {"net, node wide", "3 channels"});
  require_error<Error>([&] { graph.add("later", batch_norm_layer(2), {Value{5}}); }, {"node later", "no node 5"});
  require_error<Error>([&] { graph.add("alone", add_layer(), {first}); }, {"node alone", "two values"});
  const Value flat = graph.add("flat", reshape_layer({1, 1, 32}), {first});
  require_error<Error>([&] { graph.add("sum", add_layer(), {first, flat}); }, {"node sum", "one size"});
}

TEST_CASE("chains are described as PyTorch's Sequential, graphs with names and inputs", "[graph]") {
  const nlohmann::json chain = describe(make_model({.image = {16, 16, 1}, .latent = 5, .width = 2}).generator);
  for (const nlohmann::json& module : chain["modules"]) {
    CHECK_FALSE(module.contains("name"));
    CHECK_FALSE(module.contains("inputs"));
  }
  NetworkGraph graph("net", {4, 4, 2});
  const Value bent = graph.add("bent", activation_layer({.kind = ActivationKind::Relu}), {graph.input()});
  graph.add("sum", add_layer(), {bent, graph.input()});
  CHECK(describe(graph)["modules"] == nlohmann::json::parse(R"([{"type": "relu", "name": "bent"},
                                  {"type": "add", "name": "sum", "inputs": ["bent", "input"]}])"));
}

TEST_CASE("a new kind of layer is a file and a line", "[graph]") {
  NetworkGraph graph("net", {4, 4, 2});
  graph.add(negation_layer());
  CHECK(graph.output_shape() == FeatureShape{4, 4, 2});
  CHECK(describe(graph)["modules"][0]["type"] == "negation");
}
