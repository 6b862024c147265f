#include <algorithm>
#include <vector>

#include "kernels/conv/conv.h"
#include "kernels/conv/conv_cpu.h"
#include "kernels/conv/wgrad_split.h"
#include "kernels/core/cpu/library_threads.h"
#include "kernels/core/cuda/fast_divisor.h"
#include "tests/kernels/conv_cases.h"
#include "tests/kernels/displaced_operands.h"

namespace gan {

namespace {

using test::awkward_conv_cases;
using test::ConvCase;
using test::ConvTriple;
using test::dot;
using test::Operands;
using test::terms;
using test::Tolerance;

}  // namespace

TEST_CASE("the CUDA convolutions are exact on whole numbers", "[conv]") {
  for (const ConvCase& c : awkward_conv_cases()) {
    INFO(c.reason << ": " << to_string(c.shape));
    const ConvTriple triple(c.shape);
    test::expect_cuda_matches_definition(triple.fprop, {});
    test::expect_cuda_matches_definition(triple.dgrad, {});
    test::expect_cuda_matches_definition(triple.wgrad, {});
    test::expect_cuda_matches_definition(ConvTriple(c.shape, true, ParamGrad::Accumulate).wgrad, {});
  }
}

TEST_CASE("fprop is exact on whole numbers with large tiles", "[conv]") {
  const std::vector<ConvCase> cases = {
      {"one past the last row tile, one column past 64", {.n = 1, .h = 12673, .w = 1, .c = 3, .k = 65}},
      {"float4", {.n = 1, .h = 6400, .w = 2, .c = 12, .k = 68, .r = 1, .s = 1}},
  };
  for (const ConvCase& c : cases) {
    INFO(c.reason << ": " << to_string(c.shape));
    const ConvShape& g = c.shape;
    REQUIRE(choose_gemm_tile(g.n * g.p() * g.q(), g.k, 1) == GemmTile::Large);
    test::expect_cuda_matches_definition(ConvTriple(g).fprop, {});
  }
}

TEST_CASE("dgrad is exact on whole numbers with large tiles", "[conv]") {
  const std::vector<ConvCase> cases = {
      {"two phases", {.n = 2, .h = 6401, .w = 1, .c = 68, .k = 4, .r = 3, .stride_h = 2, .pad_h = 1}},
      {"single floats of w", {.n = 1, .h = 12673, .w = 1, .c = 65, .k = 4}},
      {"single floats", {.n = 1, .h = 12673, .w = 1, .c = 65, .k = 3}},
  };
  for (const ConvCase& c : cases) {
    INFO(c.reason << ": " << to_string(c.shape));
    const ConvShape& g = c.shape;
    const std::int64_t rows = g.n * ((g.h + g.stride_h - 1) / g.stride_h) * ((g.w + g.stride_w - 1) / g.stride_w);
    REQUIRE(choose_gemm_tile(rows, g.c, g.stride_h * g.stride_w) == GemmTile::Large);
    test::expect_cuda_matches_definition(ConvTriple(g).dgrad, {});
  }
}

TEST_CASE("the CPU convolutions are exact on whole numbers by every route", "[conv]") {
  for (const ConvCase& c : awkward_conv_cases()) {
    INFO(c.reason << ": " << to_string(c.shape));
    const ConvTriple triple(c.shape);
    test::expect_cpu_matches_definition(triple.fprop, {});
    test::expect_cpu_matches_definition(triple.dgrad, {});
    test::expect_cpu_matches_definition(triple.wgrad, {});
    test::expect_cpu_matches_definition(ConvTriple(c.shape, true, ParamGrad::Accumulate).wgrad, {});
  }
}

TEST_CASE("im2col gives what the definition gives", "[conv]") {
  if (!kLibraryThreads) return;
  for (const ConvCase& c : awkward_conv_cases()) {
    INFO(c.reason << ": " << to_string(c.shape));
    for (const int threads : {1, 2}) {
      ConvTriple triple(c.shape), want(c.shape);
      CpuDevice device({.threads = threads}), definition({.threads = 1, .definition_only = true});
      run_im2col(triple.fprop, device);
      run(want.fprop, definition);
      test::expect_close("y", triple.fprop.y, want.fprop.y, {});
      run_im2col(triple.dgrad, device);
      run(want.dgrad, definition);
      test::expect_close("dx", triple.dgrad.dx, want.dgrad.dx, {});
      run_im2col(triple.wgrad, device);
      run(want.wgrad, definition);
      test::expect_close("dw", triple.wgrad.dw, want.wgrad.dw, {});
    }
  }
}

TEST_CASE("the convolutions round like sums of their length", "[conv]") {
  const ConvShape shape{
      .n = 3, .h = 12, .w = 10, .c = 20, .k = 36, .r = 4, .s = 4, .stride_h = 2, .stride_w = 2, .pad_h = 1, .pad_w = 1};
  const ConvTriple triple(shape, false);
  const auto check = [](const auto& op) {
    test::expect_cuda_matches_definition(op, test::rounding_of_sum(terms(op)));
    test::expect_cpu_matches_definition(op, test::rounding_of_sum(terms(op)));
  };
  check(triple.fprop);
  check(triple.dgrad);
  check(triple.wgrad);
}

TEST_CASE("the gradients are adjoints of the forward convolution", "[conv]") {
  // <conv(x, w), dy> = <x, dgrad(dy, w)> = <w, wgrad(x, dy)>: whole numbers, so the three are equal.
  for (const ConvCase& c : awkward_conv_cases()) {
    INFO(c.reason << ": " << to_string(c.shape));
    const ConvTriple triple(c.shape);
    std::list<std::vector<std::byte>> memory;
    const double forward = dot(test::run_on_cuda(triple.fprop, memory).y, triple.dy);
    CHECK(forward == dot(test::run_on_cuda(triple.dgrad, memory).dx, triple.x));
    CHECK(forward == dot(test::run_on_cuda(triple.wgrad, memory).dw, triple.w));
    CpuDevice cpu({.threads = 2});
    run(triple.fprop, cpu);
    run(triple.dgrad, cpu);
    run(triple.wgrad, cpu);
    CHECK(forward == dot(triple.fprop.y, triple.dy));
    CHECK(forward == dot(triple.dgrad.dx, triple.x));
    CHECK(forward == dot(triple.wgrad.dw, triple.w));
  }
}

TEST_CASE("dgrad is PyTorch's transposed convolution", "[conv]") {
  // H = (P - 1) stride - 2 pad + R + output_padding. By hand, by its usual definition: every input pixel stamps the
  // filter, times its value, onto the output.
  for (const std::int64_t output_padding : {0, 1})
    for (const std::int64_t filter : {3, 4}) {
      constexpr std::int64_t kIn = 3, kStride = 2, kPad = 1, kChannelsIn = 5, kChannelsOut = 6;
      const std::int64_t out = (kIn - 1) * kStride - 2 * kPad + filter + output_padding;
      const ConvShape shape{.n = 2,
                            .h = out,
                            .w = out,
                            .c = kChannelsOut,
                            .k = kChannelsIn,
                            .r = filter,
                            .s = filter,
                            .stride_h = kStride,
                            .stride_w = kStride,
                            .pad_h = kPad,
                            .pad_w = kPad};
      INFO(to_string(shape));
      REQUIRE(shape.p() == kIn);
      REQUIRE(shape.q() == kIn);
      const ConvTriple triple(shape);
      test::expect_cuda_matches_definition(triple.dgrad, {});

      std::vector<float> want(static_cast<std::size_t>(triple.x.count()), 0.0f);
      for (std::int64_t i = 0; i < triple.dy.count(); ++i)
        for (std::int64_t r = 0; r < filter; ++r)
          for (std::int64_t s = 0; s < filter; ++s)
            for (std::int64_t c = 0; c < kChannelsOut; ++c) {
              const std::int64_t k = i % kChannelsIn, q = i / kChannelsIn % kIn, p = i / kChannelsIn / kIn % kIn;
              const std::int64_t n = i / kChannelsIn / kIn / kIn;
              const std::int64_t h = p * kStride - kPad + r, w = q * kStride - kPad + s;
              if (h < 0 || h >= out || w < 0 || w >= out) continue;
              want[static_cast<std::size_t>(((n * out + h) * out + w) * kChannelsOut + c)] +=
                  triple.dy.as<float>()[i] * triple.w.as<float>()[((k * filter + r) * filter + s) * kChannelsOut + c];
            }
      CpuDevice cpu({.threads = 1, .definition_only = true});
      run(triple.dgrad, cpu);
      Operands operands;
      test::expect_close("stamped", triple.dgrad.dx, operands.values(shape.x_shape(), want), {});
    }
}

TEST_CASE("the definition's gradients agree with finite differences", "[conv]") {
  const ConvShape shape{
      .n = 2, .h = 5, .w = 4, .c = 2, .k = 3, .r = 3, .s = 2, .stride_h = 2, .stride_w = 1, .pad_h = 1, .pad_w = 1};
  const auto doubles = [](const Tensor& tensor) {
    return std::vector<double>(tensor.as<float>(), tensor.as<float>() + tensor.count());
  };
  const auto tensor_of = [](std::vector<double>& values, const Shape& extents) {
    return Tensor{.shape = extents, .dtype = DType::F64, .data = values.data()};
  };
  const ConvTriple triple(shape, false);
  std::vector<double> x = doubles(triple.x), w = doubles(triple.w), dy = doubles(triple.dy);
  std::vector<double> dx(x.size()), dw(w.size());
  CpuDevice cpu({});
  const auto loss = [&](std::vector<double> at_x, std::vector<double> at_w) {
    std::vector<double> y(dy.size());
    run(ConvFprop{.shape = shape,
                  .x = tensor_of(at_x, shape.x_shape()),
                  .w = tensor_of(at_w, shape.w_shape()),
                  .y = tensor_of(y, shape.y_shape())},
        cpu);
    double sum = 0;  // quadratic, so that the gradient depends on where it is taken
    for (std::size_t i = 0; i < y.size(); ++i) sum += 0.5 * dy[i] * y[i] * y[i];
    return sum;
  };
  std::vector<double> y(dy.size()), upstream(dy.size());
  run(ConvFprop{.shape = shape,
                .x = tensor_of(x, shape.x_shape()),
                .w = tensor_of(w, shape.w_shape()),
                .y = tensor_of(y, shape.y_shape())},
      cpu);
  for (std::size_t i = 0; i < y.size(); ++i) upstream[i] = dy[i] * y[i];
  run(ConvDgrad{.shape = shape,
                .dy = tensor_of(upstream, shape.y_shape()),
                .w = tensor_of(w, shape.w_shape()),
                .dx = tensor_of(dx, shape.x_shape())},
      cpu);
  run(ConvWgrad{.shape = shape,
                .x = tensor_of(x, shape.x_shape()),
                .dy = tensor_of(upstream, shape.y_shape()),
                .dw = tensor_of(dw, shape.w_shape()),
                .workspace = {}},
      cpu);
  test::expect_gradient(
      "dx", [&](const std::vector<double>& at) { return loss(at, w); }, x, dx);
  test::expect_gradient(
      "dw", [&](const std::vector<double>& at) { return loss(x, at); }, w, dw);
}

TEST_CASE("the weight gradient overwrites, adds or stays away as asked", "[conv]") {
  // Without and with parts.
  const ConvShape shapes[] = {{.n = 3, .h = 6, .w = 5, .c = 3, .k = 4, .r = 3, .s = 3, .pad_h = 1, .pad_w = 1},
                              {.n = 5, .h = 16, .w = 16, .c = 3, .k = 4, .r = 2, .s = 2}};
  CpuDevice cpu({.threads = 2});
  for (const ConvShape& shape : shapes)
    for (const ParamGrad mode : {ParamGrad::Overwrite, ParamGrad::Accumulate}) {
      ConvTriple triple(shape, true, mode);
      const std::vector<float> before(triple.wgrad.dw.as<float>(),
                                      triple.wgrad.dw.as<float>() + shape.w_shape().count());
      const ConvTriple plain(shape);
      run(plain.wgrad, cpu);
      std::list<std::vector<std::byte>> memory;
      const ConvWgrad on_cuda = test::run_on_cuda(triple.wgrad, memory);
      run(triple.wgrad, cpu);
      for (std::int64_t i = 0; i < shape.w_shape().count(); ++i) {
        const float old = mode == ParamGrad::Accumulate ? before[static_cast<std::size_t>(i)] : 0;
        const float want = old + plain.wgrad.dw.as<float>()[i];
        REQUIRE(triple.wgrad.dw.as<float>()[i] == want);
        REQUIRE(on_cuda.dw.as<float>()[i] == want);
      }
    }

  ConvTriple skipped(shapes[0]);
  skipped.wgrad.mode = ParamGrad::Skip;
  skipped.wgrad.dw = skipped.operands.constant(shapes[0].w_shape(), 7);
  run(skipped.wgrad, cpu);
  run(skipped.wgrad, test::cuda_device());  // nothing is launched: host pointers do no harm
  for (std::int64_t i = 0; i < shapes[0].w_shape().count(); ++i) REQUIRE(skipped.wgrad.dw.as<float>()[i] == 7);
}

TEST_CASE("the convolutions pass NaN on", "[conv]") {
  const ConvShape shape{.n = 2, .h = 5, .w = 4, .c = 4, .k = 8, .r = 3, .s = 3, .pad_h = 1, .pad_w = 1};
  const ConvTriple triple(shape);
  triple.x.as<float>()[0] = std::numeric_limits<float>::quiet_NaN();
  triple.dy.as<float>()[0] = std::numeric_limits<float>::quiet_NaN();
  std::list<std::vector<std::byte>> memory;
  CHECK(std::isnan(test::run_on_cuda(triple.fprop, memory).y.as<float>()[0]));
  CHECK(std::isnan(test::run_on_cuda(triple.dgrad, memory).dx.as<float>()[0]));
  CHECK(std::isnan(test::run_on_cuda(triple.wgrad, memory).dw.as<float>()[4 * shape.c]));
  CpuDevice cpu({.threads = 2});
  run(triple.fprop, cpu);
  run(triple.dgrad, cpu);
  run(triple.wgrad, cpu);
  CHECK(std::isnan(triple.fprop.y.as<float>()[0]));
  CHECK(std::isnan(triple.dgrad.dx.as<float>()[0]));
  CHECK(std::isnan(triple.wgrad.dw.as<float>()[4 * shape.c]));
}

TEST_CASE("the CUDA convolutions take operands that are not aligned to 16 bytes", "[conv]") {
  const ConvShape shape{
      .n = 2, .h = 6, .w = 6, .c = 8, .k = 8, .r = 4, .s = 4, .stride_h = 2, .stride_w = 2, .pad_h = 1, .pad_w = 1};
  const ConvTriple triple(shape);
  for (const char* only : {"", "x", "w", "y", "dx", "dy", "dw"}) {
    INFO("displaced: " << only);
    test::expect_displaced_cuda_matches_definition(triple.fprop, {}, only);
    test::expect_displaced_cuda_matches_definition(triple.dgrad, {}, only);
    test::expect_displaced_cuda_matches_definition(triple.wgrad, {}, only);
  }
}

TEST_CASE("the CPU convolutions give the same bits every time", "[conv]") {
  const ConvShape shape{
      .n = 5, .h = 16, .w = 16, .c = 12, .k = 24, .r = 4, .s = 4, .stride_h = 2, .stride_w = 2, .pad_h = 1, .pad_w = 1};
  const auto check = [](const auto& op, const Tensor& result) {
    for (const int threads : {1, 2}) {
      std::vector<std::vector<float>> results;
      for (int repeat = 0; repeat < 3; ++repeat) {
        CpuDevice cpu({.threads = threads});
        run(op, cpu);
        results.emplace_back(result.as<float>(), result.as<float>() + result.count());
      }
      CHECK(results[0] == results[1]);
      CHECK(results[0] == results[2]);
    }
  };
  const ConvTriple triple(shape, false);
  check(triple.fprop, triple.fprop.y);
  check(triple.dgrad, triple.dgrad.dx);
  check(triple.wgrad, triple.wgrad.dw);
}

TEST_CASE("convolutions are refused for what is wrong with them", "[conv]") {
  const ConvShape good{
      .n = 2, .h = 6, .w = 6, .c = 3, .k = 4, .r = 4, .s = 4, .stride_h = 2, .stride_w = 2, .pad_h = 1};
  const auto message = [](const auto& op) {
    try {
      validate(op);
    } catch (const Error& error) { return std::string(error.what()); }
    return std::string("accepted");
  };
  const auto bad = [&](auto change) {
    ConvShape shape = good;
    change(shape);
    return message(shape);
  };
  const auto mentions = [](const std::string& text, const std::string& part) {
    INFO(text << " | " << part);
    return text.find(part) != std::string::npos;
  };
  CHECK(message(good) == "accepted");
  CHECK(mentions(bad([](ConvShape& s) { s.n = 0; }), "N is between 1 and"));
  CHECK(mentions(bad([](ConvShape& s) { s.stride_w = 0; }), "stride_w is between 1 and"));
  CHECK(mentions(bad([](ConvShape& s) { s.pad_h = -1; }), "got -1"));
  CHECK(mentions(bad([](ConvShape& s) { s.pad_w = 4; }), "below the filter's width 4, got 4"));
  CHECK(mentions(bad([](ConvShape& s) { s.r = 9; }), "9x4 filter does not fit"));
  CHECK(mentions(bad([](ConvShape& s) { s.n = 1 << 25; }), "x has"));
  CHECK(mentions(bad([](ConvShape& s) { s.k = 1 << 27; }), "w has"));
  CHECK(mentions(bad([](ConvShape& s) { s.n = 1 << 20, s.r = s.s = 1, s.pad_h = 0, s.k = 1 << 10, s.stride_h = 1; }),
                 "y has"));

  ConvTriple triple(good);
  CHECK(message(triple.fprop) == "accepted");
  CHECK(message(triple.dgrad) == "accepted");
  CHECK(message(triple.wgrad) == "accepted");
  ConvFprop fprop = triple.fprop;
  fprop.x = triple.w;
  CHECK(mentions(message(fprop), "conv fprop: x"));
  fprop = triple.fprop;
  fprop.w = {};
  CHECK(mentions(message(fprop), "conv fprop: w is missing"));
  ConvDgrad dgrad = triple.dgrad;
  dgrad.dy.dtype = DType::F64;
  CHECK(mentions(message(dgrad), "conv dgrad: dy is f64"));
  ConvWgrad wgrad = triple.wgrad;
  wgrad.dw.dtype = DType::U8;
  CHECK(mentions(message(wgrad), "conv wgrad: dw is u8"));
  ConvTriple split({.n = 9, .h = 16, .w = 16});
  REQUIRE(split.wgrad.workspace.present());
  split.wgrad.workspace.shape.extent[0] -= 1;
  CHECK(mentions(message(split.wgrad), "workspace"));
}

TEST_CASE("convolutions say what they cost", "[conv]") {
  const ConvShape shape{
      .n = 2, .h = 8, .w = 8, .c = 3, .k = 5, .r = 4, .s = 4, .stride_h = 2, .stride_w = 2, .pad_h = 1, .pad_w = 1};
  ConvTriple triple(shape);
  const std::int64_t x = 2 * 8 * 8 * 3, w = 5 * 4 * 4 * 3, y = 2 * 4 * 4 * 5;
  CHECK(cost(triple.fprop).flops == 2 * y * 4 * 4 * 3);
  CHECK(cost(triple.fprop).bytes == 4 * (x + w + y));
  CHECK(cost(triple.dgrad).bytes == 4 * (x + w + y));
  CHECK(cost(triple.wgrad).bytes == 4 * (x + w + y));
  triple.wgrad.mode = ParamGrad::Accumulate;
  CHECK(cost(triple.wgrad).bytes == 4 * (x + 2 * w + y));
  triple.wgrad.mode = ParamGrad::Skip;
  CHECK(cost(triple.wgrad).flops == 0);
  CHECK(to_string(shape) == "N2 8x8x3 -> 4x4x5, 4x4/2 pad 1");
}

TEST_CASE("the weight gradient's parts cover the sum", "[conv]") {
  for (const std::int64_t n : {1, 2, 7, 64, 1000})
    for (const std::int64_t k : {1, 65, 512}) {
      const ConvShape shape{.n = n, .h = 16, .w = 16, .c = 32, .k = k, .r = 4, .s = 4, .stride_h = 2, .stride_w = 2};
      const WgradSplit split = wgrad_split(shape);
      const std::int64_t depth = n * shape.p() * shape.q();
      CHECK(split.part_depth % gemm_tile_depth(split.tile) == 0);
      CHECK(split.parts * split.part_depth >= depth);
      CHECK((split.parts - 1) * split.part_depth < depth);
    }
}

TEST_CASE("fast division is exact", "[conv]") {
  std::mt19937 random(1);
  std::vector<std::int64_t> numbers = {0,     1,          2,          3,          5,          7,
                                       31,    32,         33,         641,        65535,      65536,
                                       65537, 0x3fffffff, 0x40000000, 0x40000001, 0x7ffffffe, 0x7fffffff};
  for (int i = 0; i < 200; ++i) numbers.push_back(static_cast<std::int64_t>(random() >> (1 + random() % 30)));
  for (const std::int64_t divisor : numbers) {
    if (divisor == 0) continue;
    const FastDivisor fast(divisor);
    for (std::int64_t n : numbers)
      for (const std::int64_t near : {n, n / divisor * divisor, n / divisor * divisor - 1}) {
        if (near < 0) continue;
        REQUIRE(fast.quotient(static_cast<std::uint32_t>(near)) == near / divisor);
      }
  }
}

}  // namespace gan
