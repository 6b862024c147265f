#include <vector>

#include "kernels/core/cpu/library_threads.h"
#include "kernels/linear/gemm.h"
#include "kernels/linear/linear.h"
#include "tests/support/error_message.h"
#include "tests/support/instruction_test.h"

namespace gan {

namespace {

using test::dot;
using test::Operands;

struct Extents {
  std::int64_t n, in, out;
};

/// 1 everywhere; odd numbers one past a vector register and a warp; one critic output; more outputs than inputs.
constexpr Extents kExtents[] = {{1, 1, 1}, {3, 17, 33}, {64, 40, 1}, {1, 100, 65}, {5, 7, 300}, {33, 130, 31}};

/// The three instructions over operands of their own.
struct Triple {
  Operands operands;
  LinearFprop fprop;
  LinearDgrad dgrad;
  LinearWgrad wgrad;

  explicit Triple(const Extents& e, bool whole = true, ParamGrad mode = ParamGrad::Overwrite) {
    const auto fill = [&](const Shape& shape, unsigned seed) {
      return whole ? operands.integers(shape, seed) : operands.uniform(shape, seed);
    };
    const Tensor x = fill({e.n, e.in}, 1), w = fill({e.out, e.in}, 2), dy = fill({e.n, e.out}, 3);
    fprop = {.x = x, .w = w, .y = operands.result({e.n, e.out})};
    dgrad = {.dy = dy, .w = w, .dx = operands.result({e.n, e.in})};
    const bool add = mode == ParamGrad::Accumulate;
    wgrad = {.x = x, .dy = dy, .dw = add ? fill({e.out, e.in}, 4) : operands.result({e.out, e.in}), .mode = mode};
  }
};

template <class Instruction>
void expect_everywhere(const Instruction& instruction, test::Tolerance tolerance) {
  test::expect_cpu_matches_definition(instruction, tolerance);
  test::expect_cuda_matches_definition(instruction, tolerance);
}

}  // namespace

TEST_CASE("the linear layer is exact on whole numbers", "[linear]") {
  for (const Extents& e : kExtents) {
    INFO("N " << e.n << ", in " << e.in << ", out " << e.out);
    const Triple triple(e);
    expect_everywhere(triple.fprop, {});
    expect_everywhere(triple.dgrad, {});
    expect_everywhere(triple.wgrad, {});
    expect_everywhere(Triple(e, true, ParamGrad::Accumulate).wgrad, {});
  }
}

TEST_CASE("the linear layer rounds like sums of its length", "[linear]") {
  constexpr Extents kSome{33, 130, 31};
  const Triple triple(kSome, false);
  expect_everywhere(triple.fprop, test::rounding_of_sum(kSome.in));
  expect_everywhere(triple.dgrad, test::rounding_of_sum(kSome.out));
  expect_everywhere(triple.wgrad, test::rounding_of_sum(kSome.n));
}

TEST_CASE("the linear layer's gradients are adjoints of its forward", "[linear]") {
  for (const Extents& e : kExtents) {
    INFO("N " << e.n << ", in " << e.in << ", out " << e.out);
    const Triple triple(e);
    std::list<std::vector<std::byte>> memory;
    const double forward = dot(test::run_on_cuda(triple.fprop, memory).y, triple.dgrad.dy);
    CHECK(forward == dot(test::run_on_cuda(triple.dgrad, memory).dx, triple.fprop.x));
    CHECK(forward == dot(test::run_on_cuda(triple.wgrad, memory).dw, triple.fprop.w));
    CpuDevice cpu({.threads = 2});
    run(triple.fprop, cpu);
    run(triple.dgrad, cpu);
    run(triple.wgrad, cpu);
    CHECK(forward == dot(triple.fprop.y, triple.dgrad.dy));
    CHECK(forward == dot(triple.dgrad.dx, triple.fprop.x));
    CHECK(forward == dot(triple.wgrad.dw, triple.fprop.w));
  }
}

TEST_CASE("the linear layer sees operands of any rank as matrices", "[linear]") {
  // What a filter (K, R, S, C) that covers its input is: rows of R S C features.
  Operands operands;
  const LinearFprop fprop{.x = operands.integers({3, 4, 2, 5}, 1),
                          .w = operands.integers({6, 4, 2, 5}, 2),
                          .y = operands.result({3, 1, 1, 6})};
  expect_everywhere(fprop, {});
  const LinearDgrad dgrad{.dy = operands.integers({3, 1, 1, 6}, 3), .w = fprop.w, .dx = operands.result({3, 4, 2, 5})};
  expect_everywhere(dgrad, {});
  const LinearWgrad wgrad{.x = fprop.x, .dy = dgrad.dy, .dw = operands.result({6, 4, 2, 5})};
  expect_everywhere(wgrad, {});
}

TEST_CASE("the linear definition's gradients agree with finite differences", "[linear]") {
  std::vector<double> x = {0.5, -1.25, 2, 0.75, 1.5, -0.5}, w = {1, -0.5, 0.25, 0.125, 2, -1, 0.5, 0.75, -2, 1, 1, -1};
  std::vector<double> dx(x.size()), dw(w.size());
  const auto matrix = [](std::vector<double>& values, std::int64_t rows) {
    return Tensor{
        .shape = {rows, static_cast<std::int64_t>(values.size()) / rows}, .dtype = DType::F64, .data = values.data()};
  };
  CpuDevice cpu({});
  const auto output = [&](std::vector<double> at_x, std::vector<double> at_w) {
    std::vector<double> y(8);
    run(LinearFprop{.x = matrix(at_x, 2), .w = matrix(at_w, 4), .y = matrix(y, 2)}, cpu);
    return y;
  };
  const auto loss = [&](const std::vector<double>& at_x, const std::vector<double>& at_w) {
    double sum = 0;
    for (const double y : output(at_x, at_w)) sum += y * y * y / 3;
    return sum;
  };
  std::vector<double> dy = output(x, w);
  for (double& value : dy) value *= value;
  run(LinearDgrad{.dy = matrix(dy, 2), .w = matrix(w, 4), .dx = matrix(dx, 2)}, cpu);
  run(LinearWgrad{.x = matrix(x, 2), .dy = matrix(dy, 2), .dw = matrix(dw, 4)}, cpu);
  test::expect_gradient(
      "dx", [&](const std::vector<double>& at) { return loss(at, w); }, x, dx);
  test::expect_gradient(
      "dw", [&](const std::vector<double>& at) { return loss(x, at); }, w, dw);
}

TEST_CASE("the linear layer leaves skipped gradients alone and passes NaN on", "[linear]") {
  Triple triple({3, 4, 5});
  LinearWgrad skipped = triple.wgrad;
  skipped.mode = ParamGrad::Skip;
  skipped.dw = triple.operands.constant(skipped.dw.shape, 7);
  CpuDevice cpu({.threads = 2});
  run(skipped, cpu);
  run(skipped, test::cuda_device());
  for (std::int64_t i = 0; i < skipped.dw.count(); ++i) REQUIRE(skipped.dw.as<float>()[i] == 7);
  CHECK(cost(skipped).flops == 0);

  triple.fprop.x.as<float>()[0] = std::numeric_limits<float>::quiet_NaN();
  std::list<std::vector<std::byte>> memory;
  CHECK(std::isnan(test::run_on_cuda(triple.fprop, memory).y.as<float>()[4]));
  run(triple.fprop, cpu);
  CHECK(std::isnan(triple.fprop.y.as<float>()[4]));
  CHECK_FALSE(std::isnan(triple.fprop.y.as<float>()[5]));
}

TEST_CASE("linear layers are refused for what is wrong with them", "[linear]") {
  const Triple triple({3, 4, 5});
  const auto message = [](const auto& op) {
    try {
      validate(op);
    } catch (const Error& error) { return std::string(error.what()); }
    return std::string("accepted");
  };
  const auto mentions = [](const std::string& text, const std::string& part) {
    INFO(text << " | " << part);
    return text.find(part) != std::string::npos;
  };
  CHECK(message(triple.fprop) == "accepted");
  LinearFprop fprop = triple.fprop;
  fprop.w = {};
  CHECK(mentions(message(fprop), "linear fprop: w or dw is missing"));
  fprop = triple.fprop;
  fprop.w.shape = {4, 5};
  CHECK(mentions(message(fprop), "do not fit together"));
  LinearDgrad dgrad = triple.dgrad;
  dgrad.dy.dtype = DType::F64;
  CHECK(mentions(message(dgrad), "linear dgrad: dy is f64, expected f32 as w"));
  LinearWgrad wgrad = triple.wgrad;
  wgrad.dw.dtype = DType::I32;
  CHECK(mentions(message(wgrad), "expected f32 or f64"));
}

TEST_CASE("a product that the CPU's library refuses is an error", "[linear]") {
  if (!kLibraryThreads) return;
  CpuDevice cpu({.threads = 1});
  const Triple triple({3, 4, 5});
  LinearFprop broken = triple.fprop;  // what validate() would have kept out: rows of -4 elements
  broken.x.shape.extent[1] = broken.w.shape.extent[1] = -4;
  CHECK_THROWS_AS(run(broken, cpu), Error);
  float one = 1;
  const GemmArguments null{.m = 1,
                           .n = 1,
                           .k = 1,
                           .a = nullptr,
                           .lda = 1,
                           .transpose_a = false,
                           .b = &one,
                           .ldb = 1,
                           .transpose_b = false,
                           .beta = 0,
                           .c = &one,
                           .ldc = 1};
  test::require_error<Error>([&] { gemm(null, cpu); }, {"gemm: oneDNN:", "m 1, n 1, k 1"});
}

TEST_CASE("linear layers say what they cost", "[linear]") {
  const Triple triple({3, 4, 5});
  CHECK(cost(triple.fprop).flops == 2 * 3 * 4 * 5);
  CHECK(cost(triple.dgrad).flops == 2 * 3 * 4 * 5);
  CHECK(cost(triple.wgrad).flops == 2 * 3 * 4 * 5);
  CHECK(cost(triple.fprop).bytes == 4 * (12 + 20 + 15));
  CHECK(cost(Triple({3, 4, 5}, true, ParamGrad::Accumulate).wgrad).bytes == 4 * (12 + 2 * 20 + 15));
}

}  // namespace gan
