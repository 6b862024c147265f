// How learning rates fall, by themselves and inside every optimiser.
#include "kernels/optimizer/learning_rate.h"

#include <numbers>

#include "kernels/optimizer/adam.h"
#include "kernels/optimizer/rms_prop.h"
#include "kernels/optimizer/sgd.h"
#include "tests/kernels/displaced_operands.h"

using namespace gan;
using namespace gan::test;

namespace {

using Kind = LearningRateSchedule::Kind;

constexpr double kEpsilon = std::numeric_limits<float>::epsilon();

/// Every optimiser, at parameters of 0 and a gradient of 1, as far along a run of 40 iterations as `done` says. The state
/// is such that an update without a schedule is -1/8: v and the average are 1 after it.
template <class Optimizer>
Optimizer update_at(Operands& operands, Kind kind, std::uint64_t done) {
  const Shape shape{6};
  Optimizer op{};
  op.iteration = operands.counter(done);
  op.gradient = operands.constant(shape, 1);
  op.parameter = operands.constant(shape, 0);
  op.learning_rate = 0.125;
  op.schedule = {.kind = kind, .iterations = 40};
  if constexpr (requires { op.epsilon; }) op.epsilon = 0;
  if constexpr (requires { op.square_average; }) op.square_average = operands.constant(shape, 1);
  if constexpr (requires { op.m; }) {
    op.beta1 = op.beta2 = 0;  // no bias to correct
    op.m = operands.constant(shape, 1);
    op.v = operands.constant(shape, 1);
  }
  if constexpr (requires { op.momentum_buffer; }) {
    op.momentum = 0.5;
    op.momentum_buffer = operands.constant(shape, 0);
  }
  return op;
}

}  // namespace

TEST_CASE("learning rates are those of the textbook", "[learning_rate]") {
  const std::uint64_t length = GENERATE(1u, 2u, 7u, 40000u);
  const LearningRateSchedule linear{.kind = Kind::Linear, .iterations = length},
      cosine{.kind = Kind::Cosine, .iterations = length}, constant{};
  const auto whole = static_cast<double>(length);
  for (std::uint64_t done = 0; done <= length; done += std::max<std::uint64_t>(1, length / 97)) {
    INFO(done << " of " << length);
    const double share = static_cast<double>(done) / whole;
    CHECK(constant.factor(done) == 1);
    CHECK(std::abs(linear.factor(done) - (1 - share)) <= 2e-16);
    // Twice the relative error of a sine, which the next case bounds, and the textbook's own three roundings.
    CHECK(std::abs(cosine.factor(done) - (1 + std::cos(std::numbers::pi * share)) / 2) <= 2 * 5e-16 + 3e-16);
  }
  for (const LearningRateSchedule& schedule : {linear, cosine}) {
    CHECK(std::abs(schedule.factor(0) - 1) <= 3e-16);
    CHECK(schedule.factor(length) == 0);
    CHECK(schedule.factor(length + 1) == 0);  // gone on with, at another length
    CHECK(schedule.factor(~std::uint64_t{0}) == 0);
  }
}

TEST_CASE("the sine of a quarter turn is a sine", "[learning_rate]") {
  for (int i = 0; i <= 1000; ++i) {
    const double x = i / 1000.0, sine = std::sin(std::numbers::pi / 2 * x);
    INFO(x);
    // An argument, a square, a product a term: about four roundings where terms are largest.
    REQUIRE(std::abs(sine_of_quarter_turn(x) - sine) <= 5e-16 * sine);
  }
}

TEMPLATE_TEST_CASE("the learning rate of an optimiser follows its schedule", "[learning_rate]", Adam, RmsProp, Sgd) {
  Operands operands;
  const Kind kind = GENERATE(Kind::Constant, Kind::Linear, Kind::Cosine);
  for (const std::uint64_t done : {0, 1, 17, 39, 40, 41}) {
    INFO("kind " << static_cast<int>(kind) << " iteration " << done);
    const TestType op = update_at<TestType>(operands, kind, done);
    const Tolerance tolerance{.relative = 0.5 * kEpsilon * 8};
    expect_cuda_matches_definition(op, tolerance);
    expect_cpu_matches_definition(op, tolerance);
    const double share = std::min(1.0, static_cast<double>(done) / 40);
    const double factor = kind == Kind::Constant ? 1
                          : kind == Kind::Linear ? 1 - share
                                                 : (1 + std::cos(std::numbers::pi * share)) / 2;
    std::list<std::vector<std::byte>> memory;
    const TestType done_on_cuda = run_on_cuda(op, memory);
    for (int i = 0; i < 6; ++i)
      REQUIRE(std::abs(done_on_cuda.parameter.template as<float>()[i] + 0.125 * factor) <= 0.125 * kEpsilon * 4);
  }
}

TEMPLATE_TEST_CASE("a falling learning rate needs a length", "[learning_rate]", Adam, RmsProp, Sgd) {
  Operands operands;
  TestType op = update_at<TestType>(operands, Kind::Linear, 0);
  validate(op);
  op.schedule.iterations = 0;
  CHECK_THROWS_AS(validate(op), Error);
  op.schedule.kind = Kind::Constant;
  CHECK_NOTHROW(validate(op));
}
