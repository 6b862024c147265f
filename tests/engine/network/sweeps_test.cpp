// The sweeps one by one: separate sweeps give what backward gives, sub-batches are as passes of their own, and the double
// backward of a penalty on the input gradient agrees with finite differences.
#include <cmath>
#include <nlohmann/json.hpp>
#include <random>

#include "engine/device/runtime.h"
#include "engine/network/layers/layers.h"
#include "engine/network/models/models.h"
#include "engine/network/network.h"
#include "kernels/core/contract/error.h"
#include "tests/support/catch.h"
#include "tests/support/instruction_test.h"

using namespace gan;

namespace {

/// A network in double on a table, with an input and a gradient at its output; all numbers random, always the same.
struct Bench {
  Bench(const NetworkGraph& graph, std::int64_t batch)
      : network(graph, table, {.prefix = "net", .real = DType::F64}),
        input(declare("input", graph.input_shape().batch(batch))),
        doutput(declare("doutput", graph.output_shape().batch(batch))) {}

  Tensor declare(const char* name, const Shape& shape) {
    return table.add({.name = name, .shape = shape, .dtype = DType::F64});
  }
  Builder builder() const {
    Builder b(table, {.name = "test", .real = DType::F64});
    b.phase("all");
    return b;
  }
  /// The program on a device with all of the table's numbers drawn.
  std::unique_ptr<Runtime> run(Program program) const {
    auto runtime = std::make_unique<Runtime>(make_cpu_backend(1), PlannedPrograms(table, {std::move(program)}));
    std::mt19937 random(7);
    std::normal_distribution<double> normal;
    for (const Tensor& tensor : {network.parameter_slab(), network.gradient_slab(), input, doutput}) {
      const double scale = tensor.shares_storage_with(network.parameter_slab()) ? 0.5 : 1;
      std::vector<double> values(static_cast<std::size_t>(tensor.count()));
      for (double& v : values) v = scale * normal(random);
      runtime->upload(tensor, values.data());
    }
    runtime->run(0);
    return runtime;
  }
  /// Gradients of all parameters, without the slab's padding.
  std::vector<double> gradients(const Runtime& runtime) const {
    std::vector<double> all;
    for (std::size_t p = 0; p < network.parameters().size(); ++p) {
      const std::vector<double> part = runtime.read<double>(network.view_of(network.gradient_slab(), p));
      all.insert(all.end(), part.begin(), part.end());
    }
    return all;
  }

