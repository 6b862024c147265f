// The convolutions that tests run, and the operands they run on.
#pragma once

#include <vector>

#include "kernels/conv/conv.h"
#include "tests/support/instruction_test.h"

namespace gan::test {

/// A shape and why it is tested.
struct ConvCase {
  const char* reason;
  ConvShape shape;
};

/// Shapes that meet every tile, loader and corner of the convolutions, small enough for the definition.
inline const std::vector<ConvCase>& awkward_conv_cases() {
  static const std::vector<ConvCase> cases = {
      {"every loop runs once", {}},
      {"H != W, R != S, strides and padding differ per axis: swapped axes show",
       {.n = 2, .h = 9, .w = 6, .c = 3, .k = 5, .r = 4, .s = 3, .stride_h = 2, .stride_w = 1, .pad_h = 1, .pad_w = 2}},
      {"the same with the axes' roles exchanged and float4 channels",
       {.n = 3, .h = 5, .w = 11, .c = 4, .k = 8, .r = 2, .s = 5, .stride_h = 1, .stride_w = 3, .pad_h = 1, .pad_w = 0}},
      {"DCGAN's layer, a grey image, batch 1: single-float loads of x, 32 columns",
       {.n = 1, .h = 8, .w = 8, .c = 1, .k = 32, .r = 4, .s = 4, .stride_h = 2, .stride_w = 2, .pad_h = 1, .pad_w = 1}},
      {"DCGAN's layer, a colour image, odd batch",
       {.n = 3, .h = 8, .w = 6, .c = 3, .k = 12, .r = 4, .s = 4, .stride_h = 2, .stride_w = 2, .pad_h = 1, .pad_w = 1}},
      {"DCGAN's inner layer: everything divides by 4",
       {.n = 2,
        .h = 8,
        .w = 8,
        .c = 16,
        .k = 24,
        .r = 4,
        .s = 4,
        .stride_h = 2,
        .stride_w = 2,
        .pad_h = 1,
        .pad_w = 1}},
      {"one channel past a warp in, one past a tile out, no float4 anywhere",
       {.n = 1,
        .h = 5,
        .w = 4,
        .c = 33,
        .k = 65,
        .r = 3,
        .s = 2,
        .stride_h = 2,
        .stride_w = 1,
        .pad_h = 1,
        .pad_w = 0}},
      {"float4 along K only", {.n = 2, .h = 5, .w = 5, .c = 33, .k = 8, .r = 3, .s = 3, .pad_h = 1, .pad_w = 1}},
      {"float4 along C only",
       {.n = 2, .h = 6, .w = 5, .c = 36, .k = 7, .r = 3, .s = 3, .stride_h = 2, .stride_w = 2, .pad_h = 1, .pad_w = 1}},
      {"one output channel: a critic's last layer", {.n = 5, .h = 6, .w = 6, .c = 8, .k = 1, .r = 4, .s = 4}},
      {"one channel in and out", {.n = 2, .h = 7, .w = 5, .c = 1, .k = 1, .r = 3, .s = 3, .pad_h = 1, .pad_w = 1}},
      {"the stride leaves the last row and column unread: dgrad stores zeros there",
       {.n = 3, .h = 6, .w = 6, .c = 8, .k = 8, .r = 3, .s = 3, .stride_h = 2, .stride_w = 2}},
      {"the same with several unread columns and single floats",
       {.n = 1, .h = 8, .w = 9, .c = 2, .k = 3, .r = 2, .s = 2, .stride_h = 3, .stride_w = 4}},
      {"stride 3 with a 3x3 filter: one tap a phase",
       {.n = 2, .h = 9, .w = 7, .c = 4, .k = 4, .r = 3, .s = 3, .stride_h = 3, .stride_w = 3, .pad_h = 1, .pad_w = 1}},
      {"the stride exceeds the filter: phases without any tap",
       {.n = 2, .h = 10, .w = 9, .c = 4, .k = 5, .r = 2, .s = 1, .stride_h = 4, .stride_w = 3, .pad_h = 1, .pad_w = 0}},
      {"the stride exceeds the input: phases without pixels",
       {.n = 3, .h = 3, .w = 2, .c = 5, .k = 4, .r = 2, .s = 2, .stride_h = 5, .stride_w = 7}},
      {"the filter covers the input: a linear layer", {.n = 7, .h = 4, .w = 4, .c = 6, .k = 9, .r = 4, .s = 4}},
      {"most taps of the border pixels lie on padding",
       {.n = 1, .h = 2, .w = 3, .c = 4, .k = 4, .r = 5, .s = 5, .pad_h = 4, .pad_w = 4}},
      {"1x1 filter, strided: phases that no tap reaches",
       {.n = 2, .h = 5, .w = 4, .c = 12, .k = 10, .r = 1, .s = 1, .stride_h = 2, .stride_w = 2}},
      {"the same with more rows in an empty phase than a warp has threads",
       {.n = 4, .h = 10, .w = 9, .c = 12, .k = 3, .r = 1, .s = 1, .stride_h = 2, .stride_w = 2}},
      {"one past the narrow tile: 257 rows, 8 columns, 9 terms; in wgrad K = 257",
       {.n = 257, .h = 1, .w = 3, .c = 3, .k = 8, .r = 1, .s = 3}},
      {"narrow columns in wgrad, more rows than a tile", {.n = 5, .h = 3, .w = 2, .c = 4, .k = 260, .r = 1, .s = 2}},
      {"the same with single floats", {.n = 5, .h = 3, .w = 2, .c = 1, .k = 257, .r = 1, .s = 2}},
      {"one past the narrow tile's columns (9), 129 rows, 9 terms",
       {.n = 1, .h = 3, .w = 43, .c = 9, .k = 9, .r = 1, .s = 1}},
      {"one past the medium tile's rows and columns: 65 x 65, 9 terms",
       {.n = 5, .h = 13, .w = 1, .c = 9, .k = 65, .r = 1, .s = 1}},
      {"dgrad with 65 columns", {.n = 5, .h = 13, .w = 1, .c = 65, .k = 9, .r = 1, .s = 1}},
      {"whole strips: 16 terms, 64 x 64", {.n = 4, .h = 4, .w = 4, .c = 16, .k = 64, .r = 1, .s = 1}},
      {"wgrad with large tiles: one past 128 rows (K) and columns (R S C), several parts",
       {.n = 3, .h = 17, .w = 16, .c = 43, .k = 129, .r = 1, .s = 3}},
      {"the same with float4", {.n = 2, .h = 17, .w = 16, .c = 44, .k = 132, .r = 1, .s = 3}},
      {"wgrad over more parts than are added at a time, the last one short, few elements",
       {.n = 11, .h = 17, .w = 15, .c = 2, .k = 3, .r = 2, .s = 2}},
  };
  return cases;
}

/// The three instructions over operands of their own, filled with whole numbers.
struct ConvTriple {
  Operands operands;
  Tensor x, w, dy;
  ConvFprop fprop;
  ConvDgrad dgrad;
  ConvWgrad wgrad;

