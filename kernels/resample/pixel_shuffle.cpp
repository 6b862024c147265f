#include "kernels/resample/pixel_shuffle.h"

#include "kernels/core/contract/check_operand.h"

namespace gan {

void validate(const PixelShuffle& op) {
  require_element_types(op);
  const std::int64_t f = op.factor;
  require(f >= 1, "{}: the factor is at least 1, got {}", op.kName, f);
  // Of the image with more pixels follows the other, whichever is x.
  const Tensor& pixels = op.inverse ? op.x : op.y;
  const char* const name = op.inverse ? "x" : "y";
  require_present(op.kName, name, pixels);
  const Shape& large = pixels.shape;
  require(large.rank == 4 && large[1] % f == 0 && large[2] % f == 0,
          "{}: {} has shape {}, expected (N, H, W, C) with H and W multiples of {}", op.kName, name, to_string(large),
          f);
  require_operand(op.kName, op.inverse ? "y" : "x", op.inverse ? op.y : op.x,
                  {large[0], large[1] / f, large[2] / f, large[3] * f * f});
}

Cost cost(const PixelShuffle& op) { return {.flops = 0, .bytes = operand_bytes(op)}; }

}  // namespace gan
