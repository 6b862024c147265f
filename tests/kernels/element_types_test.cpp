// Which element types operands may have, by their roles.
#include "kernels/core/contract/element_types.h"

#include <set>

#include "kernels/linear/linear.h"
#include "kernels/norm/batch_norm.h"
#include "kernels/optimizer/adam.h"
#include "tests/support/error_message.h"
#include "tests/support/instruction_test.h"

namespace gan {

namespace {

using test::Operands;
using test::require_error;

constexpr DType kTypes[] = {DType::F32, DType::F64, DType::U8, DType::I32, DType::U64};
constexpr Role kRealRoles[] = {Role::Activation,     Role::Weight,    Role::Parameter, Role::ParameterGradient,
                               Role::OptimizerState, Role::Statistic, Role::Loss,      Role::Value};

std::set<DType> admitted(Role role) {
  std::set<DType> types;
  for (const DType type : kTypes) {
    try {
      require_element_type("instruction", "operand", Tensor{.dtype = type}, role);
      types.insert(type);
    } catch (const Error&) {}
  }
  return types;
}

}  // namespace

TEST_CASE("a role admits its element types and no other", "[element_types]") {
  for (const Role role : kRealRoles) CHECK(admitted(role) == std::set{DType::F32, DType::F64});
  CHECK(admitted(Role::Workspace) == std::set{DType::F32});
  CHECK(admitted(Role::Counter) == std::set{DType::U64});
  CHECK(admitted(Role::Pixels) == std::set{DType::U8});
  CHECK(admitted(Role::Index) == std::set{DType::I32});
  CHECK(admitted(Role::Anything).size() == std::size(kTypes));
  require_error<Error>([] { require_element_type("adam", "m", Tensor{.dtype = DType::U8}, Role::OptimizerState); },
                       {"adam: m is u8, expected f32 or f64"});
}

TEST_CASE("f64 is for all real operands or for none", "[element_types]") {
  Operands operands;
  const auto tensor = [&](DType dtype) { return operands.raw({4, 4}, dtype); };
  for (int f64 = 0; f64 < 8; ++f64) {
    const auto type = [&](int bit) { return (f64 >> bit & 1) != 0 ? DType::F64 : DType::F32; };
    const LinearFprop op{.x = tensor(type(0)), .w = tensor(type(1)), .y = tensor(type(2))};
    INFO("x " << name_of(op.x.dtype) << ", w " << name_of(op.w.dtype) << ", y " << name_of(op.y.dtype));
    if (f64 == 0 || f64 == 7) CHECK_NOTHROW(validate(op));
    else require_error<Error>([&] { validate(op); }, {"linear fprop", "is f64, expected f32 as"});
  }
}

TEST_CASE("operands without precision do not take part in that", "[element_types]") {
  Operands operands;
  const auto doubles = [&] { return operands.raw({4}, DType::F64); };
  const Adam adam{.iteration = operands.counter(0),
                  .fault = operands.counter(0),
                  .gradient = doubles(),
                  .parameter = doubles(),
                  .m = doubles(),
                  .v = doubles()};
  CHECK_NOTHROW(validate(adam));
  const std::int64_t workspace = BatchNormForward::workspace_count(1000, 4);
  REQUIRE(workspace > 0);
  const BatchNormForward norm{.x = operands.raw({1000, 4}, DType::F64),
                              .gamma = doubles(),
                              .beta = doubles(),
                              .y = operands.raw({1000, 4}, DType::F64),
                              .mean = doubles(),
                              .inverse_std = doubles(),
                              .workspace = operands.result({workspace})};
  CHECK_NOTHROW(validate(norm));
  BatchNormForward wrong = norm;
  wrong.workspace = operands.raw({workspace}, DType::F64);
  require_error<Error>([&] { validate(wrong); }, {"batch norm: workspace is f64, expected f32"});
}

TEST_CASE("CUDA refuses what it has no kernels for", "[element_types]") {
  Operands operands;
  const auto tensor = [&] { return operands.raw({4, 4}, DType::F64); };
  const LinearFprop op{.x = tensor(), .w = tensor(), .y = tensor()};
  validate(op);
  require_error<Error>([&] { run(op, test::cuda_device()); }, {"linear fprop: CUDA kernels take f32, got f64"});
}

}  // namespace gan