  StorageTable table;
  Network network;
  Tensor input, doutput;
};

constexpr ActivationOptions kLeakyRelu{.kind = ActivationKind::LeakyRelu, .slope = 0.2f};

/// A critic of straight lines with a residual block, biases, a strided and a covering convolution.
NetworkGraph critic() {
  const FeatureShape image{6, 5, 2}, features{6, 5, 3}, small{3, 2, 4};
  const ConvOptions three{.out = features, .kernel_h = 3, .kernel_w = 3, .stride_h = 1, .stride_w = 1, .bias = true};
  NetworkGraph graph("critic", image);
  const Value stem = graph.add("stem", conv_layer(image, three), {graph.input()});
  const Value first = graph.add("first", conv_layer(features, three), {stem});
  const Value bent = graph.add("bent", activation_layer(kLeakyRelu), {first});
  const Value second = graph.add("second", conv_layer(features, three), {bent});
  const Value sum = graph.add("sum", add_layer(), {second, stem});
  const Value down = graph.add("down", conv_layer(features, {.out = small, .bias = true}), {sum});
  const Value bent_again = graph.add("bent_again", activation_layer(kLeakyRelu), {down});
  graph.add("logit", linear_layer(small, {.out = {}}), {bent_again});
  return graph;
}

/// One with every kind of layer that a penalised critic may have beside those: norms of every sample, functions that bend,
/// sizes that change, values that are used twice, the input among them.
NetworkGraph bent_critic() {
  const FeatureShape image{4, 6, 2}, features{4, 6, 4}, half{2, 3, 4};
  const ConvOptions three{.out = features, .kernel_h = 3, .kernel_w = 3, .stride_h = 1, .stride_w = 1, .bias = true};
  NetworkGraph graph("bent critic", image);
  const Value stem = graph.add("stem", conv_layer(image, three), {graph.input()});
  const Value norm = graph.add("norm", group_norm_layer(features, 4), {stem});
  const Value bent = graph.add("bent", activation_layer({.kind = ActivationKind::Tanh}), {norm});
  const Value second = graph.add("second", conv_layer(features, three), {bent});
  const Value layer_norm = graph.add("layer_norm", group_norm_layer(features, 1), {second});
  const Value sum = graph.add("sum", add_layer(), {layer_norm, stem});
  const Value pooled = graph.add("pooled", average_pool_layer(2), {sum});
  const Value shortcut = graph.add("shortcut", conv_layer(image, {.out = half}), {graph.input()});
  const Value both = graph.add("both", add_layer(), {pooled, shortcut});
  const Value group_norm = graph.add("group_norm", group_norm_layer(half, 2), {both});
  const Value sigmoid = graph.add("sigmoid", activation_layer({.kind = ActivationKind::Sigmoid}), {group_norm});
  const Value grown = graph.add("grown", upsample_layer(2), {sigmoid});
  const Value twice = graph.add("twice", add_layer(), {grown, norm});
  const Value lines = graph.add("lines", activation_layer(kLeakyRelu), {twice});
  const Value shuffled = graph.add("shuffled", pixel_shuffle_layer(2), {lines});
  const Value averages = graph.add("averages", average_pool_layer(4), {shuffled});
  const Value mixed = graph.add(
      "mixed", conv_layer({2, 3, 1}, {.out = {2, 3, 3}, .kernel_h = 3, .kernel_w = 3, .stride_h = 1, .stride_w = 1}),
      {averages});
  const Value pixels = graph.add("pixels", global_pool_layer(GlobalPool::Sum), {mixed});
  graph.add("logit", linear_layer({1, 1, 3}, {.out = {}}), {pixels});
  return graph;
}

/// Batch norms in a row and beside each other.
NetworkGraph batch_norm_critic() {
  const FeatureShape image{4, 3, 2}, features{4, 3, 3};
  const ConvOptions three{.out = features, .kernel_h = 3, .kernel_w = 3, .stride_h = 1, .stride_w = 1};
  NetworkGraph graph("batch norm critic", image);
  const Value stem = graph.add("stem", conv_layer(image, three), {graph.input()});
  const Value norm = graph.add("norm", batch_norm_layer(3), {stem});
  const Value bent = graph.add("bent", activation_layer(kLeakyRelu), {norm});
  const Value second = graph.add("second", conv_layer(features, three), {bent});
  const Value norm_again = graph.add("norm_again", batch_norm_layer(3), {second});
  const Value sum = graph.add("sum", add_layer(), {norm_again, norm});
  const Value mean = graph.add("mean", global_pool_layer(GlobalPool::Mean), {sum});
  graph.add("logit", linear_layer({1, 1, 3}, {.out = {}}), {mean});
  return graph;
}

/// P = |dx0|^2 / 2 over all of the input gradient.
double penalty(const Runtime& runtime, const Tensor& dinput) {
  double sum = 0;
  for (const double g : runtime.read<double>(dinput)) sum += g * g / 2;
  return sum;
}

/// What of a batch is penalised: rows of a forward pass with sub-batches.
struct Penalised {
  std::int64_t batch = 3;
  std::vector<std::int64_t> groups = {};
  std::int64_t first = 0, count = 3;
};

/// Checks the gradient of P at every parameter by central differences: P(w) = |dx0|^2 / 2 with dx0 = d(sum doutput *
/// critic(x)) / dx, so that v = d(P)/d(dx0) = dx0 itself.
void check_double_backward(const NetworkGraph& graph, const Penalised& of) {
  Bench bench(graph, of.batch);
  Builder b = bench.builder();
  const Pass all = bench.network.forward(b, bench.input, "net", {.norm = NormMode::Frozen, .groups = of.groups});
  const Pass pass = all.rows(of.first, of.count);
  const InputGradients gradients =
      bench.network.input_gradients(b, pass, bench.doutput.rows(of.first, of.count), ParamGrad::Skip);
  b.emit(Fill{.y = bench.network.gradient_slab(), .value = 0});
  const Tangents tangents = bench.network.tangent(b, pass, gradients, gradients.input, ParamGrad::Accumulate);
  const InputGradients second = bench.network.second_order(b, pass, tangents, {}, ParamGrad::Accumulate);
  const WeightTerm terms[] = {weight_term(pass, second), weight_term(tangents, gradients)};
  CHECK_THROWS_AS(bench.network.weight_gradients(b, terms, ParamGrad::Overwrite), Error);  // biases would stay stale
  bench.network.weight_gradients(b, terms, ParamGrad::Accumulate);
  b.output("dinput", gradients.input);
  const auto runtime = bench.run(b.finish());
  const Tensor dinput = runtime->program(0).output("dinput");
  // P is square in doutput: with the largest gradient 1, a tolerance of 1e-6 sees the small ones, too.
  double largest = 0;
  for (const double g : bench.gradients(*runtime)) largest = std::max(largest, std::abs(g));
  std::vector<double> doutput = runtime->read<double>(bench.doutput);
  for (double& d : doutput) d /= std::sqrt(largest);
  runtime->upload(bench.doutput, doutput.data());
  runtime->run(0);
  for (std::size_t p = 0; p < bench.network.parameters().size(); ++p) {
    const Parameter& parameter = bench.network.parameters()[p];
    const std::vector<double> claimed = runtime->read<double>(bench.network.view_of(bench.network.gradient_slab(), p));
    const std::vector<double> at = runtime->read<double>(parameter.value);
    gan::test::expect_gradient(
        graph.name() + " " + parameter.name,
        [&](const std::vector<double>& moved) {
          runtime->upload(parameter.value, moved.data());
          runtime->run(0);
          return penalty(*runtime, dinput);
        },
        at, claimed);
    runtime->upload(parameter.value, at.data());
    runtime->run(0);
  }
}

}  // namespace

