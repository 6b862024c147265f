// Networks: gradients of whole networks by finite differences in double, and what each mode writes.
#include "engine/network/network.h"

#include <random>

#include "engine/device/runtime.h"
#include "engine/network/layers/layers.h"
#include "engine/network/models/models.h"
#include "tests/support/catch.h"
#include "tests/support/instruction_test.h"

using namespace gan;

namespace {

constexpr ActivationOptions kLeakyRelu{.kind = ActivationKind::LeakyRelu, .slope = 0.2f};

/// A residual network: a value that is used twice, in the middle and at the input, and one that nobody after it shares.
NetworkGraph residual() {
  const FeatureShape image{6, 5, 2};
  const ConvOptions three{.out = {6, 5, 3}, .kernel_h = 3, .kernel_w = 3, .stride_h = 1, .stride_w = 1, .bias = true};
  NetworkGraph graph("residual", image);
  const Value stem = graph.add("stem", conv_layer(image, three), {graph.input()});
  const Value first = graph.add("block.first", conv_layer(three.out, three), {stem});
  const Value bent = graph.add("block.bent", activation_layer(kLeakyRelu), {first});
  const Value second = graph.add("block.second", conv_layer(three.out, three), {bent});
  const Value sum = graph.add("block.sum", add_layer(), {second, stem});
  const Value skip = graph.add("skip", conv_layer(image, three), {graph.input()});
  const Value all = graph.add("sum", add_layer(), {sum, skip});
  const Value active = graph.add("active", activation_layer(kLeakyRelu), {all});
  graph.add("logit", linear_layer(three.out, {.out = {}}), {active});
  return graph;
}

/// Norms of every sample and all layers that change an image's size.
NetworkGraph growing_and_shrinking() {
  const FeatureShape image{4, 6, 8}, features{4, 6, 4};
  const ConvOptions three{.out = features, .kernel_h = 3, .kernel_w = 3, .stride_h = 1, .stride_w = 1, .bias = true};
  NetworkGraph graph("growing and shrinking", image);
  const Value shuffled = graph.add("shuffled", pixel_shuffle_layer(2), {graph.input()});
  const Value pooled = graph.add("pooled", average_pool_layer(2), {shuffled});
  const Value grown = graph.add("grown", upsample_layer(2), {pooled});
  const Value halved = graph.add("halved", average_pool_layer(2), {grown});
  const Value stem = graph.add("stem", conv_layer({4, 6, 2}, three), {halved});
  const Value instance_norm = graph.add("instance_norm", group_norm_layer(features, 4), {stem});
  const Value sigmoid = graph.add("sigmoid", activation_layer({.kind = ActivationKind::Sigmoid}), {instance_norm});
  const Value layer_norm = graph.add("layer_norm", group_norm_layer(features, 1), {sigmoid});
  const Value sum = graph.add("sum", add_layer(), {layer_norm, stem});
  const Value group_norm = graph.add("group_norm", group_norm_layer(features, 2), {sum});
  const Value mixed = graph.add("mixed", conv_layer(features, three), {group_norm});
  const Value mean = graph.add("mean", global_pool_layer(GlobalPool::Mean), {mixed});
  const Value total = graph.add("total", global_pool_layer(GlobalPool::Sum), {sum});
  const Value both = graph.add("both", add_layer(), {mean, total});
  graph.add("logit", linear_layer({1, 1, 4}, {.out = {}}), {both});
  return graph;
}

/// A network in double with a program that runs it forwards, takes sum(weights * output) as the loss, and runs it back.
struct Laboratory {
  Laboratory(const NetworkGraph& graph, std::int64_t batch, ParamGrad mode = ParamGrad::Overwrite)
      : network(graph, table, {.prefix = "net", .real = DType::F64}),
        input(table.add({.name = "input", .shape = graph.input_shape().batch(batch), .dtype = DType::F64})),
        doutput(table.add({.name = "doutput", .shape = graph.output_shape().batch(batch), .dtype = DType::F64})) {
    Builder b(table, {.name = "test", .real = DType::F64});
    b.phase("forward");
    const Pass pass = network.forward(b, input, "net", {.norm = NormMode::Frozen});
    b.output("output", pass.output);
    b.phase("backward");
    b.output("dinput", network.backward(b, pass, doutput, mode, /*input_gradient=*/true));
    runtime = std::make_unique<Runtime>(make_cpu_backend(1), PlannedPrograms(table, {b.finish()}));
    output = runtime->program(0).output("output");
    dinput = runtime->program(0).output("dinput");
    std::mt19937 random(5);
    std::normal_distribution<double> normal;
    const auto fill = [&](const Tensor& tensor, double scale) {
      std::vector<double> values(static_cast<std::size_t>(tensor.count()));
      for (double& v : values) v = scale * normal(random);
      runtime->upload(tensor, values.data());
    };
    fill(network.parameter_slab(), 0.3);
    fill(network.gradient_slab(), 1);
    fill(input, 1);
    fill(doutput, 1);
  }

  std::vector<double> read(const Tensor& tensor) const { return runtime->read<double>(tensor); }

