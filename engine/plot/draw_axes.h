// Everything of a panel that is not data: paper, grid, frame, numbers, names, legend, colour bar.
#pragma once

#include <string>

#include "engine/plot/layout.h"

namespace gan::plot {

/// How words are aligned at their position.
enum class Anchor { Start, Middle, End };

/// A <text> whose baseline begins, is centred or ends at (x, y); `more` are further attributes, each after a space.
std::string text_element(double x, double y, const std::string& text, double size, Anchor anchor,
                         const std::string& more = "");

/// Grid lines, for below the data.
std::string grid_lines(const PanelLayout& layout);

/// Frame, ticks, numbers, names of the axes and the colour bar, for above the data. `id` is that of the bar's gradient.
std::string axes(const PanelLayout& layout, const Panel& panel, const std::string& id);

/// Title and legend.
std::string heading(const PanelLayout& layout, const Panel& panel);

}  // namespace gan::plot