TEST_CASE("input gradients and weight gradients one after the other are the backward", "[sweeps]") {
  for (const NetworkGraph& graph :
       {critic(), bent_critic(), batch_norm_critic(),
        make_model({.model = "dcgan", .image = {16, 17, 1}, .latent = 5, .width = 2}).discriminator,
        make_model({.model = "mlp", .image = {16, 17, 1}, .latent = 5, .width = 2}).generator}) {
    INFO(graph.name());
    Bench bench(graph, 3);
    Builder together = bench.builder(), apart = bench.builder();
    const Pass pass = bench.network.forward(together, bench.input, "net", {.norm = NormMode::Frozen});
    together.output("dinput", bench.network.backward(together, pass, bench.doutput, ParamGrad::Accumulate, true));
    const Pass again = bench.network.forward(apart, bench.input, "net", {.norm = NormMode::Frozen});
    const InputGradients gradients = bench.network.input_gradients(apart, again, bench.doutput, ParamGrad::Accumulate);
    const WeightTerm terms[] = {weight_term(again, gradients)};
    bench.network.weight_gradients(apart, terms, ParamGrad::Accumulate);
    apart.output("dinput", gradients.input);
    const auto one = bench.run(together.finish()), two = bench.run(apart.finish());
    CHECK(one->read<double>(one->program(0).output("dinput")) == two->read<double>(two->program(0).output("dinput")));
    CHECK(bench.gradients(*one) == bench.gradients(*two));
  }
}

