// The data of a panel, drawn.
#pragma once

#include <string>

#include "engine/plot/layout.h"

namespace gan::plot {

/// All layers of a panel, in order. Error where one breaks what figure.h says of it.
std::string draw_layers(const Panel& panel, const PanelLayout& layout);

/// What the legend shows of a layer: a strip `width` px wide whose left end's middle is (x, y).
std::string legend_sample(const Layer& layer, const Style& style, double x, double y, double width);

}  // namespace gan::plot
