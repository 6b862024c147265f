#include "kernels/image/assemble_batch.h"

#include <algorithm>

#include "tests/kernels/displaced_operands.h"

using namespace gan;
using namespace gan::test;

namespace {

AssembleBatch on_images(Operands& operands, std::int64_t count, const Shape& image,
                        const std::vector<std::int32_t>& indices, bool flip) {
  const auto batch = static_cast<std::int64_t>(indices.size());
  return {.iteration = operands.counter(11),
          .data = operands.bytes({count, image[0], image[1], image[2]}, 9),
          .indices = operands.indices(indices),
          .y = operands.result({batch, image[0], image[1], image[2]}),
          .stream = {.seed = 0x123456789abcdef, .stream = 4},
          .flip = flip};
}

/// Both round (byte - 127.5) / 127.5 once.
const Tolerance kOneRounding{.relative = 0.5 * std::numeric_limits<float>::epsilon()};

/// Whether every image of the batch is its original, or its mirror image, or both or neither (a NaN).
enum class Look { Original, Mirrored, Both, Neither };

std::vector<Look> looks(const AssembleBatch& done) {
  const std::int64_t height = done.y.shape[1], width = done.y.shape[2], channels = done.y.shape[3];
  std::vector<Look> result;
  for (std::int64_t b = 0; b < done.y.shape[0]; ++b) {
    bool original = true, mirrored = true;
    for (std::int64_t h = 0; h < height; ++h)
      for (std::int64_t w = 0; w < width; ++w)
        for (std::int64_t c = 0; c < channels; ++c) {
          const auto source = [&](std::int64_t column) {
            const std::int64_t image = done.indices.as<std::int32_t>()[b];
            const auto* const bytes = done.data.as<std::uint8_t>();
            return static_cast<float>(bytes[((image * height + h) * width + column) * channels + c] / 127.5 - 1);
          };
          const float got = done.y.as<float>()[((b * height + h) * width + w) * channels + c];
          original = original && std::abs(got - source(w)) < 1e-6f;
          mirrored = mirrored && std::abs(got - source(width - 1 - w)) < 1e-6f;
        }
    result.push_back(original ? (mirrored ? Look::Both : Look::Original) : (mirrored ? Look::Mirrored : Look::Neither));
  }
  return result;
}

}  // namespace

TEST_CASE("every byte maps to its place in [-1, 1]", "[assemble_batch]") {
  Operands operands;
  AssembleBatch op = on_images(operands, 1, {16, 16, 1}, {0}, false);
  for (int i = 0; i < 256; ++i) op.data.as<std::uint8_t>()[i] = static_cast<std::uint8_t>(i);
  expect_cpu_matches_definition(op, kOneRounding);
  expect_cuda_matches_definition(op, kOneRounding);
  std::list<std::vector<std::byte>> memory;
  CpuDevice cpu({.threads = 1});
  const AssembleBatch on_cpu = clone_operands(op, memory);
  run(on_cpu, cpu);
  const AssembleBatch on_cuda = run_on_cuda(op, memory);
  expect_same_results(on_cuda, on_cpu, {});  // the same bits
  const float* const y = on_cuda.y.as<float>();
  CHECK(y[0] == -1);
  CHECK(y[255] == 1);
  for (int i = 0; i < 256; ++i) REQUIRE(y[i] == -y[255 - i]);
}

TEST_CASE("batches are gathered, and mirrored by lot", "[assemble_batch]") {
  Operands operands;
  const Shape image = GENERATE(Shape{1, 1, 1},     // a pixel
                               Shape{5, 7, 3},     // odd in every axis: single elements
                               Shape{6, 4, 1},     // a multiple of four: vectors
                               Shape{2, 2, 33},    // many channels: vectors that reach over pixels
                               Shape{4, 1, 5},     // one column: its own mirror image
                               Shape{16, 16, 1},   // a quarter of a tile
                               Shape{19, 18, 3},   // one ragged tile of vectors; 4 tiles of single elements would be 5
                               Shape{15, 17, 3},   // several tiles of single elements, the last one ragged
                               Shape{27, 38, 2});  // several tiles of vectors, the last one ragged
  const bool flip = GENERATE(false, true);
  INFO(to_string(image) << (flip ? " with flips" : ""));
  // An image twice, the first and the last one; an odd number of them.
  const AssembleBatch op = on_images(operands, 6, image, {5, 0, 3, 3, 1, 2, 4}, flip);
  expect_cuda_matches_definition(op, kOneRounding);
  expect_cpu_matches_definition(op, kOneRounding);
  std::list<std::vector<std::byte>> memory;
  const std::vector<Look> seen = looks(run_on_cuda(op, memory));
  CHECK(std::count(seen.begin(), seen.end(), Look::Neither) == 0);
  if (image[1] > 1 && flip) {
    CHECK(std::count(seen.begin(), seen.end(), Look::Mirrored) > 0);
    CHECK(std::count(seen.begin(), seen.end(), Look::Original) > 0);
  }
  if (!flip) CHECK(std::count(seen.begin(), seen.end(), Look::Mirrored) == 0);
}

