// Spectrally normalised weights in a network: names and layouts, what layers see, and where a schedule normalises.
#include <algorithm>
#include <cmath>
#include <map>
#include <nlohmann/json.hpp>

#include "engine/device/runtime.h"
#include "engine/network/layers/layers.h"
#include "engine/network/network.h"
#include "engine/run/training_programs.h"
#include "tests/support/catch.h"

using namespace gan;

namespace {

/// A convolution, a linear layer on its image, and one without: 3x3 filters of two channels.
NetworkGraph mixed() {
  const FeatureShape image{4, 5, 2}, features{4, 5, 3};
  NetworkGraph graph("mixed", image);
  graph.add(conv_layer(image, {.out = features,
                               .kernel_h = 3,
                               .kernel_w = 3,
                               .stride_h = 1,
                               .stride_w = 1,
                               .bias = true,
                               .spectral_norm = true}));
  graph.add(batch_norm_layer(3));
  graph.add(linear_layer(features, {.out = {1, 1, 6}, .spectral_norm = true}));
  graph.add(linear_layer({1, 1, 6}, {.out = {1, 2, 2}}));
  return graph;
}

}  // namespace

TEST_CASE("spectral normalisation has PyTorch's names and layouts", "[spectral_norm]") {
  StorageTable table;
  const Network network(mixed(), table, {.prefix = "net"});
  std::map<std::string, std::vector<std::int64_t>> shapes;
  for (const auto* list : {&network.parameters(), &network.statistics()})
    for (const Parameter& p : *list) shapes[p.name] = p.layout.file_shape;
  CHECK(shapes == std::map<std::string, std::vector<std::int64_t>>{{"main.0.weight_orig", {3, 2, 3, 3}},
                                                                   {"main.0.bias", {3}},
                                                                   {"main.0.weight_u", {3}},
                                                                   {"main.0.weight_v", {2 * 3 * 3}},
                                                                   {"main.1.weight", {3}},
                                                                   {"main.1.bias", {3}},
                                                                   {"main.1.running_mean", {3}},
                                                                   {"main.1.running_var", {3}},
                                                                   {"main.2.weight_orig", {6, 60}},
                                                                   {"main.2.bias", {6}},
                                                                   {"main.2.weight_u", {6}},
                                                                   {"main.2.weight_v", {60}},
                                                                   {"main.3.weight", {4, 6}},
                                                                   {"main.3.bias", {4}}});
  REQUIRE(network.spectral_weights().size() == 2);
  CHECK(network.spectral_weights()[0].matrix == Shape{3, 18});
  CHECK(network.spectral_weights()[1].matrix == Shape{6, 60});
  // The vector along (R, S, C) goes to files as (C, R, S): PyTorch flattens the filter so.
  const FileLayout& v = network.statistics()[network.spectral_weights()[0].v].layout;
  CHECK(v.memory_shape == Shape{3, 3, 2});
  CHECK(v.permutation == std::vector<int>{2, 0, 1});
  const nlohmann::json modules = describe(network.graph())["modules"];
  CHECK(modules[0]["spectral_norm"] == true);
  CHECK(modules[2]["spectral_norm"] == true);
  CHECK_FALSE(modules[3].contains("spectral_norm"));
}

TEST_CASE("a weight that makes an image has its outputs in the rows", "[spectral_norm]") {
  StorageTable table;
  NetworkGraph graph("image", {1, 1, 5});
  graph.add(linear_layer({1, 1, 5}, {.out = {2, 3, 4}, .spectral_norm = true}));
  const Network network(graph, table, {.prefix = "net"});
  REQUIRE(network.spectral_weights().size() == 1);
  CHECK(network.spectral_weights()[0].matrix == Shape{24, 5});
  const FileLayout& u = network.statistics()[network.spectral_weights()[0].u].layout;
  CHECK(u.memory_shape == Shape{2, 3, 4});
  CHECK(u.permutation == std::vector<int>{2, 0, 1});
  CHECK(u.file_shape == std::vector<std::int64_t>{24});
}

TEST_CASE("layers see the weight divided by sigma, from the initialisation on", "[spectral_norm]") {
  StorageTable table;
  const Network network(mixed(), table, {.prefix = "net", .real = DType::F64});
  const Tensor counter = table.add({.name = "zero", .shape = {}, .dtype = DType::U64});
  const Tensor input = table.add({.name = "input", .shape = {2, 4, 5, 2}, .dtype = DType::F64});
  Builder start(table, {.name = "start", .real = DType::F64});
  start.phase("all");
  network.initialize(start, counter);
  Builder pass(table, {.name = "pass", .real = DType::F64});
  pass.phase("all");
  pass.output("features", network.forward(pass, input, "net").nodes[0].output);
  Runtime runtime(make_cpu_backend(1), PlannedPrograms(table, {start.finish(), pass.finish()}));
  runtime.run(0);
  std::vector<double> one_pixel(80);
  one_pixel[(1 * 5 + 2) * 2 + 1] = 1;  // image 0, (1, 2), channel 1
  runtime.upload(input, one_pixel.data());
  runtime.run(1);
  const SpectralWeight& weight = network.spectral_weights()[0];
  const std::vector<double> w = runtime.read<double>(network.parameters()[weight.parameter].value),
                            y = runtime.read<double>(runtime.program(1).output("features"));
  const double sigma = runtime.read<double>(weight.sigma)[0];
  CHECK(sigma > 0);
  for (std::size_t k = 0; k < 3; ++k)  // the output there is the middle of the filter
    CHECK(y[(1 * 5 + 2) * 3 + k] == Approx(w[((k * 3 + 1) * 3 + 1) * 2 + 1] / sigma).epsilon(1e-12));
  double u_square = 0;
  for (const double u : runtime.read<double>(network.statistics()[weight.u].value)) u_square += u * u;
  CHECK(u_square == Approx(1));
}

TEST_CASE("a schedule normalises once an update and finishes the gradients once", "[spectral_norm]") {
  TrainingOptions options;
  options.image_height = options.image_width = 16;
  options.width = 2;
  options.batch = 3;
  options.d_steps = 2;
  options.iterations = 1;
  options.norm = "none";
  for (const char* objective : {"non-saturating", "wgan", "wgan-gp"}) {
    options.objective = objective;
    for (const bool spectral : {false, true}) {
      options.spectral_norm = spectral;
      const TrainingPrograms programs(options, 10, 1);
      const std::size_t weights = programs.players.discriminator.spectral_weights().size();
      REQUIRE(weights == (spectral ? 3 : 0));
      std::map<std::string, std::vector<std::string>> names;  // of instructions, by phase
      for (const Step& step : programs.iteration().steps)
        names[programs.iteration().phases[static_cast<std::size_t>(step.phase)]].emplace_back(
            name_of(step.instruction));
      for (const char* phase : {"D step 1", "D step 2", "G step"}) {
        INFO(objective << " " << phase << (spectral ? " spectral" : ""));
        const std::vector<std::string>& here = names.at(phase);
        const auto count = [&](const char* name) {
          return static_cast<std::size_t>(std::count(here.begin(), here.end(), name));
        };
        CHECK(count("spectral norm") == weights);
        for (std::size_t i = 0; i < weights; ++i) CHECK(here[i] == "spectral norm");
        const bool trained = std::string(phase) != "G step";
        CHECK(count("spectral norm grad") == (trained ? weights : 0));
        if (!trained || !spectral) continue;
        const auto check = std::find(here.begin(), here.end(), "finite check");
        REQUIRE(check != here.end());
        CHECK(*(check - 1) == "spectral norm grad");
      }
    }
  }
}
