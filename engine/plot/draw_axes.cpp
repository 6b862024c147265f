#include "engine/plot/draw_axes.h"

#include <fmt/format.h>

#include <algorithm>

#include "engine/plot/draw_layers.h"
#include "engine/plot/text.h"

namespace gan::plot {
namespace {

constexpr double kTickLength = 4, kMinorTickLength = 2.5;
constexpr const char* kNameColour = R"( fill="#222")";

/// Numbers or names below the axis, names in as many lines as they need.
std::string x_numbers(const PanelLayout& layout) {
  std::string svg;
  for (const Tick& tick : layout.x_ticks) {
    if (tick.label.empty()) continue;
    double y = layout.top + layout.height + kTickLength + kTickFont + 1;
    for (const std::string& line : wrapped(tick.label, kTickFont, layout.x_slot)) {
      svg += text_element(layout.x(tick.at), y, line, kTickFont, Anchor::Middle);
      y += kTickLine;
    }
  }
  return svg;
}

std::string y_numbers(const PanelLayout& layout) {
  std::string svg;
  for (const Tick& tick : layout.y_ticks)
    if (!tick.label.empty())
      svg += text_element(layout.left - kTickLength - 3, layout.y(tick.at) + kTickFont * 0.36, tick.label, kTickFont,
                          Anchor::End);
  return svg;
}

std::string tick_marks(const PanelLayout& layout) {
  std::string path;
  const auto length = [](const Tick& tick) { return tick.label.empty() ? kMinorTickLength : kTickLength; };
  for (const Tick& tick : layout.x_ticks)
    path += fmt::format("M{} {}v{}", px(layout.x(tick.at)), px(layout.top + layout.height), px(length(tick)));
  for (const Tick& tick : layout.y_ticks)
    path += fmt::format("M{} {}h-{}", px(layout.left), px(layout.y(tick.at)), px(length(tick)));
  if (path.empty()) return path;
  return fmt::format(R"(<path d="{}" stroke="#444" fill="none"/>)"
                     "\n",
                     path);
}

std::string turned_name(double x, double middle, const std::string& name) {
  return text_element(x, middle, name, kLabelFont, Anchor::Middle,
                      fmt::format(R"_({} transform="rotate(-90 {} {})")_", kNameColour, px(x), px(middle)));
}

std::string names(const PanelLayout& layout, const Panel& panel) {
  std::string svg;
  const std::string x_name = axis_title(panel.x), y_name = axis_title(panel.y);
  if (!x_name.empty()) {
    const double numbers = layout.x_ticks.empty() ? 0 : layout.x_tick_lines * kTickLine + 5;
    svg += text_element(layout.left + layout.width / 2, layout.top + layout.height + numbers + 13, x_name, kLabelFont,
                        Anchor::Middle, kNameColour);
  }
  if (!y_name.empty()) {
    const double numbers = layout.y_ticks.empty() ? 0 : layout.y_tick_width + 7;
    svg += turned_name(layout.left - numbers - 8, layout.top + layout.height / 2, y_name);
  }
  return svg;
}

std::string colour_bar(const PanelLayout& layout, const std::string& id) {
  const ColourBar& bar = *layout.bar;
  const double left = layout.left + layout.width + kBarGap;
  std::string svg = fmt::format(R"(<linearGradient id="{}" x1="0" x2="0" y1="1" y2="0">)", id);
  constexpr int kStops = 24;
  for (int i = 0; i <= kStops; ++i)
    svg += fmt::format(R"(<stop offset="{:.4g}" stop-color="{}"/>)", static_cast<double>(i) / kStops,
                       hex(map_colour(bar.map, static_cast<double>(i) / kStops)));
  svg += fmt::format(
      "</linearGradient>\n<rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" fill=\"url(#{})\" stroke=\"#444\" "
      "stroke-width=\"0.6\"/>\n",
      px(left), px(layout.top), px(kBarWidth), px(layout.height), id);
  double widest = 0;
  for (const Tick& tick : bar.ticks) {
    const double y = bar.values(tick.at);
    svg += fmt::format(R"(<path d="M{} {}h3" stroke="#444"/>)"
                       "\n",
                       px(left + kBarWidth), px(y));
    if (tick.label.empty()) continue;
    svg += text_element(left + kBarWidth + 6, y + kTickFont * 0.36, tick.label, kTickFont, Anchor::Start);
    widest = std::max(widest, text_width(tick.label, kTickFont));
  }
  if (!bar.label.empty())
    svg += turned_name(left + kBarWidth + 6 + widest + 14, layout.top + layout.height / 2, bar.label);
  return svg;
}

}  // namespace

std::string text_element(double x, double y, const std::string& text, double size, Anchor anchor,
                         const std::string& more) {
  const char* aligned = anchor == Anchor::Start    ? ""
                        : anchor == Anchor::Middle ? R"( text-anchor="middle")"
                                                   : R"( text-anchor="end")";
  return fmt::format(R"(<text x="{}" y="{}" font-size="{}"{}{}>{}</text>)"
                     "\n",
                     px(x), px(y), px(size), aligned, more, escaped(text));
}

std::string grid_lines(const PanelLayout& layout) {
  std::string path;
  for (const Tick& tick : layout.x_ticks)
    if (!tick.label.empty()) path += fmt::format("M{} {}v{}", px(layout.x(tick.at)), px(layout.top), px(layout.height));
  for (const Tick& tick : layout.y_ticks)
    if (!tick.label.empty()) path += fmt::format("M{} {}h{}", px(layout.left), px(layout.y(tick.at)), px(layout.width));
  if (path.empty()) return path;
  return fmt::format(R"(<path d="{}" stroke="#e7e7e7" stroke-width="0.8" fill="none"/>)"
                     "\n",
                     path);
}

std::string axes(const PanelLayout& layout, const Panel& panel, const std::string& id) {
  std::string svg =
      fmt::format(R"(<rect x="{}" y="{}" width="{}" height="{}" fill="none" stroke="#bbb" stroke-width="0.8"/>)"
                  "\n",
                  px(layout.left), px(layout.top), px(layout.width), px(layout.height));
  svg += fmt::format(R"(<path d="M{} {}v{}h{}" fill="none" stroke="#444"/>)"
                     "\n",
                     px(layout.left), px(layout.top), px(layout.height), px(layout.width));
  svg += tick_marks(layout) + x_numbers(layout) + y_numbers(layout) + names(layout, panel);
  if (layout.bar) svg += colour_bar(layout, id);
  return svg;
}

std::string heading(const PanelLayout& layout, const Panel& panel) {
  std::vector<LegendEntry> legend = legend_entries(panel, layout.left, 0, layout.width);
  const double legend_height = legend.empty() ? 0 : legend.back().y + kLegendLine / 2;
  const double legend_top = layout.top - 5 - legend_height;
  std::string svg;
  if (!panel.title.empty()) {
    const std::vector<std::string> lines = wrapped(panel.title, kTitleFont, layout.width);
    double y = legend_top - 4 - kTitleLine * static_cast<double>(lines.size() - 1);
    for (const std::string& line : lines) {
      svg += text_element(layout.left, y, line, kTitleFont, Anchor::Start, R"( font-weight="600" fill="#111")");
      y += kTitleLine;
    }
  }
  const std::vector<Style> styles = layer_styles(panel.layers);
  for (const LegendEntry& entry : legend) {
    const double middle = entry.y + legend_top;
    svg += legend_sample(panel.layers[entry.layer], styles[entry.layer], entry.x, middle, kSwatch);
    svg += text_element(entry.x + kSwatch + 5, middle + kTickFont * 0.36, entry.label, kTickFont, Anchor::Start);
  }
  return svg;
}

}  // namespace gan::plot
