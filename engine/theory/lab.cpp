#include "engine/theory/lab.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "engine/algorithm/discriminate.h"
#include "engine/algorithm/draws.h"
#include "engine/network/initializers.h"
#include "engine/network/layers/layers.h"
#include "engine/sample/latents.h"
#include "kernels/core/contract/error.h"

namespace gan::theory {

namespace {

FeatureShape features(std::int64_t count) { return {1, 1, count}; }

/// `within`: weights and biases start from U(-within, within); 0: as PyTorch starts them.
LayerPointer started_linear(std::int64_t in, std::int64_t out, float within) {
  const Initializer start = within > 0 ? Initializer::uniform(within) : pytorch_uniform({.in = in, .out = out});
  return linear_layer(features(in), {.out = features(out), .weight = start, .bias_start = start});
}

void add_hidden_layers(NetworkGraph& net, std::int64_t in, const std::vector<std::int64_t>& hidden, std::int64_t out,
                       ActivationKind activation, float within) {
  constexpr float kSlope = 0.2f;
  for (const std::int64_t size : hidden) {
    net.add(started_linear(in, size, within));
    net.add(activation_layer({.kind = activation, .slope = activation == ActivationKind::LeakyRelu ? kSlope : 0}));
    in = size;
  }
  net.add(started_linear(in, out, within));
}

Tensor declare_data(StorageTable& table, const char* name, const Dataset& data) {
  if (data.count == 0) return {};
  return table.add({.name = name, .shape = {data.count, data.height, data.width, data.channels}, .dtype = data.dtype});
}

Players::Options player_options(const LabOptions& o) {
  Players::Options options;
  options.average = o.average > 0;
  options.g_optimizer = o.g_optimizer;
  options.d_optimizer = o.d_optimizer;
  return options;
}

double norm_of(const Numbers& values) {
  double sum = 0;
  for (const float value : values) sum += double{value} * value;
  return std::sqrt(sum);
}

}  // namespace

GeneratorAndDiscriminator point_networks(const PointNetworkOptions& o) {
  NetworkGraph g("generator", features(o.latent)), d("discriminator", features(o.dimension));
  add_hidden_layers(g, o.latent, o.g_hidden, o.dimension, o.activation, 0);
  g.add(reshape_layer(features(o.dimension)));
  d.add(reshape_layer(features(o.dimension)));
  add_hidden_layers(d, o.dimension, o.d_hidden, 1, o.activation, o.start_within);
  return {std::move(g), std::move(d)};
}

Dataset dataset_of_points(const Numbers& points, std::int64_t dimension) {
  Dataset data =
      reserve_dataset("points", static_cast<std::int64_t>(points.size()) / dimension, 1, 1, dimension, DType::F32);
  const auto bytes = std::as_bytes(std::span(points));
  data.pixels.resize(bytes.size());
  std::memcpy(data.pixels.data(), bytes.data(), bytes.size());
  return data;
}

Numbers normal_latents(std::int64_t count, std::int64_t length, std::uint64_t seed) {
  // One long latent, dealt out: its numbers are independent.
  Numbers latents(static_cast<std::size_t>(count * length));
  draw_latent(seed, /*truncation=*/0, latents);
  return latents;
}

Lab::Lab(const LabOptions& options, GeneratorAndDiscriminator networks, const Dataset& real, const Dataset& fake)
    : objective_(make_objective({.name = options.objective})),
      players_(std::make_unique<Players>(player_options(options), std::move(networks), table_)),
      real_(declare_data(table_, "real", real)),
      fake_(declare_data(table_, "fake", fake)),
      images_(table_.add({.name = "images", .shape = players_->discriminator.graph().input_shape().batch(kQuery)})),
      latents_(table_.add({.name = "latents", .shape = {kQuery, players_->generator.graph().input_shape().channels}})) {
  runtime_ =
      std::make_unique<Runtime>(make_cpu_backend(/*threads=*/1), PlannedPrograms(table_, write_programs(options)));
  runtime_->upload(real_, real.pixels.data());
  if (fake_.present()) runtime_->upload(fake_, fake.pixels.data());
  runtime_->run(kInitialize);
}

std::vector<Program> Lab::write_programs(const LabOptions& options) {
  IterationOptions iteration = options.iteration;
  iteration.ema_decay = static_cast<float>(options.average);
  std::vector<Program> programs;
  programs.push_back(initialization(*players_, iteration.seed));
  programs.push_back(training_iteration(*players_, real_, *objective_, iteration));
  programs.push_back(write_judging());
  programs.push_back(write_generating());
  programs.push_back(write_generator_gradient("minimax"));
  programs.push_back(write_generator_gradient("non-saturating"));
  if (fake_.present()) programs.push_back(discrimination(*players_, real_, fake_, *objective_, iteration));
  return programs;
}

Program Lab::write_judging() {
  const Network& d = players_->discriminator;
  Builder b(table_, {.name = "judging"});
  b.phase("judge");
  const Pass pass = d.forward(b, images_, "D(x)", {.norm = NormMode::Frozen});
  const Tensor one = b.transient("1", pass.output.shape);
  b.emit(Fill{.y = one, .value = 1});
  const InputGradients gradients = d.input_gradients(b, pass, one, ParamGrad::Skip);
  b.output("logits", pass.output);
  b.output("gradients", gradients.input);
  for (std::size_t node = 0; node < gradients.outputs.size(); ++node)
    if (gradients.outputs[node].present()) b.output("signal " + std::to_string(node), gradients.outputs[node]);
  return b.finish();
}

Program Lab::write_generating() {
  Builder b(table_, {.name = "generating"});
  b.phase("generate");
  b.output("images", players_->shown_generator().forward(b, latents_, "G(z)", {.norm = NormMode::Frozen}).output);
  return b.finish();
}

Program Lab::write_generator_gradient(const std::string& objective) {
  const Network &g = players_->generator, &d = players_->discriminator;
  Builder b(table_, {.name = "generator's gradient, " + objective});
  const std::unique_ptr<Objective> loss = make_objective({.name = objective});
  loss->declare_readings(b);
  b.phase("G step");
  const Pass made = g.forward(b, latents_, "G(z)", {.norm = NormMode::Frozen});
  const Pass judged = d.forward(b, made.output, "D(G(z))", {.norm = NormMode::Frozen});
  const Tensor dlogits = loss->g_loss(b, {.fake = judged.output});
  const Tensor dimages = d.backward(b, judged, dlogits, ParamGrad::Skip, /*input_gradient=*/true);
  g.backward(b, made, dimages, ParamGrad::Overwrite, /*input_gradient=*/false);
  return b.finish();
}

void Lab::train(std::int64_t iterations) {
  for (std::int64_t i = 0; i < iterations; ++i) runtime_->run(kTrain);
}

void Lab::train_discriminator(std::int64_t iterations) {
  require(fake_.present(), "a discriminator without a second data set to tell the first from");
  for (std::int64_t i = 0; i < iterations; ++i) runtime_->run(kDiscriminate);
}

void Lab::imitate_generator(std::uint64_t seed) {
  require(fake_.present() && fake_.dtype == DType::F32, "a generator's images where points are expected");
  runtime_->upload(fake_, draw(fake_.shape[0], seed).data());
}

void Lab::query(ProgramNumber program, const Tensor& input, const Numbers& rows,
                const std::function<void(std::int64_t rows)>& take) {
  const std::int64_t length = input.count() / kQuery, count = static_cast<std::int64_t>(rows.size()) / length;
  for (std::int64_t first = 0; first < count; first += kQuery) {
    const std::int64_t some = std::min(kQuery, count - first);
    runtime_->upload(input.rows(0, some), rows.data() + first * length);
    runtime_->run(program);
    take(some);
  }
}

void Lab::append_output(ProgramNumber program, const std::string& output, std::int64_t rows, Numbers& all) {
  const Tensor tensor = runtime_->program(program).output(output);
  const Numbers some = runtime_->read<float>(tensor);
  all.insert(all.end(), some.begin(), some.begin() + rows * (tensor.count() / tensor.shape[0]));
}

Numbers Lab::generate(const Numbers& latents) {
  Numbers images;
  query(kGenerate, latents_, latents, [&](std::int64_t rows) { append_output(kGenerate, "images", rows, images); });
  return images;
}

Numbers Lab::draw(std::int64_t count, std::uint64_t seed) {
  return generate(normal_latents(count, latents_.shape[1], seed));
}

Numbers Lab::judge(const Numbers& images) {
  Numbers logits;
  query(kJudge, images_, images, [&](std::int64_t rows) { append_output(kJudge, "logits", rows, logits); });
  return logits;
}

Numbers Lab::image_gradients(const Numbers& images) {
  Numbers gradients;
  query(kJudge, images_, images, [&](std::int64_t rows) { append_output(kJudge, "gradients", rows, gradients); });
  return gradients;
}

std::vector<double> Lab::signal_norms(const Numbers& images) {
  std::vector<double> norms;
  query(kJudge, images_, images, [&](std::int64_t rows) {
    norms.clear();
    for (const Program::Output& output : runtime_->program(kJudge).outputs) {
      if (!output.name.starts_with("signal ")) continue;
      Numbers signal;
      append_output(kJudge, output.name, rows, signal);
      norms.push_back(norm_of(signal) / static_cast<double>(rows));
    }
  });
  return norms;
}

Numbers Lab::generator_gradient(const std::string& objective, std::uint64_t seed) {
  const ProgramNumber program = objective == "minimax" ? kMinimax : kNonSaturating;
  query(program, latents_, normal_latents(kQuery, latents_.shape[1], seed), [](std::int64_t) {});
  return runtime_->read<float>(players_->generator.gradient_slab());
}

Numbers Lab::critic_parameters() { return runtime_->read<float>(players_->discriminator.parameter_slab()); }

double Lab::reading(const std::string& name) {
  const Readings& readings = runtime_->program(kTrain).readings;
  const auto found = std::find(readings.names.begin(), readings.names.end(), name);
  require(found != readings.names.end(), "no reading '{}'", name);
  return runtime_->read<float>(readings.values)[static_cast<std::size_t>(found - readings.names.begin())];
}

}  // namespace gan::theory
