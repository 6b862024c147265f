// Figures as SVG documents: one file, no script, no font or picture from elsewhere.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "engine/plot/figure.h"

namespace gan::plot {

/// The figure as an SVG document, texts as text. Equal figures give equal bytes. Ids within begin with `id_prefix`, by
/// default a digest of the drawing, so that many documents can be put into one page; a prefix has to begin with a letter and
/// consist of letters, digits and '-' (else Error). Error where a layer or an axis breaks what figure.h says of it.
std::string to_svg(const Figure& figure, std::string_view id_prefix = {});

/// Figures of the same number of panels and the same sizes (else Error) shown one after the other for `seconds_each` each, the
/// last three times as long, then again from the start. An axis without bounds gets the same ones in all frames. Where
/// animations are not shown or not wanted (prefers-reduced-motion, print), the last frame stands still.
std::string animated_svg(std::span<const Figure> frames, double seconds_each, std::string_view id_prefix = {});

}  // namespace gan::plot
