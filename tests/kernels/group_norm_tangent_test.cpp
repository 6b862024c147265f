// The backward of group norm's backward.
#include "tests/kernels/group_norm_cases.h"

using namespace gan;
using namespace gan::test;
using namespace gan::test::group_norm;

TEST_CASE("group norm: the tangent follows the definition in every mode", "[group_norm_tangent]") {
  const Case& c = GENERATE(from_range(kCases.begin(), kCases.end()));
  const ParamGrad mode = GENERATE(ParamGrad::Skip, ParamGrad::Overwrite, ParamGrad::Accumulate);
  INFO(c.reason << ", mode " << static_cast<int>(mode));
  Operands operands;
  GroupNormTangent i = of_reals(operands, tangent_of(operands, c, mode));
  i.v = operands.uniform(c.shape, 16);
  expect_cuda_matches_definition(i, tangent_tolerance(c));
  expect_cpu_matches_definition(i, tangent_tolerance(c));
}

TEST_CASE("group norm: the tangent is exact where all its means are", "[group_norm_tangent]") {
  // Numbers up to 2 in groups of at most 16: no product of three means has more than 24 digits.
  const Case c = GENERATE(Case{{3, 8, 5}, 5, ""}, Case{{2, 4, 12}, 3, ""}, Case{{4, 1, 8}, 1, ""},
                          Case{{1, 16, 36}, 36, ""}, Case{{5, 2, 2, 4}, 2, ""});
  Operands operands;
  const GroupNormTangent i = tangent_of(operands, c, ParamGrad::Accumulate);
  expect_cuda_matches_definition(i, {});
  expect_cpu_matches_definition(i, {});
}

TEST_CASE("group norm: central differences confirm the backward of the backward", "[group_norm_tangent]") {
  // P = sum v dx, v fixed: P's gradient at dy, x and gamma.
  const Case& c = GENERATE(from_range(kSmallCases.begin(), kSmallCases.end()));
  INFO(c.reason);
  Chain chain(c);
  const auto penalty_of = [&](const Tensor& input) {
    return [&](const std::vector<double>& values) {
      std::copy(values.begin(), values.end(), input.as<double>());
      run(chain.forward, chain.cpu);
      run(chain.backward, chain.cpu);
      return inner_product(chain.backward.dx, chain.tangent.v);
    };
  };
  for (const auto& [name, input, gradient] : {std::tuple{"dy", chain.backward.dy, chain.tangent.pushed},
                                              std::tuple{"x", chain.forward.x, chain.tangent.second_order},
                                              std::tuple{"gamma", chain.forward.gamma, chain.tangent.dgamma}}) {
    const std::vector<double> at = content(input);
    expect_gradient(name, penalty_of(input), at, content(gradient));
    std::copy(at.begin(), at.end(), input.as<double>());
  }
}

TEST_CASE("group norm: the tangent is the adjoint of the backward", "[group_norm_tangent]") {
  // dx is linear in dy: <dx(dy), v> = <dy, pushed(v)>, whatever the two are.
  for (const Case& c : kSmallCases) {
    INFO(c.reason);
    const Chain chain(c);
    CHECK(inner_product(chain.backward.dx, chain.tangent.v) ==
          Approx(inner_product(chain.backward.dy, chain.tangent.pushed)).epsilon(1e-12).margin(1e-12));
  }
}