  explicit ConvTriple(const ConvShape& shape, bool whole = true, ParamGrad mode = ParamGrad::Overwrite) {
    const auto fill = [&](const Shape& extents, unsigned seed) {
      return whole ? operands.integers(extents, seed) : operands.uniform(extents, seed);
    };
    x = fill(shape.x_shape(), 1);
    w = fill(shape.w_shape(), 2);
    dy = fill(shape.y_shape(), 3);
    fprop = {.shape = shape, .x = x, .w = w, .y = operands.result(shape.y_shape())};
    dgrad = {.shape = shape, .dy = dy, .w = w, .dx = operands.result(shape.x_shape())};
    const bool add = mode == ParamGrad::Accumulate;
    wgrad = {.shape = shape,
             .x = x,
             .dy = dy,
             .dw = add ? fill(shape.w_shape(), 4) : operands.result(shape.w_shape()),
             .workspace = workspace(shape),
             .mode = mode};
  }

  Tensor workspace(const ConvShape& shape) {
    const std::int64_t floats = ConvWgrad::workspace_count(shape);
    return floats > 0 ? operands.result({floats}) : Tensor{};
  }
};

/// The most terms that one element of a result sums.
inline std::int64_t terms(const ConvFprop& op) { return op.shape.r * op.shape.s * op.shape.c; }
inline std::int64_t terms(const ConvDgrad& op) { return op.shape.r * op.shape.s * op.shape.k; }
inline std::int64_t terms(const ConvWgrad& op) { return op.shape.n * op.shape.p() * op.shape.q() + 1; }

}  // namespace gan::test
