// Special registers.
#pragma once

#include "tests/ptx/interpreter/block.h"

namespace gan::ptx {
/// Writes the value that a special register has for each lane of `warp` in its block.
void fill_special(Warp& warp, const Program::Special& special);
}  // namespace gan::ptx