TEST_CASE("sub-batches in one pass are as passes of their own", "[sweeps]") {
  const NetworkGraph graph =
      make_model({.model = "dcgan", .image = {16, 16, 1}, .latent = 5, .width = 2}).discriminator;
  Bench bench(graph, 5);
  const ForwardOptions training{.norm = NormMode::Training};
  Builder apart = bench.builder(), together = bench.builder();
  std::vector<Tensor> outputs;
  for (const auto& [first, count] : {std::pair<int, int>{0, 2}, {2, 3}}) {
    const Pass pass = bench.network.forward(apart, bench.input.rows(first, count), "net", training);
    bench.network.backward(apart, pass, bench.doutput.rows(first, count),
                           first == 0 ? ParamGrad::Overwrite : ParamGrad::Accumulate, false);
    apart.output(first == 0 ? "first" : "second", pass.output);
  }
  const Pass pass = bench.network.forward(together, bench.input, "net", {.norm = NormMode::Training, .groups = {2, 3}});
  bench.network.backward(together, pass, bench.doutput, ParamGrad::Overwrite, false);
  together.output("all", pass.output);
  const auto one = bench.run(apart.finish()), two = bench.run(together.finish());
  std::vector<double> separate = one->read<double>(one->program(0).output("first"));
  const std::vector<double> second = one->read<double>(one->program(0).output("second"));
  separate.insert(separate.end(), second.begin(), second.end());
  CHECK(two->read<double>(two->program(0).output("all")) == separate);
  CHECK(two->read<double>(bench.network.statistics_slab()) == one->read<double>(bench.network.statistics_slab()));
  const std::vector<double> want = bench.gradients(*one), got = bench.gradients(*two);
  for (std::size_t i = 0; i < want.size(); ++i)  // one product sums over both, in another order
    CHECK(got[i] == Approx(want[i]).epsilon(1e-12).margin(1e-13));
}

TEST_CASE("a slice of a pass is the pass of a slice", "[sweeps]") {
  Bench bench(make_model({.model = "dcgan", .image = {16, 16, 1}, .latent = 5, .width = 2}).discriminator, 5);
  Builder whole = bench.builder(), part = bench.builder();
  const Pass all = bench.network.forward(whole, bench.input, "net", {.norm = NormMode::Frozen, .groups = {2, 3}});
  whole.output("dinput",
               bench.network.backward(whole, all.rows(2, 3), bench.doutput.rows(2, 3), ParamGrad::Overwrite, true));
  const Pass some = bench.network.forward(part, bench.input.rows(2, 3), "net", {.norm = NormMode::Frozen});
  part.output("dinput", bench.network.backward(part, some, bench.doutput.rows(2, 3), ParamGrad::Overwrite, true));
  CHECK_THROWS_AS(all.rows(1, 3), Error);  // would cut a sub-batch
  const auto one = bench.run(whole.finish()), two = bench.run(part.finish());
  CHECK(one->read<double>(one->program(0).output("dinput")) == two->read<double>(two->program(0).output("dinput")));
  CHECK(bench.gradients(*one) == bench.gradients(*two));
}

TEST_CASE("the last layer writes where it is told to", "[sweeps]") {
  for (const char* model : {"mlp", "dcgan"}) {  // mlp's generator ends in a view
    const NetworkGraph graph = make_model({.model = model, .image = {16, 16, 1}, .latent = 5, .width = 2}).generator;
    Bench bench(graph, 4);
    const Tensor place = bench.declare("place", graph.output_shape().batch(6));
    Builder b = bench.builder();
    const Pass placed =
        bench.network.forward(b, bench.input, "net", {.norm = NormMode::Frozen, .output = place.rows(1, 4)});
    b.output("free", bench.network.forward(b, bench.input, "net", {.norm = NormMode::Frozen}).output);
    CHECK(placed.output.shares_storage_with(place));
    const auto runtime = bench.run(b.finish());
    CHECK(runtime->read<double>(place.rows(1, 4)) == runtime->read<double>(runtime->program(0).output("free")));
    CHECK(runtime->read<double>(place.rows(5, 1)) ==
          std::vector<double>(static_cast<std::size_t>(graph.output_shape().count()), 0));
  }
}

