#include <cmath>
#include <vector>

#include "kernels/linear/gemm.h"
#include "kernels/linear/linear.h"
#include "tests/kernels/conv_cases.h"

namespace gan {
namespace {

using test::ConvCase;
using test::ConvTriple;
using test::Operands;
using test::terms;

/// The nearest number of 8 significant bits, ties to even; by arithmetic, where processors shift bits.
float rounded(float x) {
  constexpr int kSignificantBits = 8;
  int exponent = 0;
  const double fraction = std::frexp(static_cast<double>(x), &exponent);
  return static_cast<float>(
      std::ldexp(std::nearbyint(std::ldexp(fraction, kSignificantBits)), exponent - kSignificantBits));
}

Tensor rounded(const Tensor& x, Operands& operands) {
  std::vector<float> values(x.as<float>(), x.as<float>() + x.count());
  for (float& value : values) value = rounded(value);
  return operands.values(x.shape, values);
}

/// Checks what devices with bf16 products make of `instruction` against the definition of `wanted`, in double.
template <class Instruction>
void expect_products(const Instruction& instruction, const Instruction& wanted, test::Tolerance tolerance) {
  validate(instruction);
  std::list<std::vector<std::byte>> memory;
  const Instruction want = test::clone_operands(test::widen_operands(wanted, memory), memory);
  CpuDevice definition({.threads = 1, .definition_only = true});
  run(want, definition);
  for (const int threads : {1, 3}) {
    INFO("threads " << threads);
    CpuDevice device({.threads = threads, .products = Precision::Bf16});
    for (int call = 0; call < 2; ++call) {  // the second finds everything compiled
      const Instruction got = test::clone_operands(instruction, memory);
      run(got, device);
      test::expect_same_results(got, want, tolerance);
    }
  }
}

/// The linear instructions over operands of their own.
struct LinearTriple {
  Operands operands;
  LinearFprop fprop;
  LinearDgrad dgrad;
  LinearWgrad wgrad;

