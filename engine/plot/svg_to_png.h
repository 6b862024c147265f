// SVG documents as pixels, for whoever looks at them without a browser.
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

namespace gan::plot {

/// The PNG file's bytes of an SVG document drawn `scale` times as large as it says; of an animation, the last frame. Drawn
/// by librsvg, which is no must: MachineError (one line) where the program was built without it, or when it fails. Error
/// unless 0 < scale <= 16.
std::vector<std::byte> svg_to_png(std::string_view svg, double scale = 2);

/// Whether there is a librsvg in this program.
bool can_draw_png();

}  // namespace gan::plot