TEST_CASE("misaligned batches are assembled byte by byte", "[assemble_batch]") {
  Operands operands;
  const bool flip = GENERATE(false, true);
  for (const char* only : {"", "data", "y"})
    expect_displaced_cuda_matches_definition(on_images(operands, 3, {8, 8, 2}, {2, 0}, flip), kOneRounding, only);
}

TEST_CASE("half of the images are mirrored, others each time", "[assemble_batch]") {
  Operands operands;
  constexpr std::int64_t kImages = 4000;
  std::vector<std::int32_t> indices(kImages, 0);
  AssembleBatch op = on_images(operands, 1, {1, 2, 1}, indices, true);
  op.data.as<std::uint8_t>()[0] = 0;
  op.data.as<std::uint8_t>()[1] = 255;
  CpuDevice cpu({.threads = 1});
  std::list<std::vector<std::byte>> memory;
  const auto mirrored = [&](const AssembleBatch& instruction) {
    const AssembleBatch done = clone_operands(instruction, memory);
    run(done, cpu);
    std::vector<bool> result(kImages);
    for (std::int64_t i = 0; i < kImages; ++i) result[static_cast<std::size_t>(i)] = done.y.as<float>()[2 * i] == 1;
    return result;
  };
  const std::vector<bool> first = mirrored(op);
  const auto ones = std::count(first.begin(), first.end(), true);
  CHECK(std::abs(static_cast<double>(ones) - kImages / 2.0) < 4 * std::sqrt(kImages / 4.0));  // 4 standard deviations
  AssembleBatch other = op;
  other.iteration = operands.counter(12);
  const std::vector<bool> next = mirrored(other);
  std::int64_t equal = 0;
  for (std::size_t i = 0; i < first.size(); ++i) equal += first[i] == next[i];
  CHECK(std::abs(static_cast<double>(equal) - kImages / 2.0) < 4 * std::sqrt(kImages / 4.0));
  other = op;
  other.stream.stream = 5;
  CHECK(mirrored(other) != first);
  CHECK(mirrored(op) == first);
}

TEST_CASE("only gathered bytes cost", "[assemble_batch]") {
  Operands operands;
  const AssembleBatch op = on_images(operands, 100, {4, 4, 3}, {1, 2}, false);
  CHECK(cost(op).bytes == 2 * 48 * (1 + 4) + 2 * 4 + 8);
}

TEST_CASE("an empty batch is no work", "[assemble_batch]") {
  Operands operands;
  const AssembleBatch op = on_images(operands, 2, {4, 4, 3}, {}, true);
  expect_no_work(op);
}

TEST_CASE("batch assembly refuses operands that do not fit", "[assemble_batch]") {
  Operands operands;
  const AssembleBatch good = on_images(operands, 3, {4, 5, 2}, {0, 1}, false);
  validate(good);
  const auto refused = [&](auto&& change) {
    AssembleBatch bad = good;
    change(bad);
    REQUIRE_THROWS_AS(validate(bad), Error);
  };
  refused([&](auto& op) { op.iteration = operands.result({}); });
  refused([&](auto& op) { op.data = operands.result({3, 4, 5, 2}); });
  refused([&](auto& op) { op.data = operands.bytes({3, 40}, 1); });
  refused([&](auto& op) { op.data = operands.bytes({0, 4, 5, 2}, 1); });
  refused([&](auto& op) { op.indices = operands.result({2}); });
  refused([&](auto& op) { op.indices = operands.indices({0, 1}).reshaped({2, 1}); });
  refused([&](auto& op) { op.y = operands.result({3, 4, 5, 2}); });
  refused([&](auto& op) { op.y = operands.result({2, 5, 4, 2}); });
  refused([&](auto& op) { op.y = operands.raw({2, 4, 5, 2}, DType::U8); });
}
