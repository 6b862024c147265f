#include "engine/plot/svg.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cstdint>

#include "engine/plot/draw_axes.h"
#include "engine/plot/draw_layers.h"
#include "engine/plot/layout.h"
#include "engine/plot/text.h"
#include "kernels/core/contract/error.h"

namespace gan::plot {
namespace {

constexpr double kLastFrame = 3;  ///< times as long as the others

/// FNV-1a, 32 bits.
std::uint32_t digest(std::string_view text) {
  std::uint32_t hash = 2166136261U;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 16777619U;
  return hash;
}

std::string opening(const FigureLayout& layout, const Figure& figure, const std::string& prefix) {
  const std::string title = figure.title.empty() ? figure.panels[0].title : figure.title;
  std::string svg = fmt::format(
      R"(<svg xmlns="http://www.w3.org/2000/svg" width="{0}" height="{1}" viewBox="0 0 {0} {1}" role="img" )"
      R"(aria-labelledby="{2}-title" font-family="Helvetica, Arial, 'Liberation Sans', sans-serif" fill="#333">)"
      "\n<title id=\"{2}-title\">{3}</title>\n",
      px(layout.width), px(layout.height), prefix, escaped(title));
  if (!figure.description.empty()) svg += fmt::format("<desc>{}</desc>\n", escaped(figure.description));
  svg += fmt::format(R"(<rect width="{}" height="{}" fill="#fff"/>)"
                     "\n",
                     px(layout.width), px(layout.height));
  return svg;
}

std::string clip_id(const std::string& prefix, std::size_t panel) { return fmt::format("{}-clip{}", prefix, panel); }

/// What lies below the data: where data end, and the grid. A px more than the axes, so that a line along an edge is whole.
std::string below(const FigureLayout& layout, const std::string& prefix) {
  std::string svg;
  for (std::size_t i = 0; i < layout.panels.size(); ++i) {
    const PanelLayout& panel = layout.panels[i];
    svg += fmt::format(R"(<clipPath id="{}"><rect x="{}" y="{}" width="{}" height="{}"/></clipPath>)"
                       "\n",
                       clip_id(prefix, i), px(panel.left - 1), px(panel.top - 1), px(panel.width + 2),
                       px(panel.height + 2));
    svg += grid_lines(panel);
  }
  return svg;
}

/// What differs from frame to frame.
std::string contents(const FigureLayout& layout, const Figure& figure, const std::string& prefix) {
  std::string svg;
  if (!figure.title.empty()) {
    const double left = layout.panels[0].left;
    double y = 8 + kFigureFont;
    for (const std::string& line : wrapped(figure.title, kFigureFont, layout.width - left - 10)) {
      svg += text_element(left, y, line, kFigureFont, Anchor::Start, R"( font-weight="700" fill="#111")");
      y += kFigureLine;
    }
  }
  for (std::size_t i = 0; i < layout.panels.size(); ++i) {
    svg += heading(layout.panels[i], figure.panels[i]);
    svg += fmt::format("<g clip-path=\"url(#{})\">\n", clip_id(prefix, i));
    svg += draw_layers(figure.panels[i], layout.panels[i]);
    svg += "</g>\n";
  }
  return svg;
}

std::string above(const FigureLayout& layout, const Figure& figure, const std::string& prefix) {
  std::string svg;
  for (std::size_t i = 0; i < layout.panels.size(); ++i)
    svg += axes(layout.panels[i], figure.panels[i], fmt::format("{}-bar{}", prefix, i));
  return svg;
}

/// Each frame is seen for its part of a round, then hidden; all begin at their own time in the same round.
std::string frame_style(std::size_t frames, double seconds_each, const std::string& prefix) {
  const double parts = static_cast<double>(frames) - 1 + kLastFrame, round = parts * seconds_each;
  const auto keyframes = [&](const char* name, double shown) {
    return fmt::format(
        "@keyframes {}-{}{{0%{{visibility:visible}}{:.4f}%{{visibility:hidden}}100%{{visibility:hidden}}}}\n", prefix,
        name, 100 * shown / parts);
  };
  std::string css = "<style>\n" + keyframes("each", 1) + keyframes("last", kLastFrame);
  css += "@media screen and (prefers-reduced-motion:no-preference){\n";
  for (std::size_t i = 0; i < frames; ++i)
    css += fmt::format("#{0}-frame{1}{{animation:{0}-{2} {3:.6g}s step-end {4:.6g}s infinite}}\n", prefix, i,
                       i + 1 == frames ? "last" : "each", round, static_cast<double>(i) * seconds_each - round);
  return css + "}\n</style>\n";
}

/// The drawing with an id prefix that is given or found.
template <class Draw>
std::string with_prefix(std::string_view wanted, const Draw& draw) {
  if (wanted.empty()) return draw(fmt::format("plot{:08x}", digest(draw("plot"))));
  const auto allowed = [](char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-'; };
  require(
      std::isalpha(static_cast<unsigned char>(wanted[0])) != 0 && std::all_of(wanted.begin(), wanted.end(), allowed),
      "'{}' as the beginning of ids", wanted);
  return draw(std::string(wanted));
}

}  // namespace

std::string to_svg(const Figure& figure, std::string_view id_prefix) {
  const FigureLayout layout = lay_out({&figure, 1});
  return with_prefix(id_prefix, [&](const std::string& prefix) {
    return opening(layout, figure, prefix) + below(layout, prefix) + contents(layout, figure, prefix) +
           above(layout, figure, prefix) + "</svg>\n";
  });
}

std::string animated_svg(std::span<const Figure> frames, double seconds_each, std::string_view id_prefix) {
  require(seconds_each > 0, "frames of {} seconds", seconds_each);
  const FigureLayout layout = lay_out(frames);
  return with_prefix(id_prefix, [&](const std::string& prefix) {
    std::string svg = opening(layout, frames.back(), prefix);
    if (frames.size() > 1) svg += frame_style(frames.size(), seconds_each, prefix);
    svg += below(layout, prefix);
    for (std::size_t i = 0; i < frames.size(); ++i) {
      svg +=
          fmt::format("<g id=\"{}-frame{}\"{}>\n", prefix, i, i + 1 < frames.size() ? R"( visibility="hidden")" : "");
      svg += contents(layout, frames[i], prefix) + "</g>\n";
    }
    return svg + above(layout, frames.back(), prefix) + "</svg>\n";
  });
}

}  // namespace gan::plot
