#include "engine/plot/layout.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "engine/plot/text.h"
#include "kernels/core/contract/error.h"

namespace gan::plot {
namespace {

/// What a panel needs around its axes.
struct Margins {
  double left = 0, right = 0, top = 0, bottom = 0;

  void grow(const Margins& other) {
    left = std::max(left, other.left);
    right = std::max(right, other.right);
    top = std::max(top, other.top);
    bottom = std::max(bottom, other.bottom);
  }
};

double widest(const std::vector<Tick>& ticks) {
  double width = 0;
  for (const Tick& tick : ticks) width = std::max(width, text_width(tick.label, kTickFont));
  return width;
}

std::vector<Tick> category_ticks(const Axis& axis, const Range& range) {
  std::vector<Tick> ticks;
  for (std::size_t i = 0; i < axis.categories.size(); ++i) {
    const auto at = static_cast<double>(i);
    if (at >= range.low && at <= range.high) ticks.push_back({.at = at, .label = axis.categories[i]});
  }
  return ticks;
}

/// As many ticks as have room for their numbers, which stand side by side along x and one above the other along y.
std::vector<Tick> fitting_ticks(const Axis& axis, const Range& range, double length, bool side_by_side) {
  if (!axis.ticks) return {};
  if (!axis.categories.empty()) return category_ticks(axis, range);
  int at_most = std::max(2, static_cast<int>(length / (side_by_side ? 55 : 38)));
  std::vector<Tick> ticks = axis_ticks(range.low, range.high, axis.scale, at_most);
  const auto too_wide = [&] {
    const auto labels = std::count_if(ticks.begin(), ticks.end(), [](const Tick& t) { return !t.label.empty(); });
    return side_by_side && static_cast<double>(labels) * (widest(ticks) + 8) > length;
  };
  while (at_most > 2 && too_wide()) ticks = axis_ticks(range.low, range.high, axis.scale, --at_most);
  return ticks;
}

/// The panels at one place in all frames.
std::vector<const Panel*> panels_at(std::span<const Figure> frames, std::size_t place) {
  std::vector<const Panel*> panels;
  for (const Figure& figure : frames) panels.push_back(&figure.panels[place]);
  return panels;
}

/// The values of all heat maps that leave a bound open, and the first map that has a bar.
void measure_heat_maps(std::span<const Panel* const> panels, PanelLayout& layout) {
  std::vector<double> values;
  Scale scale = Scale::Linear;
  const HeatMap* with_bar = nullptr;
  for (const Panel* panel : panels)
    for (const Layer& layer : panel->layers)
      if (const auto* map = std::get_if<HeatMap>(&layer)) {
        scale = map->scale;
        if (!map->low || !map->high) values.insert(values.end(), map->grid.values.begin(), map->grid.values.end());
        if (map->colour_bar && with_bar == nullptr) with_bar = map;
      }
  layout.colours = value_range(values, scale);
  if (with_bar == nullptr) return;
  const Range range = colour_range(*with_bar, layout.colours);
  const int at_most = std::max(2, static_cast<int>(layout.height / 38));
  layout.bar = ColourBar{.map = with_bar->map,
                         .label = with_bar->label,
                         .values = Mapping(range, with_bar->scale, layout.height, 0),
                         .ticks = axis_ticks(range.low, range.high, with_bar->scale, at_most)};
}

/// Everything about a panel but where it stands: its axes begin at (0, 0).
PanelLayout measure(std::span<const Panel* const> panels, double width, double height) {
  const Panel& panel = *panels.back();
  PanelLayout layout{.width = width, .height = height};
  const AxisRanges ranges = axis_ranges(panels, width, height);
  layout.x = Mapping(ranges.x, panel.x.scale, 0, width);
  // Upwards, but names are read from the top.
  layout.y = panel.y.categories.empty() ? Mapping(ranges.y, panel.y.scale, height, 0)
                                        : Mapping(ranges.y, panel.y.scale, 0, height);
  layout.x_ticks = fitting_ticks(panel.x, ranges.x, width, true);
  layout.y_ticks = fitting_ticks(panel.y, ranges.y, height, false);
  layout.y_tick_width = widest(layout.y_ticks);
  layout.x_slot = panel.x.categories.empty() ? width : width / (ranges.x.high - ranges.x.low) - 4;
  for (const Tick& tick : layout.x_ticks)
    layout.x_tick_lines =
        std::max(layout.x_tick_lines, static_cast<double>(wrapped(tick.label, kTickFont, layout.x_slot).size()));
  measure_heat_maps(panels, layout);
  return layout;
}

Margins margins(std::span<const Panel* const> panels, const PanelLayout& layout) {
  const Panel& last = *panels.back();
  Margins result{.left = 10, .right = 14, .top = 12, .bottom = 8};
  if (!layout.y_ticks.empty()) result.left += layout.y_tick_width + 7;
  if (!axis_title(last.y).empty()) result.left += kLabelLine;
  if (!layout.x_ticks.empty()) result.bottom += layout.x_tick_lines * kTickLine + 5;
  if (!axis_title(last.x).empty()) result.bottom += kLabelLine;
  for (const Tick& tick : layout.x_ticks) {  // a number at the very end of the axis sticks out
    const double half = std::min(text_width(tick.label, kTickFont), layout.x_slot) / 2;
    result.right = std::max(result.right, layout.x(tick.at) + half - layout.width + 4);
    result.left = std::max(result.left, half - layout.x(tick.at) + 4);
  }
  if (layout.bar) {
    double bar = kBarGap + kBarWidth + 6 + widest(layout.bar->ticks) + 10;
    if (!layout.bar->label.empty()) bar += kLabelLine;
    result.right = std::max(result.right, bar);
  }
  for (const Panel* panel : panels) {
    double top = 12;
    if (!panel->title.empty())
      top += kTitleLine * static_cast<double>(wrapped(panel->title, kTitleFont, layout.width).size());
    const std::vector<LegendEntry> legend = legend_entries(*panel, 0, 0, layout.width);
    if (!legend.empty()) top += legend.back().y + kLegendLine / 2;
    result.top = std::max(result.top, top);
  }
  return result;
}

void check_frames(std::span<const Figure> frames) {
  require(!frames.empty() && !frames[0].panels.empty(), "a figure without panels");
  const Figure& first = frames[0];
  require(first.columns > 0 && first.plot_width >= 20 && first.plot_height >= 20,
          "a figure of {} columns, panels of {} x {} px", first.columns, first.plot_width, first.plot_height);
  for (const Figure& figure : frames)
    require(figure.panels.size() == first.panels.size() && figure.columns == first.columns &&
                figure.plot_width == first.plot_width && figure.plot_height == first.plot_height,
            "frames of one animation differ in their panels or sizes");
}

/// Moves a measured panel to its place.
void place(PanelLayout& panel, double left, double top) {
  panel.left = left;
  panel.top = top;
  panel.x = Mapping(panel.x.range(), panel.x.scale(), left, left + panel.width);
  panel.y = Mapping(panel.y.range(), panel.y.scale(), top + panel.y.first(), top + panel.y.last());
  if (panel.bar) {
    const Mapping& values = panel.bar->values;
    panel.bar->values = Mapping(values.range(), values.scale(), top + panel.height, top);
  }
}

}  // namespace

Range colour_range(const HeatMap& map, const Range& otherwise) {
  const Range range{.low = map.low.value_or(otherwise.low), .high = map.high.value_or(otherwise.high)};
  require(range.low < range.high && (map.scale == Scale::Linear || range.low > 0), "colours from {} to {}", range.low,
          range.high);
  return range;
}

std::string axis_title(const Axis& axis) {
  return axis.unit.empty() ? axis.label : fmt::format("{} ({})", axis.label, axis.unit);
}

std::string legend_label(const Layer& layer) {
  return std::visit(
      [](const auto& of) -> std::string {
        using Kind = std::decay_t<decltype(of)>;
        constexpr bool kElsewhere = std::is_same_v<Kind, HeatMap> || std::is_same_v<Kind, ReferenceLine>;
        if constexpr (!kElsewhere && requires { of.label; }) return of.label;
        return "";
      },
      layer);
}

std::vector<LegendEntry> legend_entries(const Panel& panel, double left, double top, double width) {
  std::vector<LegendEntry> entries;
  if (!panel.legend) return entries;
  double x = left, y = top + kLegendLine / 2;
  for (std::size_t i = 0; i < panel.layers.size(); ++i) {
    const std::string label = legend_label(panel.layers[i]);
    if (label.empty()) continue;
    const double needed = kSwatch + 5 + text_width(label, kTickFont);
    if (x > left && x + needed > left + width) {
      x = left;
      y += kLegendLine;
    }
    entries.push_back({.layer = i, .label = label, .x = x, .y = y});
    x += needed + 14;
  }
  return entries;
}

FigureLayout lay_out(std::span<const Figure> frames) {
  check_frames(frames);
  const Figure& figure = frames.back();
  const std::size_t columns = std::min(figure.columns, figure.panels.size());
  const std::size_t rows = (figure.panels.size() + columns - 1) / columns;
  FigureLayout layout;
  std::vector<Margins> of_column(columns), of_row(rows);
  for (std::size_t i = 0; i < figure.panels.size(); ++i) {
    const std::vector<const Panel*> panels = panels_at(frames, i);
    layout.panels.push_back(measure(panels, figure.plot_width, figure.plot_height));
    const Margins needed = margins(panels, layout.panels[i]);
    of_column[i % columns].grow(needed);
    of_row[i / columns].grow(needed);
  }
  std::size_t title_lines = 0;
  double width = 0;
  for (const Margins& m : of_column) width += m.left + figure.plot_width + m.right;
  for (const Figure& frame : frames)
    if (!frame.title.empty())
      title_lines = std::max(title_lines, wrapped(frame.title, kFigureFont, width - of_column[0].left - 10).size());
  double top = title_lines == 0 ? 0 : 8 + kFigureLine * static_cast<double>(title_lines);
  for (std::size_t row = 0; row < rows; ++row) {
    double left = 0;
    for (std::size_t column = 0; column < columns && row * columns + column < figure.panels.size(); ++column) {
      place(layout.panels[row * columns + column], left + of_column[column].left, top + of_row[row].top);
      left += of_column[column].left + figure.plot_width + of_column[column].right;
    }
    top += of_row[row].top + figure.plot_height + of_row[row].bottom;
  }
  layout.width = std::ceil(width);
  layout.height = std::ceil(top);
  return layout;
}

}  // namespace gan::plot
