// The layers of the reference workloads, at full size and batch: the CUDA kernels against the CPU's fast route. For a GPU
// only: the emulation would take hours.
#include <thread>

#include "tests/kernels/conv_cases.h"

namespace gan {

namespace {

using test::ConvCase;
using test::ConvTriple;

/// A square layer: x (n, size, size, c), filters k of filter x filter.
ConvShape layer(std::int64_t n, std::int64_t size, std::int64_t c, std::int64_t k, std::int64_t filter,
                std::int64_t stride, std::int64_t pad) {
  return {.n = n,
          .h = size,
          .w = size,
          .c = c,
          .k = k,
          .r = filter,
          .s = filter,
          .stride_h = stride,
          .stride_w = stride,
          .pad_h = pad,
          .pad_w = pad};
}

/// DCGAN's 4x4 layers of stride 2; the generator's transposed ones are the same with dgrad for fprop.
ConvShape halving(std::int64_t n, std::int64_t size, std::int64_t c, std::int64_t k) {
  return layer(n, size, c, k, 4, 2, 1);
}

/// Both sides sum in fp32, in orders of their own: their errors add up.
template <class Instruction>
test::Tolerance rounding_of_both(const Instruction& op) {
  const test::Tolerance one = test::rounding_of_sum(test::terms(op));
  return {.absolute = 2 * one.absolute, .relative = 2 * one.relative};
}

template <class Instruction>
void expect_cuda_matches_cpu(const Instruction& op, CpuDevice& cpu) {
  validate(op);
  std::list<std::vector<std::byte>> memory;
  const Instruction want = test::clone_operands(op, memory);
  run(want, cpu);
  test::expect_same_results(test::run_on_cuda(op, memory), want, rounding_of_both(op));
}

void expect_layers_match(const std::vector<ConvCase>& layers) {
  CpuDevice cpu({.threads = static_cast<int>(std::max(1u, std::thread::hardware_concurrency()))});
  for (const ConvCase& c : layers) {
    INFO(c.reason << ": " << to_string(c.shape));
    const ConvTriple triple(c.shape, /*whole=*/false);
    expect_cuda_matches_cpu(triple.fprop, cpu);
    expect_cuda_matches_cpu(triple.dgrad, cpu);
    expect_cuda_matches_cpu(triple.wgrad, cpu);
  }
}

}  // namespace

TEST_CASE("the layers of dcgan, 64x64x3, batch 128", "[reference_layers]") {
  expect_layers_match({{"D.c1, and G.c4 turned round", halving(128, 64, 3, 64)},
                       {"D.c2, and G.c3 turned round", halving(128, 32, 64, 128)},
                       {"D.c3, and G.c2 turned round", halving(128, 16, 128, 256)},
                       {"D.c4, and G.c1 turned round", halving(128, 8, 256, 512)}});
}

TEST_CASE("the layers of the anime WGAN, 64x64x3, batch 32", "[reference_layers]") {
  expect_layers_match({{"G.c1", halving(32, 8, 512, 1024)},
                       {"G.c2", halving(32, 16, 256, 512)},
                       {"G.c3", halving(32, 32, 128, 256)},
                       {"G.c4", halving(32, 64, 3, 128)},
                       {"D.c1", halving(32, 64, 3, 256)},
                       {"D.c2", halving(32, 32, 256, 512)},
                       {"D.c3", halving(32, 16, 512, 1024)},
                       {"D.c4", halving(32, 8, 1024, 2048)}});
}

TEST_CASE("the layers of the residual networks, 128x128x3, batch 64", "[reference_layers]") {
  // One for each pair of resolution and kind: blocks repeat them.
  expect_layers_match({{"G.b2.c1: 3x3 at 8x8, the deepest sum", layer(64, 8, 1024, 1024, 3, 1, 1)},
                       {"G.b3.c1: 3x3 at 16x16", layer(64, 16, 1024, 512, 3, 1, 1)},
                       {"G.b4.sc: 1x1 at 16x16", layer(64, 16, 512, 256, 1, 1, 0)},
                       {"G.b5.c2: 3x3 at 64x64", layer(64, 64, 128, 128, 3, 1, 1)},
                       {"G.b6.c1: 3x3 at 128x128, the largest tensors", layer(64, 128, 128, 64, 3, 1, 1)},
                       {"G.c7: 3x3 to an image", layer(64, 128, 64, 3, 3, 1, 1)},
                       {"D.b1.c1: 3x3 from an image", layer(64, 128, 3, 64, 3, 1, 1)},
                       {"D.b1.sc: 1x1 from an image", layer(64, 64, 3, 64, 1, 1, 0)},
                       {"D.b1.c2: 3x3 and the mean of 2x2, folded", halving(64, 128, 64, 64)},
                       {"D.b3.c2: the same at 32x32", halving(64, 32, 128, 256)},
                       {"D.b5.c2: the same at 8x8", halving(64, 8, 512, 1024)},
                       {"D.b6.c1: 3x3 at 4x4", layer(64, 4, 1024, 1024, 3, 1, 1)}});
}

}  // namespace gan
