// The group norms that tests run, the operands they run on, and how far rounding may move their results.
#pragma once

#include <cmath>
#include <vector>

#include "kernels/norm/group_norm.h"
#include "tests/support/instruction_test.h"

namespace gan::test::group_norm {

inline constexpr double kEpsilon = std::numeric_limits<float>::epsilon();

/// A shape, groups, and why they are tested.
struct Case {
  Shape shape;
  std::int64_t groups;
  const char* reason;
};

/// Shapes that meet every lane, tile, slice and fold, small enough for the definition.
inline const std::vector<Case> kCases = {
    {{1, 1}, 1, "one number: variance 0"},
    {{3, 5}, 1, "vectors, layer norm: one row"},
    {{3, 1, 1, 260}, 260, "every number a group; three samples in a block, and idle threads"},
    {{2, 7, 3}, 3, "instance norm of three channels, fewer rows than a block takes at a time"},
    {{2, 3, 5, 4}, 4, "H != W, a single column of four, a group for each of its channels"},
    {{2, 3, 5, 4}, 2, "two groups in a column of four"},
    {{5, 4, 4, 12}, 4, "groups of three straddle columns of four; several samples in a block"},
    {{70, 2, 1}, 1, "so many samples in a block, and a block that is not full"},
    {{9, 1, 8}, 8, "one row, several samples in a block"},
    {{2, 33, 33}, 11, "one past a warp"},
    {{3, 1, 2048}, 1, "a group of more states than a block folds at a time"},
    {{2, 300, 8}, 2, "slices of a sample's rows, folded with its channels"},
    {{1, 7001, 5}, 5, "a batch as one sample: a channel's slices are folded; blocks and threads of the CPU"},
    {{1, 700, 132}, 33, "two tiles of columns, slices, groups of four"},
    {{5, 150, 64}, 64, "instance norm in columns of four; whole samples to threads of the CPU"},
};

inline std::int64_t channels_of(const Shape& shape) { return shape[shape.rank - 1]; }
inline std::int64_t rows_of(const Shape& shape) { return shape.count() / (shape[0] * channels_of(shape)); }
/// Numbers in a group.
inline std::int64_t size_of(const Case& c) { return rows_of(c.shape) * channels_of(c.shape) / c.groups; }

template <class Instruction>
Tensor workspace_for(Operands& operands, const Case& c) {
  return operands.result({Instruction::workspace_count(group_norm_shape(c.shape, c.groups))});
}

inline GroupNormForward forward_of(Operands& operands, const Case& c, const Tensor& x) {
  const Shape one{channels_of(c.shape)}, of_groups{c.shape[0], c.groups};
  return {.groups = c.groups,
          .x = x,
          .gamma = operands.uniform(one, 2, 0.5f, 1.5f),
          .beta = operands.uniform(one, 3),
          .y = operands.result(c.shape),
          .mean = operands.result(of_groups),
          .inverse_std = operands.result(of_groups),
          .workspace = workspace_for<GroupNormForward>(operands, c)};
}

/// Whole numbers, mean 1, inverse_std 1/2, gamma 2: sums are exact.
inline GroupNormBackward backward_of(Operands& operands, const Case& c, ParamGrad mode) {
  const Shape one{channels_of(c.shape)}, of_groups{c.shape[0], c.groups};
  const bool skip = mode == ParamGrad::Skip;
  return {.groups = c.groups,
          .x = operands.integers(c.shape, 1),
          .dy = operands.integers(c.shape, 2),
          .gamma = operands.constant(one, 2),
          .mean = operands.constant(of_groups, 1),
          .inverse_std = operands.constant(of_groups, 0.5f),
          .dx = operands.result(c.shape),
          .dgamma = skip ? Tensor{} : operands.integers(one, 3),
          .dbeta = skip ? Tensor{} : operands.integers(one, 4),
          .workspace = workspace_for<GroupNormBackward>(operands, c),
          .mode = mode};
}

inline GroupNormTangent tangent_of(Operands& operands, const Case& c, ParamGrad mode) {
  const Shape one{channels_of(c.shape)}, of_groups{c.shape[0], c.groups};
  return {.groups = c.groups,
          .x = operands.integers(c.shape, 1, 2),
          .dy = operands.integers(c.shape, 2, 2),
          .v = operands.integers(c.shape, 3, 2),
          .gamma = operands.constant(one, 2),
          .mean = operands.constant(of_groups, 1),
          .inverse_std = operands.constant(of_groups, 0.5f),
          .pushed = operands.result(c.shape),
          .second_order = operands.result(c.shape),
          .dgamma = mode == ParamGrad::Skip ? Tensor{} : operands.integers(one, 4),
          .workspace = workspace_for<GroupNormTangent>(operands, c),
          .mode = mode};
}

/// With real numbers: |x|, |dy|, |v| <= 1, |mean| <= 0.1, r <= 2, hence |xhat| <= 2.2; 0.5 <= gamma <= 1.5.
template <class Instruction>
Instruction of_reals(Operands& operands, Instruction i) {
  i.x = operands.uniform(i.x.shape, 11);
  i.dy = operands.uniform(i.x.shape, 12);
  i.gamma = operands.uniform(i.gamma.shape, 13, 0.5f, 1.5f);
  i.mean = operands.uniform(i.mean.shape, 14, -0.1f, 0.1f);
  i.inverse_std = operands.uniform(i.mean.shape, 15, 1.5f, 2);
  return i;
}

/// How far rounding may move the forward's results: as batch norm's (tests/kernels/batch_norm_test.cpp), where the folding
/// of channels adds a tree, at most 8 roundings, and at most 8 states in a row to a path.
inline Tolerance forward_tolerance(const GroupNormForward& instruction) {
  constexpr double kRoundings = 48;
  std::list<std::vector<std::byte>> memory;
  const GroupNormForward exact = clone_operands(widen_operands(instruction, memory), memory);
  CpuDevice cpu({.threads = 1, .definition_only = true});
  run(exact, cpu);
  double largest = 0, inverse_std = 1;
  for (std::int64_t i = 0; i < exact.x.count(); ++i) largest = std::max(largest, std::abs(exact.x.as<double>()[i]));
  for (std::int64_t g = 0; g < exact.mean.count(); ++g)
    inverse_std = std::max(inverse_std, exact.inverse_std.as<double>()[g]);
  constexpr double kLargestGamma = 1.5;
  return {.absolute = kRoundings * kEpsilon / 2 * largest * inverse_std * kLargestGamma,
          .relative = kRoundings * kEpsilon + 2 * kEpsilon * largest * inverse_std};
}

/// The means of M products of independent numbers up to `bound` that are as often positive as negative stay below that
/// bound, and below eight of their standard deviations.
inline double mean_of(std::int64_t count, double bound) { return bound * std::min(1.0, 8 / std::sqrt(count)); }

/// With the numbers of of_reals(). A path to `pushed` or `second_order` has at most 16 roundings of a term: those of the
/// means (a sum of M terms, over M, is as good as one more), and the products and sums of the formula.
inline Tolerance tangent_tolerance(const Case& c) {
  constexpr double kRoundings = 16, kX = 2.2, kR = 2, kT = 1.5;
  const std::int64_t count = size_of(c), terms = c.shape[0] * rows_of(c.shape);
  const double v = mean_of(count, 1), t = mean_of(count, kT), m1 = mean_of(count, kT * kX), m2 = mean_of(count, kX);
  const double pushed = kT * kR * (1 + v + kX * m2);
  const double second_order =
      kR * kR * (m1 * (1 + v) + m2 * (kT + t) + kX * (mean_of(count, kT) + v * t + 3 * m1 * m2));
  const Tolerance dgamma = rounding_of_sum(terms, std::sqrt(kR * (1 + v + kX * m2)));
  return {.absolute = kRoundings * kEpsilon / 2 * std::max(pushed, second_order) + 2 * dgamma.absolute};
}

inline Tensor wide(Operands& operands, const Shape& shape, unsigned seed, double low = -1, double high = 1) {
  const Tensor tensor = operands.raw(shape, DType::F64);
  std::mt19937 random(seed);
  std::uniform_real_distribution<double> distribution(low, high);
  for (std::int64_t i = 0; i < tensor.count(); ++i) tensor.as<double>()[i] = distribution(random);
  return tensor;
}

inline std::vector<double> content(const Tensor& tensor) {
  return {tensor.as<double>(), tensor.as<double>() + tensor.count()};
}

inline double inner_product(const Tensor& a, const Tensor& b) {
  double sum = 0;
  for (std::int64_t i = 0; i < a.count(); ++i) sum += a.as<double>()[i] * b.as<double>()[i];
  return sum;
}

/// Forward, backward and tangent on one x in double.
struct Chain {
  explicit Chain(const Case& c)
      : of_groups{c.shape[0], c.groups},
        one{channels_of(c.shape)},
        forward{.groups = c.groups,
                .epsilon = 0.01f,
                .x = wide(operands, c.shape, 1),
                .gamma = wide(operands, one, 2),
                .beta = wide(operands, one, 3),
                .y = operands.raw(c.shape, DType::F64),
                .mean = operands.raw(of_groups, DType::F64),
                .inverse_std = operands.raw(of_groups, DType::F64),
                .workspace = workspace_for<GroupNormForward>(operands, c)},
        backward{.groups = c.groups,
                 .x = forward.x,
                 .dy = wide(operands, c.shape, 4),
                 .gamma = forward.gamma,
                 .mean = forward.mean,
                 .inverse_std = forward.inverse_std,
                 .dx = operands.raw(c.shape, DType::F64),
                 .dgamma = operands.raw(one, DType::F64),
                 .dbeta = operands.raw(one, DType::F64),
                 .workspace = workspace_for<GroupNormBackward>(operands, c)},
        tangent{.groups = c.groups,
                .x = forward.x,
                .dy = backward.dy,
                .v = wide(operands, c.shape, 5),
                .gamma = forward.gamma,
                .mean = forward.mean,
                .inverse_std = forward.inverse_std,
                .pushed = operands.raw(c.shape, DType::F64),
                .second_order = operands.raw(c.shape, DType::F64),
                .dgamma = operands.raw(one, DType::F64),
                .workspace = workspace_for<GroupNormTangent>(operands, c)} {
    validate(forward);
    validate(backward);
    validate(tangent);
    run(forward, cpu);
    run(backward, cpu);
    run(tangent, cpu);
  }

  Operands operands;
  CpuDevice cpu{{.threads = 1}};
  Shape of_groups, one;
  GroupNormForward forward;
  GroupNormBackward backward;
  GroupNormTangent tangent;
};

/// Shapes for central differences.
inline const std::vector<Case> kSmallCases = {
    {{2, 3, 6}, 6, "instance norm"}, {{2, 3, 6}, 1, "layer norm"}, {{2, 3, 6}, 2, "groups"},
    {{1, 7, 3}, 3, "a batch"},       {{2, 1, 3}, 3, "variance 0"},
};

}  // namespace gan::test::group_norm
