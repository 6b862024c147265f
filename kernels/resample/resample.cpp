#include "kernels/resample/resample.h"

#include "kernels/core/contract/check_operand.h"

namespace gan {

namespace {

/// Checks that `large` is `small` with every pixel grown to a window.
void check_sizes(const char* name, const Window& window, const char* small_name, const Tensor& small,
                 const char* large_name, const Tensor& large) {
  require(window.height >= 1 && window.width >= 1, "{}: a window is at least 1x1, got {}x{}", name, window.height,
          window.width);
  require_present(name, small_name, small);
  require(small.shape.rank == 4, "{}: {} has shape {}, expected (N, H, W, C)", name, small_name,
          to_string(small.shape));
  const Shape& s = small.shape;
  require_operand(name, large_name, large, {s[0], s[1] * window.height, s[2] * window.width, s[3]});
}

}  // namespace

void validate(const Upsample& op) {
  require_element_types(op);
  check_sizes(op.kName, op.window, "x", op.x, "y", op.y);
}

void validate(const SumPool& op) {
  require_element_types(op);
  check_sizes(op.kName, op.window, "y", op.y, "x", op.x);
}

Cost cost(const Upsample& op) { return {.flops = op.x.count(), .bytes = operand_bytes(op)}; }

Cost cost(const SumPool& op) { return {.flops = op.x.count() + op.y.count(), .bytes = operand_bytes(op)}; }

}  // namespace gan
