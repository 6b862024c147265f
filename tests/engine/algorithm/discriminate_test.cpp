// The game without a generator: the same update of D as in the game with one, on the same images.
#include "engine/algorithm/discriminate.h"

#include <cmath>
#include <random>

#include "engine/device/runtime.h"
#include "tests/support/catch.h"
#include "tests/support/error_message.h"

using namespace gan;

namespace {

constexpr std::int64_t kImages = 10, kSide = 16;

/// Players in double, two data sets of bytes, and programs over them. B is one image again and again, which the generator
/// makes of any noise, too.
struct Game {
  explicit Game(ModelOptions model)
      : players({.model = model,
                 .average = false,
                 .g_optimizer = {.name = "sgd"},
                 .d_optimizer = {.name = "sgd", .learning_rate = 0.1},
                 .real = DType::F64},
                table),
        a(table.add({.name = "A", .shape = {kImages, kSide, kSide, 1}, .dtype = DType::U8})),
        b(table.add({.name = "B", .shape = {kImages - 3, kSide, kSide, 1}, .dtype = DType::U8})) {}

  void start(std::vector<Program> programs) {
    programs.insert(programs.begin(), initialization(players, 5));
    runtime = std::make_unique<Runtime>(make_cpu_backend(1), PlannedPrograms(table, std::move(programs)));
    std::mt19937 random(1);
    std::vector<std::uint8_t> bytes(static_cast<std::size_t>(a.count())), image(kSide * kSide), copies;
    for (std::uint8_t& byte : bytes) byte = static_cast<std::uint8_t>(random());
    for (std::uint8_t& byte : image) byte = static_cast<std::uint8_t>(1 + random() % 254);
    for (std::int64_t i = 0; i < b.shape[0]; ++i) copies.insert(copies.end(), image.begin(), image.end());
    runtime->upload(a, bytes.data());
    runtime->upload(b, copies.data());
    runtime->run(0);
    make_generator_draw(image);
  }

  /// All weights 0, and biases of the last layer whose tanh is the image.
  void make_generator_draw(const std::vector<std::uint8_t>& image) const {
    const Network& g = players.generator;
    const std::vector<double> zeros(static_cast<std::size_t>(g.parameter_count()), 0);
    runtime->upload(g.parameter_slab(), zeros.data());
    std::vector<double> biases;
    for (const std::uint8_t byte : image) biases.push_back(std::atanh((byte - 127.5) / 127.5));
    REQUIRE(g.parameters().back().value.count() == static_cast<std::int64_t>(biases.size()));
    runtime->upload(g.parameters().back().value, biases.data());
  }

  std::vector<double> weights() const { return runtime->read<double>(players.discriminator.parameter_slab()); }

  StorageTable table;
  Players players;
  Tensor a, b;
  std::unique_ptr<Runtime> runtime;
};

ModelOptions small_mlp() {
  return {.model = "mlp", .image = {kSide, kSide, 1}, .latent = 3, .spectral_norm = true, .width = 2};
}

/// A discriminator's verdict on an image, layer by layer: the mlp without spectral norm.
double by_hand(const std::vector<std::vector<double>>& parameters, std::vector<double> x) {
  for (std::size_t layer = 0; layer < parameters.size(); layer += 2) {
    const std::vector<double>&weight = parameters[layer], &bias = parameters[layer + 1];
    std::vector<double> y = bias;
    for (std::size_t out = 0; out < y.size(); ++out)
      for (std::size_t in = 0; in < x.size(); ++in) y[out] += weight[out * x.size() + in] * x[in];
    const bool last = layer + 2 == parameters.size();
    for (double& value : y) value = last || value > 0 ? value : 0.2F * value;
    x = y;
  }
  return x[0];
}

}  // namespace

TEST_CASE("the update is the one of the objective's algorithm", "[discriminate]") {
  for (const std::string& name : objective_names()) {
    INFO(name);
    const auto objective = make_objective({.name = name});
    const IterationOptions options{.batch = 4,
                                   .d_steps = 2,
                                   .seed = 9,
                                   .weight_clip = 0.05F,
                                   .r1 = name.starts_with("wgan") ? 0.0F : 0.5F,
                                   .r2 = name.starts_with("wgan") ? 0.0F : 0.3F};
    Game with(small_mlp()), without(small_mlp());
    with.start({training_iteration(with.players, with.a, *objective, options)});
    without.start({discrimination(without.players, without.a, without.b, *objective, options)});
    const std::vector<double> start = without.weights();
    REQUIRE(start == with.weights());
    with.runtime->run(1);
    without.runtime->run(1);
    const std::vector<double> expected = with.weights(), got = without.weights();
    double moved = 0, apart = 0;
    for (std::size_t i = 0; i < got.size(); ++i) {
      moved = std::max(moved, std::abs(got[i] - start[i]));
      apart = std::max(apart, std::abs(got[i] - expected[i]));
    }
    // The images differ by the rounding of atanh and tanh, 1e-15 at most where the byte is not next to an end; gradients of
    // order 1 follow it.
    CHECK(moved > 1e-4);
    CHECK(apart <= 1e-12);
    CHECK(without.runtime->read<std::uint64_t>(without.players.counters.iteration)[0] == 1);
    if (name == "wgan")
      for (const double weight : got) REQUIRE(std::abs(weight) <= double{0.05F});
  }
}

