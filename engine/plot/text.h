// Words and numbers as SVG wants them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace gan::plot {

/// Plain text for XML content and attributes: & < > " ' as entities; control characters, which XML 1.0 forbids, and what is
/// no UTF-8 as U+FFFD.
std::string escaped(std::string_view text);

/// About how wide UTF-8 text is in px at this font size, for Helvetica and its like, rather too wide than too narrow.
double text_width(std::string_view text, double size);

/// Text in lines of at most `width` px, broken at spaces; a longer word has its own line. At least one line.
std::vector<std::string> wrapped(std::string_view text, double size, double width);

/// A position in px with at most one decimal: "12.3", "12", never "-0". Error when it is not finite.
std::string px(double position);

}  // namespace gan::plot