TEST_CASE("the double backward of a penalty on the input gradient", "[sweeps]") {
  check_double_backward(critic(), {});
  check_double_backward(bent_critic(), {});
  check_double_backward(batch_norm_critic(), {});
}

TEST_CASE("the double backward of a part of a batch", "[sweeps]") {
  // Norms of every sample are indifferent to what else is in the batch; batch norm to sub-batches beside its own.
  check_double_backward(bent_critic(), {.batch = 4, .first = 1, .count = 2});
  check_double_backward(batch_norm_critic(), {.batch = 5, .groups = {2, 3}, .first = 2, .count = 3});
  check_double_backward(batch_norm_critic(), {.batch = 5, .groups = {3, 2}, .first = 0, .count = 5});
}

TEST_CASE("straight lines bend nowhere", "[sweeps]") {
  Bench bench(critic(), 3);
  Builder b = bench.builder();
  const Pass pass = bench.network.forward(b, bench.input, "net");
  const InputGradients gradients = bench.network.input_gradients(b, pass, bench.doutput, ParamGrad::Skip);
  const Tangents tangents = bench.network.tangent(b, pass, gradients, gradients.input, ParamGrad::Skip);
  const InputGradients second = bench.network.second_order(b, pass, tangents, {}, ParamGrad::Skip);
  for (const Tensor& e : second.outputs) CHECK_FALSE(e.present());
}

TEST_CASE("the tangent of a norm layer overwrites no gradient", "[sweeps]") {
  for (const NetworkGraph& graph : {bent_critic(), batch_norm_critic()}) {
    Bench bench(graph, 3);
    Builder b = bench.builder();
    const Pass pass = bench.network.forward(b, bench.input, "net", {.norm = NormMode::Frozen});
    const InputGradients gradients = bench.network.input_gradients(b, pass, bench.doutput, ParamGrad::Skip);
    CHECK_THROWS_AS(bench.network.tangent(b, pass, gradients, gradients.input, ParamGrad::Overwrite), Error);
  }
}

namespace {

/// A kind of layer that a beginner wrote: forwards and backwards, and no further.
class HalfLayer final : public Layer {
 public:
  nlohmann::json describe(std::span<const FeatureShape>) const override { return {{"type", "half"}}; }
  FeatureShape output_shape(std::span<const FeatureShape> inputs) const override { return inputs[0]; }
  NodeRecord forward(const NodeContext& c, std::span<const Tensor> inputs,
                     const ForwardOptions& options) const override {
    const Tensor y = result(c, options, inputs[0].shape);
    c.builder.emit(Sum{.x = inputs[0], .y = inputs[0], .z = y, .alpha = 0.5f, .beta = 0});
    return {.inputs = {inputs[0]}, .output = y};
  }
  std::vector<Tensor> backward(const NodeContext& c, const NodeRecord&, const Tensor& dy,
                               const GradientRequest&) const override {
    const Tensor dx = c.builder.transient(c.name, dy.shape);
    c.builder.emit(Sum{.x = dy, .y = dy, .z = dx, .alpha = 0.5f, .beta = 0});
    return {dx};
  }
};

}  // namespace

TEST_CASE("a layer without double backward says so", "[sweeps]") {
  NetworkGraph graph("net", {4, 4, 2});
  graph.add(std::make_shared<HalfLayer>());
  Bench bench(graph, 3);
  Builder b = bench.builder();
  const Pass pass = bench.network.forward(b, bench.input, "net");
  const InputGradients gradients = bench.network.input_gradients(b, pass, bench.doutput, ParamGrad::Skip);
  CHECK_THROWS_AS(bench.network.tangent(b, pass, gradients, gradients.input, ParamGrad::Skip), Error);
}