TEST_CASE("both sets are walked through, each in an order of its own", "[discriminate]") {
  Game game(small_mlp());
  const auto objective = make_objective({.name = "non-saturating"});
  const Program program =
      discrimination(game.players, game.a, game.b.rows(1, 5), *objective, {.batch = 3, .d_steps = 2});
  std::vector<SampleIndices> walks;
  std::vector<AssembleBatch> batches;
  for (const Step& step : program.steps) {
    if (const auto* walk = std::get_if<SampleIndices>(&step.instruction)) walks.push_back(*walk);
    if (const auto* batch = std::get_if<AssembleBatch>(&step.instruction)) batches.push_back(*batch);
    for_each_operand(step.instruction, [&](const char*, const Tensor& tensor, Access) {
      CHECK(!tensor.shares_storage_with(game.players.generator.parameter_slab()));
    });
  }
  REQUIRE(walks.size() == 4);
  REQUIRE(batches.size() == 4);
  for (const std::size_t i : {0, 2}) {
    CHECK(walks[i].count == kImages);
    CHECK(walks[i + 1].count == 5);
    CHECK(walks[i].stream.stream != walks[i + 1].stream.stream);
    CHECK(walks[i].batch_index == i / 2);
    CHECK(walks[i].batches_per_iteration == 2);
    CHECK(batches[i].data.offset == 0);
    CHECK(batches[i + 1].data.offset == kSide * kSide);
  }
  CHECK(walks[0].stream.stream == walks[2].stream.stream);
  CHECK(program.readings.index_of("loss_d_real") >= 0);
  CHECK(program.readings.index_of("loss_g") < 0);
}

TEST_CASE("verdicts are D's logits of the rows, in their order, and change nothing", "[discriminate]") {
  ModelOptions model = small_mlp();
  model.spectral_norm = false;
  Game game(model);
  game.start({verdicts(game.players, game.a, 0, kImages), verdicts(game.players, game.a, 6, 3)});
  const std::vector<double> before = game.weights();
  const auto logits = [&](Runtime::ProgramId id) {
    game.runtime->run(id);
    return game.runtime->read<double>(game.runtime->program(id).output("logits"));
  };
  const std::vector<double> all = logits(1), some = logits(2);
  REQUIRE(all.size() == kImages);
  REQUIRE(some.size() == 3);
  std::vector<std::vector<double>> parameters;
  for (const Parameter& parameter : game.players.discriminator.parameters())
    parameters.push_back(game.runtime->read<double>(parameter.value));
  const std::vector<std::uint8_t> bytes = game.runtime->read<std::uint8_t>(game.a);
  for (std::size_t i = 0; i < all.size(); ++i) {
    std::vector<double> image;
    for (std::size_t k = 0; k < kSide * kSide; ++k) image.push_back((bytes[i * kSide * kSide + k] - 127.5) / 127.5);
    CHECK(std::abs(all[i] - by_hand(parameters, image)) <= 1e-12 * std::max(1.0, std::abs(all[i])));
    if (i >= 6 && i < 9) CHECK(some[i - 6] == all[i]);
  }
  CHECK(game.weights() == before);
  gan::test::require_error<Error>([&] { verdicts(game.players, game.a, 8, 3); }, {"8 to 10", "(10, 16, 16, 1)"});
}

TEST_CASE("a verdict does not depend on the other rows, whatever the norm", "[discriminate]") {
  for (const NormKind norm : {NormKind::Batch, NormKind::Instance, NormKind::None}) {
    StorageTable table;
    const Players players(
        {.model = {.model = "dcgan", .image = {kSide, kSide, 1}, .latent = 3, .d_norm = norm, .width = 2},
         .average = false,
         .real = DType::F64},
        table);
    const Tensor a = table.add({.name = "A", .shape = {kImages, kSide, kSide, 1}, .dtype = DType::U8});
    std::vector<Program> programs;
    programs.push_back(initialization(players, 1));
    programs.push_back(
        discrimination(players, a.rows(0, 5), a.rows(5, 5), *make_objective({.name = "hinge"}), {.batch = 4}));
    programs.push_back(verdicts(players, a, 0, kImages));
    programs.push_back(verdicts(players, a, 7, 1));
    Runtime runtime(make_cpu_backend(1), PlannedPrograms(table, std::move(programs)));
    std::mt19937 random(1);
    std::vector<std::uint8_t> bytes(static_cast<std::size_t>(a.count()));
    for (std::uint8_t& byte : bytes) byte = static_cast<std::uint8_t>(random());
    runtime.upload(a, bytes.data());
    for (const Runtime::ProgramId id : {0, 1, 1, 2}) runtime.run(id);
    const std::vector<double> all = runtime.read<double>(runtime.program(2).output("logits"));
    runtime.run(3);
    const double alone = runtime.read<double>(runtime.program(3).output("logits"))[0];
    CHECK(std::abs(alone - all[7]) <= 1e-12 * std::max(1.0, std::abs(alone)));
    CHECK(std::abs(alone - all[6]) > 1e-9);
  }
}
