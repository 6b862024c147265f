// Fill, copy and the iteration counter: everything here is exact.
#include "kernels/elementwise/elementwise.h"

#include "tests/kernels/displaced_operands.h"

using namespace gan;
using namespace gan::test;

namespace {

/// Element counts that meet every path of the flat loop.
const std::vector<Shape> kShapes = {
    {},            // a scalar: no vector, one single element
    {1, 3},        // less than a vector
    {4},           // one vector, no tail
    {5},           // one vector, a tail of one
    {7, 3, 5, 3},  // odd extents: a tail of three
    {1024},        // exactly one block of vectors
    {1025},        // one past it
    {2, 3, 2053},  // several blocks, the last one ragged
};

/// One past what the largest grid covers in one go: the loop runs a second time.
constexpr std::int64_t kBeyondOneGrid = 16 * 132 * 256 * 4 + 5;
constexpr std::int64_t kBeyondOneGridMisaligned = 16 * 132 * 256 + 3;

/// Random bits of any type.
Tensor random_bits(Operands& operands, const Shape& shape, DType dtype, unsigned seed) {
  const Tensor tensor = operands.raw(shape, dtype);
  std::mt19937 random(seed);
  for (std::size_t i = 0; i < tensor.bytes(); ++i) tensor.as<unsigned char>()[i] = static_cast<unsigned char>(random());
  return tensor;
}

template <class Instruction>
void expect_refused(const Instruction& instruction) {
  REQUIRE_THROWS_AS(validate(instruction), Error);
}

}  // namespace

TEST_CASE("fill writes its value everywhere", "[elementwise]") {
  Operands operands;
  for (const Shape& shape : kShapes) {
    const Fill fill{.y = operands.result(shape), .value = -2.5f};
    expect_cuda_matches_definition(fill, {});
    expect_cpu_matches_definition(fill, {});
  }
}

TEST_CASE("copy keeps every bit of every type", "[elementwise]") {
  Operands operands;
  const DType dtype = GENERATE(DType::F32, DType::F64, DType::U8, DType::I32, DType::U64);
  INFO(name_of(dtype));
  for (const Shape& shape : kShapes) {
    INFO(to_string(shape));
    const Copy copy{.x = random_bits(operands, shape, dtype, 3), .y = operands.raw(shape, dtype)};
    validate(copy);
    const auto same_bits = [&](const Copy& done) {
      return std::memcmp(done.y.data, copy.x.data, copy.x.bytes()) == 0;  // NaNs too: compared as bits
    };
    std::list<std::vector<std::byte>> memory;
    for (const int threads : {1, 3}) {
      CpuDevice cpu({.threads = threads});
      const Copy on_cpu = clone_operands(copy, memory);
      run(on_cpu, cpu);
      REQUIRE(same_bits(on_cpu));
    }
    for_each_thread_order([&] { REQUIRE(same_bits(run_on_cuda(copy, memory))); });
    for (const char* only : {"", "x", "y", kNowhere}) REQUIRE(same_bits(run_displaced_on_cuda(copy, memory, only)));
  }
}

TEST_CASE("flat loops run as often as the array asks", "[elementwise]") {
  Operands operands;
  std::list<std::vector<std::byte>> memory;
  const Copy copy{.x = operands.integers({kBeyondOneGrid}, 1), .y = operands.result({kBeyondOneGrid})};
  expect_close("copy", run_on_cuda(copy, memory).y, copy.x, {});
  const Shape shape{kBeyondOneGridMisaligned};
  const Copy bytes{.x = operands.bytes(shape, 3), .y = operands.raw(shape, DType::U8)};
  expect_close("misaligned copy", run_displaced_on_cuda(bytes, memory).y, bytes.x, {});
}

TEST_CASE("misaligned operands take single elements", "[elementwise]") {
  Operands operands;
  for (const Shape& shape : kShapes)
    expect_displaced_cuda_matches_definition(Fill{.y = operands.result(shape), .value = 0.5f}, {});
}

TEST_CASE("an empty tensor is no work", "[elementwise]") {
  Operands operands;
  const Shape empty{3, 0, 2};
  expect_no_work(Fill{.y = operands.result(empty)});
  expect_no_work(Copy{.x = operands.result(empty), .y = operands.result(empty)});
}

TEST_CASE("the counter counts, beyond 32 and 53 bits", "[elementwise]") {
  const std::uint32_t by = GENERATE(1u, 100u);
  Operands operands;
  for (const std::uint64_t start : {std::uint64_t{0}, std::uint64_t{0xffffffff}, (std::uint64_t{1} << 53) + 1}) {
    const AdvanceCounter advance{.counter = operands.counter(start), .by = by};
    validate(advance);
    std::list<std::vector<std::byte>> memory;
    CpuDevice cpu({.threads = 1});
    const AdvanceCounter on_cpu = clone_operands(advance, memory);
    run(on_cpu, cpu);
    REQUIRE(*on_cpu.counter.as<std::uint64_t>() == start + by);
    for_each_thread_order([&] { REQUIRE(*run_on_cuda(advance, memory).counter.as<std::uint64_t>() == start + by); });
  }
}

TEST_CASE("element-wise instructions refuse operands that do not fit", "[elementwise]") {
  Operands operands;
  const Tensor four = operands.result({4}), five = operands.result({5}), bytes = operands.bytes({4}, 1);
  const Tensor doubles = operands.raw({4}, DType::F64);
  expect_refused(Fill{});
  expect_refused(Fill{.y = bytes});
  expect_refused(Copy{.x = four, .y = {}});
  expect_refused(Copy{.x = four, .y = five});
  expect_refused(Copy{.x = four, .y = doubles});
  expect_refused(AdvanceCounter{.counter = four});
  expect_refused(AdvanceCounter{.counter = operands.raw({2}, DType::U64)});
}

TEST_CASE("element-wise costs count every operand once a read and once a write", "[elementwise]") {
  Operands operands;
  const Tensor y = operands.result({10});
  CHECK(cost(Fill{.y = y}).bytes == 40);
  CHECK(cost(Copy{.x = y, .y = y}).bytes == 80);
}
