#include "engine/watch/watching.h"

#include <algorithm>

#include "kernels/random/philox.h"

namespace gan {

namespace {

/// `count` images of `data`, walked through in an order of the look's own.
Tensor some_of(Builder& b, const Players& players, const Tensor& data, std::int64_t count, const char* name) {
  const Tensor indices = b.transient("indices", {count}, DType::I32);
  b.emit(SampleIndices{
      .iteration = players.counters.iteration, .indices = indices, .stream = b.next_stream(), .count = data.shape[0]});
  const Tensor images = b.transient(name, {count, data.shape[1], data.shape[2], data.shape[3]});
  emit_batch(b, players, data, indices, images, /*flip=*/false);
  return images;
}

std::vector<double> as_doubles(const std::vector<float>& values) { return {values.begin(), values.end()}; }

}  // namespace

Program watching(const Players& players, const WatchedData& data, std::uint64_t seed) {
  const Network &g = players.generator, &d = players.discriminator;
  const ForwardOptions still{.norm = NormMode::Frozen};
  Builder b = make_builder(players, "watching", seed, StreamBlock::Watching);
  b.phase("watch");
  const auto judge = [&](const Tensor& images, const char* name, const char* output) {
    b.output(output, d.forward(b, images, name, still).output.reshaped({data.batch}));
  };
  const Tensor real = some_of(b, players, data.training, data.batch, "x");
  judge(real, "D(x)", "on training");
  if (data.held_out.present()) judge(some_of(b, players, data.held_out, data.batch, "x'"), "D(x')", "on held-out");
  const Tensor fake = g.forward(b, latents(b, players, players.counters.iteration, data.batch), "G(z)", still)
                          .output.reshaped(real.shape);
  judge(fake, "D(G(z))", "on generated");

  const Tensor t = b.transient("t", {data.batch}), between = b.transient("x^", real.shape);
  b.emit(RandomUniform{.iteration = players.counters.iteration, .y = t, .stream = b.next_stream()});
  b.emit(Interpolate{.t = t, .a = real, .b = fake, .y = between});
  const Pass pass = d.forward(b, between, "D(x^)", still);
  const Tensor one = b.transient("1", pass.output.shape);
  b.emit(Fill{.y = one, .value = 1});
  const Tensor norms = b.transient("|g|", {data.batch});
  b.emit(GradientPenalty{.gradient = d.input_gradients(b, pass, one, ParamGrad::Skip).input,
                         .norm = norms,
                         .loss = b.transient("penalty", {1}),
                         .mean_norm = b.transient("mean |g|", {1}),
                         .dgradient = b.transient("v", real.shape)});
  b.output("gradient norms", norms);
  b.output("images", real);
  b.output("generated", fake);
  return b.finish();
}

Measures measure(const Players& players, Runtime& runtime, Runtime::ProgramId watching, double weight_clip) {
  const Program& program = runtime.program(watching);
  const auto read = [&](const char* output) { return as_doubles(runtime.read<float>(program.output(output))); };
  const bool has_held_out = std::any_of(program.outputs.begin(), program.outputs.end(),
                                        [](const Program::Output& output) { return output.name == "on held-out"; });
  Measures m;
  const std::vector<double> on_training = read("on training"), on_generated = read("on generated");
  m.on_training = mean(on_training);
  m.on_generated = mean(on_generated);
  m.probability_of_training = mean_sigmoid(on_training);
  m.probability_of_generated = mean_sigmoid(on_generated);
  if (has_held_out) {
    const std::vector<double> on_held_out = read("on held-out");
    m.on_held_out = mean(on_held_out);
    m.memorised_error = standard_error(on_training, on_held_out);
  }
  const std::vector<double> norms = read("gradient norms");
  m.gradient_norm = mean(norms);
  m.gradient_norm_spread = spread(norms);
  const std::int64_t count = program.output("images").shape[0];
  m.diversity = mean_distance(read("generated"), count);
  m.real_diversity = mean_distance(read("images"), count);
  m.generator_gradient = norm(as_doubles(runtime.read<float>(players.generator.gradient_slab())));
  if (weight_clip > 0) {
    std::vector<double> weights;
    weights.reserve(static_cast<std::size_t>(players.discriminator.parameter_count()));
    for (const Parameter& parameter : players.discriminator.parameters())
      for (const float w : runtime.read<float>(parameter.value)) weights.push_back(w);
    m.clipped_share = share_at_bound(weights, weight_clip);
  }
  return m;
}

void move_held_out_to_end(std::vector<std::uint8_t>& pixels, std::int64_t count, std::int64_t held_out,
                          std::uint64_t seed) {
  constexpr auto kStream = static_cast<std::uint32_t>(StreamBlock::Watching) - 1;
  const auto bytes = static_cast<std::int64_t>(pixels.size()) / count;
  const auto image = [&](std::int64_t i) { return pixels.begin() + i * bytes; };
  for (std::int64_t i = 0; i < held_out; ++i) {  // Fisher-Yates from the end
    const auto left = static_cast<std::uint64_t>(count - i);
    const std::uint32_t word = stream_words(seed, kStream, 0, static_cast<std::uint32_t>(i)).word[0];
    const auto chosen = static_cast<std::int64_t>(word * left >> 32), last = count - 1 - i;
    if (chosen != last) std::swap_ranges(image(chosen), image(chosen + 1), image(last));
  }
}

}  // namespace gan
