// Without librsvg: see engine/CMakeLists.txt.
#include "engine/plot/svg_to_png.h"
#include "kernels/core/contract/error.h"

namespace gan::plot {

std::vector<std::byte> svg_to_png(std::string_view, double) {
  throw MachineError(
      "plots as PNG need librsvg, which this program was built without; install librsvg2-dev and build "
      "again, or look at the SVG files");
}

bool can_draw_png() { return false; }

}  // namespace gan::plot
