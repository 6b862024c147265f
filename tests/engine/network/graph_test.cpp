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
  require_error<Error>(
      [&] {
        graph.add("thirds", group_norm_layer({4, 4, 2}, 3), {first});
      },
      {"node thirds", "3 groups do not divide 2 channels"});
  require_error<Error>(
      [&] {
        graph.add("norm", group_norm_layer({4, 4, 3}, 1), {first});
      },
      {"node norm", "3 channels"});
  require_error<Error>([&] { graph.add("pool", average_pool_layer(3), {first}); },
                       {"node pool", "windows of 3x3 do not cover 4x4x2"});
  require_error<Error>([&] { graph.add("shuffle", pixel_shuffle_layer(2), {first}); },
                       {"node shuffle", "channels of 4x4x2 do not make 2x2 pixels"});
  require_error<Error>([&] { graph.add("grow", upsample_layer(0), {first}); }, {"node grow", "a factor of 1 or more"});
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

TEST_CASE("layers are described as PyTorch's modules, and say their sizes", "[graph]") {
  NetworkGraph graph("net", {2, 4, 8});
  graph.add(group_norm_layer({2, 4, 8}, 8));
  graph.add(group_norm_layer({2, 4, 8}, 2));
  graph.add(group_norm_layer({2, 4, 8}, 1));
  graph.add(upsample_layer(3));
  CHECK(graph.output_shape() == FeatureShape{6, 12, 8});
  graph.add(average_pool_layer(2));
  CHECK(graph.output_shape() == FeatureShape{3, 6, 8});
  graph.add(pixel_shuffle_layer(2));
  CHECK(graph.output_shape() == FeatureShape{6, 12, 2});
  graph.add(global_pool_layer(GlobalPool::Mean));
  graph.add(global_pool_layer(GlobalPool::Sum));
  CHECK(graph.output_shape() == FeatureShape{1, 1, 2});
  CHECK(describe(graph)["modules"] == nlohmann::json::parse(R"([
      {"type": "instance_norm2d", "num_features": 8},
      {"type": "group_norm", "num_groups": 2, "num_channels": 8},
      {"type": "group_norm", "num_groups": 1, "num_channels": 8},
      {"type": "upsample", "scale_factor": 3},
      {"type": "avg_pool2d", "kernel_size": 2},
      {"type": "pixel_shuffle", "upscale_factor": 2},
      {"type": "global_pool", "reduction": "mean"},
      {"type": "global_pool", "reduction": "sum"}])"));
}

TEST_CASE("a new kind of layer is a file and a line", "[graph]") {
  NetworkGraph graph("net", {4, 4, 2});
  graph.add(negation_layer());
  CHECK(graph.output_shape() == FeatureShape{4, 4, 2});
  CHECK(describe(graph)["modules"][0]["type"] == "negation");
}
