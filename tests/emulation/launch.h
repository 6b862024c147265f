// gan::launch for the emulation: runs a grid on a pool of OS threads and returns when it is done.
#pragma once

#include <cstddef>
#include <tuple>
#include <type_traits>
#include <utility>

#include "tests/emulation/block.h"

namespace gan::emulation {

/// How launches run from now on.
struct Options {
  /// The order in which threads run. 0: in the order of their indices; otherwise `seed & 3` picks the policy and all of
  /// it the order: 0 fair, 1 a warp runs on as far as it can, 2 mostly so, 3 single threads overtake each other.
  /// Use 0 to 3 at least: what one order hides another shows.
  unsigned seed = 0;
  /// OS threads that run blocks; 1 makes the order of blocks, and so the sums of floating-point atomics, reproducible.
  /// At first GAN_EMULATION_WORKERS from the environment, or one for each processor.
  unsigned workers = 1;
  /// The most shared memory, static and dynamic together, that every card from sm_80 on grants a block (sm_86, sm_89 and
  /// sm_120 have no more).
  std::size_t max_shared_bytes = 99 * 1024;
};
Options& options();

/// Runs all blocks of the grid. Throws the first EmulationError.
void run_grid(const Grid& grid);

/// Throws EmulationError: the value of an integer argument (counted from 1) does not fit into the parameter's type.
[[noreturn]] void fail_narrowing(std::size_t argument);

/// A conversion that C++ does silently and that can only be a mistake.
template <class Parameter, class Argument>
constexpr bool kDropsFraction = std::is_integral_v<Parameter>&& std::is_floating_point_v<Argument>;

/// The argument as the kernel's parameter. Unlike C++, which converts silently, a value may not change on the way.
template <class Parameter, class Argument>
Parameter convert_argument(const Argument& argument, std::size_t position) {
  static_assert(!std::is_reference_v<Parameter> && std::is_trivially_copyable_v<Parameter>,
                "a kernel's parameters are copied to the GPU byte by byte");
  static_assert(!kDropsFraction<Parameter, Argument>, "a floating-point argument for an integer parameter of a kernel");
  const Parameter parameter = static_cast<Parameter>(argument);
  if constexpr (std::is_integral_v<Parameter> && std::is_integral_v<Argument>)
    if (static_cast<Argument>(parameter) != argument || (parameter < Parameter{}) != (argument < Argument{}))
      fail_narrowing(position);
  return parameter;
}

}  // namespace gan::emulation

namespace gan {

struct LaunchShape {
  dim3 grid;
  dim3 block;
  std::size_t dynamic_shared_bytes = 0;
};

/// Runs `kernel`. An empty grid is no work, not an error.
template <class... Parameters, class... Arguments>
void launch(void (*kernel)(Parameters...), const LaunchShape& shape, cudaStream_t, Arguments... arguments) {
  static_assert(sizeof...(Parameters) == sizeof...(Arguments), "the kernel takes another number of arguments");
  if (shape.grid.x == 0 || shape.grid.y == 0 || shape.grid.z == 0) return;
  struct Call {
    void (*kernel)(Parameters...);
    std::tuple<Parameters...> parameters;
  };
  std::size_t position = 0;
  const Call call{kernel, {emulation::convert_argument<Parameters>(arguments, ++position)...}};
  emulation::run_grid({.blocks = shape.grid,
                       .block = shape.block,
                       .dynamic_shared_bytes = shape.dynamic_shared_bytes,
                       .max_shared_bytes = emulation::options().max_shared_bytes,
                       .call =
                           [](const void* data) {
                             const Call& bound = *static_cast<const Call*>(data);
                             std::apply(bound.kernel, bound.parameters);
                           },
                       .kernel = &call,
                       .seed = emulation::options().seed});
}

/// The dynamic shared memory of the block, aligned to 1024 bytes.
template <class T>
T* dynamic_shared() {
  return static_cast<T*>(emulation::current_block->dynamic_shared());
}

}  // namespace gan
