// Colours as numbers, and how the layers of a panel share them.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "engine/plot/figure.h"

namespace gan::plot {

using Rgb = std::array<std::uint8_t, 3>;  ///< sRGB

/// "#0072b2".
std::string hex(const Rgb& colour);
std::string hex(Colour colour);

/// The map's colour at t, which is moved into [0, 1]; grey for NaN.
Rgb map_colour(ColourMap map, double t);

/// How one layer is drawn.
struct Style {
  Colour colour = Colour::Black;
  Dash dash = Dash::Solid;
};

/// A style for each layer: what it asks for, else the next colour and dash that no earlier layer has.
std::vector<Style> layer_styles(const std::vector<Layer>& layers);

/// The attribute for a broken line of this width: ` stroke-dasharray="..."`, nothing for a solid one.
std::string dash_attribute(Dash dash, double width);

}  // namespace gan::plot