  LinearTriple(std::int64_t n, std::int64_t in, std::int64_t out, bool whole, ParamGrad mode = ParamGrad::Overwrite) {
    const auto fill = [&](const Shape& shape, unsigned seed) {
      return whole ? operands.integers(shape, seed) : operands.uniform(shape, seed);
    };
    const Tensor x = fill({n, in}, 1), w = fill({out, in}, 2), dy = fill({n, out}, 3);
    const bool add = mode == ParamGrad::Accumulate;
    fprop = {.x = x, .w = w, .y = operands.result({n, out})};
    dgrad = {.dy = dy, .w = w, .dx = operands.result({n, in})};
    wgrad = {.x = x, .dy = dy, .dw = add ? fill({out, in}, 4) : operands.result({out, in}), .mode = mode};
  }
};

}  // namespace

TEST_CASE("convolutions of whole numbers up to 8 are exact in bf16, by every route", "[bf16]") {
  for (const ConvCase& c : test::awkward_conv_cases()) {
    INFO(c.reason << ": " << to_string(c.shape));
    const ConvTriple triple(c.shape), adding(c.shape, true, ParamGrad::Accumulate);
    expect_products(triple.fprop, triple.fprop, {});
    expect_products(triple.dgrad, triple.dgrad, {});
    expect_products(triple.wgrad, triple.wgrad, {});
    expect_products(adding.wgrad, adding.wgrad, {});
  }
}

TEST_CASE("linear layers of whole numbers up to 8 are exact in bf16", "[bf16]") {
  const std::int64_t extents[][3] = {{1, 1, 1}, {3, 17, 33}, {64, 40, 1}, {1, 100, 65}, {5, 7, 300}, {33, 130, 31}};
  for (const auto& [n, in, out] : extents) {
    INFO("N " << n << ", in " << in << ", out " << out);
    const LinearTriple triple(n, in, out, true), adding(n, in, out, true, ParamGrad::Accumulate);
    expect_products(triple.fprop, triple.fprop, {});
    expect_products(triple.dgrad, triple.dgrad, {});
    expect_products(triple.wgrad, triple.wgrad, {});
    expect_products(adding.wgrad, adding.wgrad, {});
  }
}

TEST_CASE("convolutions in bf16 are those of factors rounded to the nearest bf16, summed in fp32", "[bf16]") {
  const ConvShape shape{
      .n = 3, .h = 12, .w = 10, .c = 20, .k = 36, .r = 4, .s = 4, .stride_h = 2, .stride_w = 2, .pad_h = 1, .pad_w = 1};
  const ConvTriple triple(shape, false);
  Operands operands;
  const Tensor x = rounded(triple.x, operands), w = rounded(triple.w, operands), dy = rounded(triple.dy, operands);
  ConvFprop fprop = triple.fprop;
  fprop.x = x, fprop.w = w;
  ConvDgrad dgrad = triple.dgrad;
  dgrad.dy = dy, dgrad.w = w;
  ConvWgrad wgrad = triple.wgrad;
  wgrad.x = x, wgrad.dy = dy;
  expect_products(triple.fprop, fprop, test::rounding_of_sum(terms(triple.fprop)));
  expect_products(triple.dgrad, dgrad, test::rounding_of_sum(terms(triple.dgrad)));
  expect_products(triple.wgrad, wgrad, test::rounding_of_sum(terms(triple.wgrad)));
}

TEST_CASE("linear layers in bf16 are those of factors rounded to the nearest bf16, summed in fp32", "[bf16]") {
  constexpr std::int64_t kN = 33, kIn = 130, kOut = 31;
  const LinearTriple triple(kN, kIn, kOut, false);
  Operands operands;
  const Tensor x = rounded(triple.fprop.x, operands), w = rounded(triple.fprop.w, operands),
               dy = rounded(triple.dgrad.dy, operands);
  expect_products(triple.fprop, {.x = x, .w = w, .y = triple.fprop.y}, test::rounding_of_sum(kIn));
  expect_products(triple.dgrad, {.dy = dy, .w = w, .dx = triple.dgrad.dx}, test::rounding_of_sum(kOut));
  expect_products(triple.wgrad, {.x = x, .dy = dy, .dw = triple.wgrad.dw}, test::rounding_of_sum(kN));
}

TEST_CASE("products in bf16 pass NaN and infinity on", "[bf16]") {
  const ConvShape shape{.n = 2, .h = 5, .w = 4, .c = 8, .k = 16, .r = 3, .s = 3, .pad_h = 1, .pad_w = 1};
  CpuDevice device({.threads = 2, .products = Precision::Bf16});
  for (const float bad : {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()}) {
    ConvTriple triple(shape);
    triple.x.as<float>()[0] = triple.dy.as<float>()[0] = bad;
    run(triple.fprop, device);
    run(triple.dgrad, device);
    run(triple.wgrad, device);
    CHECK(!std::isfinite(triple.fprop.y.as<float>()[0]));
    CHECK(!std::isfinite(triple.dgrad.dx.as<float>()[0]));
    CHECK(!std::isfinite(triple.wgrad.dw.as<float>()[4 * shape.c]));
    LinearTriple linear(3, 9, 5, true);
    linear.fprop.x.as<float>()[0] = bad;
    run(linear.fprop, device);
    CHECK(!std::isfinite(linear.fprop.y.as<float>()[0]));
  }
}

TEST_CASE("a product in bf16 adds to the result or replaces it, and nothing else", "[bf16]") {
  CpuDevice device({.threads = 1, .products = Precision::Bf16});
  const float a = 2, b = 3;
  float c = 10;
  const auto product = [&](float beta) {
    return GemmArguments{.m = 1,
                         .n = 1,
                         .k = 1,
                         .a = &a,
                         .lda = 1,
                         .transpose_a = false,
                         .b = &b,
                         .ldb = 1,
                         .transpose_b = false,
                         .beta = beta,
                         .c = &c,
                         .ldc = 1};
  };
  gemm_of_bf16(product(1), device);
  CHECK(c == 16);
  gemm_of_bf16(product(0), device);
  CHECK(c == 6);
  CHECK_THROWS_AS(gemm_of_bf16(product(0.5f), device), Error);
}

}  // namespace gan