  /// The loss when `tensor` has `values` (and has them back afterwards).
  double loss_with(const Tensor& tensor, const std::vector<double>& values) {
    const std::vector<double> before = read(tensor);
    runtime->upload(tensor, values.data());
    runtime->run(0);
    runtime->upload(tensor, before.data());
    const std::vector<double> y = read(output), weight = read(doutput);
    double sum = 0;
    for (std::size_t i = 0; i < y.size(); ++i) sum += y[i] * weight[i];
    return sum;
  }

  /// Checks every `stride`-th element of d(loss)/d(tensor).
  void check_gradient(const std::string& what, const Tensor& tensor, const std::vector<double>& gradient,
                      std::size_t stride) {
    const std::vector<double> at = read(tensor);
    std::vector<double> probes, claimed;
    std::vector<std::size_t> where;
    for (std::size_t i = 0; i < at.size(); i += stride) {
      where.push_back(i);
      probes.push_back(at[i]);
      claimed.push_back(gradient[i]);
    }
    gan::test::expect_gradient(
        what,
        [&](const std::vector<double>& moved) {
          std::vector<double> all = at;
          for (std::size_t i = 0; i < where.size(); ++i) all[where[i]] = moved[i];
          return loss_with(tensor, all);
        },
        probes, claimed);
  }

  StorageTable table;
  Network network;
  Tensor input, doutput, dinput, output;
  std::unique_ptr<Runtime> runtime;
};

void check_all_gradients(const NetworkGraph& graph) {
  Laboratory lab(graph, 3);
  lab.runtime->run(0);
  const std::vector<double> dinput = lab.read(lab.dinput);
  std::vector<std::vector<double>> gradients;
  for (std::size_t p = 0; p < lab.network.parameters().size(); ++p)
    gradients.push_back(lab.read(lab.network.view_of(lab.network.gradient_slab(), p)));
  lab.check_gradient(graph.name() + " input", lab.input, dinput, 1 + dinput.size() / 40);
  for (std::size_t p = 0; p < gradients.size(); ++p)
    lab.check_gradient(graph.name() + " " + lab.network.parameters()[p].name, lab.network.parameters()[p].value,
                       gradients[p], 1 + gradients[p].size() / 25);
}

}  // namespace

TEST_CASE("whole networks backpropagate right", "[network]") {
  // 18x17: an odd side, so that the generator needs an output padding and the discriminator leaves a row unread
  for (const char* model : {"dcgan", "mlp"}) {
    const GeneratorAndDiscriminator nets = make_model({.model = model, .image = {18, 17, 3}, .latent = 5, .width = 2});
    check_all_gradients(nets.generator);
    check_all_gradients(nets.discriminator);
  }
  check_all_gradients(residual());
  check_all_gradients(growing_and_shrinking());
}

TEST_CASE("every model backpropagates right", "[network]") {
  for (const char* model : {"resnet", "anime-dcgan", "anime-wgan", "anime-wganp", "anime-wgan256"}) {
    const GeneratorAndDiscriminator nets = make_model({.model = model, .image = {16, 20, 3}, .latent = 5, .width = 2});
    check_all_gradients(nets.generator);
    check_all_gradients(nets.discriminator);
  }
  for (const NormKind norm : {NormKind::Batch, NormKind::Instance, NormKind::Layer})
    check_all_gradients(
        make_model({.model = "resnet", .image = {16, 16, 1}, .latent = 5, .d_norm = norm, .width = 2}).discriminator);
  for (const NormKind norm : {NormKind::Batch, NormKind::Layer})
    check_all_gradients(
        make_model({.model = "mlp", .image = {16, 16, 1}, .latent = 5, .d_norm = norm, .width = 2}).discriminator);
  check_all_gradients(
      make_model({.model = "dcgan", .image = {16, 20, 3}, .latent = 5, .upsample = UpsampleKind::Nearest, .width = 2})
          .generator);
}

TEST_CASE("parameter gradients are skipped, overwritten or added", "[network]") {
  const NetworkGraph graph =
      make_model({.model = "dcgan", .image = {16, 16, 1}, .latent = 5, .width = 2}).discriminator;
  Laboratory overwrite(graph, 3, ParamGrad::Overwrite), accumulate(graph, 3, ParamGrad::Accumulate),
      skip(graph, 3, ParamGrad::Skip);
  const auto gradients = [](const Laboratory& lab) {
    std::vector<double> all;  // without the slab's padding
    for (std::size_t p = 0; p < lab.network.parameters().size(); ++p) {
      const std::vector<double> part = lab.read(lab.network.view_of(lab.network.gradient_slab(), p));
      all.insert(all.end(), part.begin(), part.end());
    }
    return all;
  };
  const std::vector<double> before = gradients(skip);
  for (Laboratory* lab : {&overwrite, &accumulate, &skip}) lab->runtime->run(0);
  const std::vector<double> fresh = gradients(overwrite), added = gradients(accumulate);
  CHECK(gradients(skip) == before);
  REQUIRE(fresh.size() == before.size());
  for (std::size_t i = 0; i < fresh.size(); ++i)
    CHECK(added[i] == Approx(before[i] + fresh[i]).epsilon(1e-12).margin(1e-13));
  CHECK(skip.read(skip.dinput) == overwrite.read(overwrite.dinput));
}
