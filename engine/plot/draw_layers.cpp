#include "engine/plot/draw_layers.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "engine/plot/contour_lines.h"
#include "engine/plot/draw_axes.h"
#include "engine/plot/path_data.h"
#include "engine/plot/raster.h"
#include "engine/plot/text.h"
#include "kernels/core/contract/error.h"

namespace gan::plot {
namespace {

constexpr const char* kHalo = R"( paint-order="stroke" stroke="#fff" stroke-width="3" stroke-linejoin="round")";

std::string stroked_path(const std::string& data, const std::string& colour, double width, Dash dash,
                         double opacity = 1) {
  if (data.empty()) return "";
  return fmt::format(R"(<path d="{}" fill="none" stroke="{}" stroke-width="{:.3g}" stroke-linejoin="round"{}{}/>)"
                     "\n",
                     data, colour, width, dash_attribute(dash, width),
                     opacity < 1 ? fmt::format(R"( opacity="{:.3g}")", opacity) : "");
}

double marker_size(double line_width) { return 2.2 * line_width + 2.5; }

/// Draws one layer after the other; remembers which labels are already written where.
class LayerDrawer {
 public:
  LayerDrawer(const PanelLayout& layout, std::string& svg) : layout_(layout), x_(layout.x), y_(layout.y), svg_(svg) {}

  void draw(const Layer& layer, const Style& style) {
    style_ = style;
    colour_ = hex(style.colour);
    std::visit(*this, layer);
  }

  /// What is written among the data: above all of them.
  const std::string& words() const { return words_; }

  void operator()(const Line& line) {
    require(line.x.size() == line.y.size(), "a line of {} x and {} y", line.x.size(), line.y.size());
    draw_band(line);
    if (line.joined) svg_ += stroked_path(line_path(line.x, line.y, x_, y_), colour_, line.width, style_.dash);
    const Marker marker = line.joined || line.marker != Marker::None ? line.marker : Marker::Dot;
    draw_markers(line.x, line.y, marker, marker_size(line.width), 1);
  }

  void operator()(const Scatter& scatter) {
    require(scatter.x.size() == scatter.y.size(), "a scatter of {} x and {} y", scatter.x.size(), scatter.y.size());
    draw_markers(scatter.x, scatter.y, scatter.marker, scatter.size, scatter.opacity);
  }

  void operator()(const Bars& bars) {
    require(bars.edges.size() == bars.heights.size() + 1, "{} bars with {} edges", bars.heights.size(),
            bars.edges.size());
    const bool vertical = bars.direction == Direction::Vertical;
    const Mapping& along = vertical ? x_ : y_;
    const Mapping& up = vertical ? y_ : x_;
    std::string path;
    bool drawing = false;
    for (std::size_t i = 0; i < bars.heights.size(); ++i) {
      const double from = along(bars.edges[i]), to = along(bars.edges[i + 1]);
      const double foot = up(up.base()), end = up(bars.heights[i]);
      const bool seen = !std::isnan(from) && !std::isnan(to) && !std::isnan(end);
      const char* command = drawing ? "L" : "M";
      drawing = seen;
      if (!seen) continue;
      if (bars.outline) {
        path += vertical ? fmt::format("{}{} {}H{}", command, px(from), px(end), px(to))
                         : fmt::format("{}{} {}V{}", command, px(end), px(from), px(to));
      } else {
        path += vertical ? fmt::format("M{} {}V{}H{}V{}z", px(from), px(foot), px(end), px(to), px(foot))
                         : fmt::format("M{} {}H{}V{}H{}z", px(foot), px(from), px(end), px(to), px(foot));
      }
    }
    if (bars.outline) svg_ += stroked_path(path, colour_, 1.6, Dash::Solid);
    else if (!path.empty())
      svg_ += fmt::format(R"(<path d="{}" fill="{}" fill-opacity="{:.3g}" stroke="#fff" stroke-width="0.5"/>)"
                          "\n",
                          path, colour_, bars.opacity);
  }

  void operator()(const HeatMap& map) {
    const Grid& grid = map.grid;
    svg_ += image_element(grid_image(map, colour_range(map, layout_.colours)), grid.x_low, grid.x_high, grid.y_low,
                          grid.y_high, x_, y_, map.smooth);
  }

  void operator()(const Contours& contours) {
    std::string path;
    for (const double level : contours.levels)
      for (const Polyline& line : contour_lines(contours.grid, level)) {
        std::vector<double> xs, ys;
        for (const auto& [x, y] : line) {
          xs.push_back(x);
          ys.push_back(y);
        }
        path += line_path(xs, ys, x_, y_);
      }
    svg_ += stroked_path(path, colour_, contours.width, style_.dash);
  }

  void operator()(const ReferenceLine& line) {
    const bool horizontal = line.direction == Direction::Horizontal;
    const double at = horizontal ? y_(line.at) : x_(line.at);
    if (std::isnan(at)) return;
    const std::string path = horizontal ? fmt::format("M{} {}h{}", px(layout_.left), px(at), px(layout_.width))
                                        : fmt::format("M{} {}v{}", px(at), px(layout_.top), px(layout_.height));
    svg_ += stroked_path(path, colour_, 1.2, style_.dash);
    if (line.label.empty()) return;
    if (horizontal) label_horizontal(at, line.label);
    else label_vertical(at, line.label);
  }

  void operator()(const Interval& interval) {
    const bool horizontal = interval.direction == Direction::Horizontal;
    const Mapping& across = horizontal ? y_ : x_;
    const auto end = [&](double value, double open) {
      const double at = across(value);
      return std::isnan(at) ? open : at;
    };
    const double a = end(interval.low, across.first()), b = end(interval.high, across.last());
    const double from = std::min(a, b), length = std::abs(b - a);
    svg_ += fmt::format(R"(<rect x="{}" y="{}" width="{}" height="{}" fill="{}" fill-opacity="{:.3g}"/>)"
                        "\n",
                        px(horizontal ? layout_.left : from), px(horizontal ? from : layout_.top),
                        px(horizontal ? layout_.width : length), px(horizontal ? length : layout_.height), colour_,
                        interval.opacity);
  }

  void operator()(const Segments& segments) {
    const std::size_t count = segments.x0.size();
    require(segments.y0.size() == count && segments.x1.size() == count && segments.y1.size() == count,
            "segments of {} x0, {} y0, {} x1 and {} y1", count, segments.y0.size(), segments.x1.size(),
            segments.y1.size());
    std::string path;
    for (std::size_t i = 0; i < count; ++i) {
      const double x0 = x_(segments.x0[i]), y0 = y_(segments.y0[i]), x1 = x_(segments.x1[i]), y1 = y_(segments.y1[i]);
      if (std::isnan(x0 + y0 + x1 + y1)) continue;
      path += fmt::format("M{} {} {} {}", px(x0), px(y0), px(x1), px(y1));
      if (segments.arrows) path += arrow_head(x0, y0, x1, y1);
    }
    svg_ += stroked_path(path, colour_, segments.width, Dash::Solid, segments.opacity);
  }

  void operator()(const Pixels& pixels) {
    svg_ += image_element(pixels.image, pixels.x_low, pixels.x_high, pixels.y_low, pixels.y_high, x_, y_, false);
  }

  void operator()(const Words& words) {
    const double x = x_(words.x), y = y_(words.y);
    if (std::isnan(x) || std::isnan(y)) return;
    words_ += text_element(x, y + kTickFont * 0.36, words.text, kTickFont, Anchor::Middle,
                           fmt::format(R"( fill="{}"{})", colour_, kHalo));
  }

 private:
  void draw_band(const Line& line) {
    if (line.band_low.empty() && line.band_high.empty()) return;
    require(line.band_low.size() == line.x.size() && line.band_high.size() == line.x.size(),
            "a line of {} points with a band of {} and {}", line.x.size(), line.band_low.size(), line.band_high.size());
    if (!line.whiskers) {
      const std::string band = band_path(line.x, line.band_low, line.band_high, x_, y_);
      if (!band.empty())
        svg_ += fmt::format(R"(<path d="{}" fill="{}" fill-opacity="0.18"/>)"
                            "\n",
                            band, colour_);
      return;
    }
    std::string path;
    for (std::size_t i = 0; i < line.x.size(); ++i) {
      const double x = x_(line.x[i]), low = y_(line.band_low[i]), high = y_(line.band_high[i]);
      if (std::isnan(x + low + high)) continue;
      path += fmt::format("M{} {}h6m-3 0V{}m-3 0h6", px(x - 3), px(low), px(high));
    }
    svg_ += stroked_path(path, colour_, 1.2, Dash::Solid);
  }

  void draw_markers(const std::vector<double>& xs, const std::vector<double>& ys, Marker marker, double size,
                    double opacity) {
    const std::string path = marker_path(xs, ys, x_, y_, marker, size);
    if (!path.empty())
      svg_ += fmt::format("<path d=\"{}\"{}/>\n", path, marker_attributes(marker, size, colour_, opacity));
  }

  static std::string arrow_head(double x0, double y0, double x1, double y1) {
    const double length = std::hypot(x1 - x0, y1 - y0);
    if (length < 0.5) return "";
    const double head = std::min(4.0, length / 2), dx = (x1 - x0) / length * head, dy = (y1 - y0) / length * head;
    return fmt::format("M{} {} {} {} {} {}", px(x1 - dx + dy * 0.6), px(y1 - dy - dx * 0.6), px(x1), px(y1),
                       px(x1 - dx - dy * 0.6), px(y1 - dy + dx * 0.6));
  }

  /// Whether a label's box is free of earlier labels and within the panel; if so it is taken.
  bool take(double left, double top, double width) {
    const double height = kTickFont + 2;
    if (top < layout_.top || top + height > layout_.top + layout_.height) return false;
    for (const Box& box : taken_)
      if (left < box.left + box.width && box.left < left + width && top < box.top + height && box.top < top + height)
        return false;
    taken_.push_back({.left = left, .top = top, .width = width});
    return true;
  }

  void write(double left, double top, const std::string& label) {
    words_ += text_element(left, top + kTickFont, label, kTickFont, Anchor::Start,
                           fmt::format(R"( fill="{}"{})", colour_, kHalo));
  }

  /// Above or below the line at its right end, else at its left one.
  void label_horizontal(double at, const std::string& label) {
    const double width = text_width(label, kTickFont);
    const double right = layout_.left + layout_.width - width - 4, left = layout_.left + 4;
    for (const double x : {right, left})
      for (const double top : {at - kTickFont - 5, at + 2})
        if (take(x, top, width)) return write(x, top, label);
    write(right, at - kTickFont - 5, label);
  }

  /// To the right of the line, or to its left where there is no room, as far up as is free.
  void label_vertical(double at, const std::string& label) {
    const double width = text_width(label, kTickFont);
    const bool fits = at + 4 + width <= layout_.left + layout_.width;
    const double x = fits ? at + 4 : at - 4 - width;
    double top = layout_.top + 2;
    while (!take(x, top, width) && top < layout_.top + layout_.height) top += kTickFont + 3;
    write(x, std::min(top, layout_.top + layout_.height - kTickFont - 2), label);
  }

  struct Box {
    double left, top, width;
  };

  const PanelLayout& layout_;
  const Mapping& x_;
  const Mapping& y_;
  std::string& svg_;
  Style style_;
  std::string colour_;
  std::string words_;
  std::vector<Box> taken_;
};

}  // namespace

std::string draw_layers(const Panel& panel, const PanelLayout& layout) {
  std::string svg;
  LayerDrawer drawer(layout, svg);
  const std::vector<Style> styles = layer_styles(panel.layers);
  for (std::size_t i = 0; i < panel.layers.size(); ++i) drawer.draw(panel.layers[i], styles[i]);
  return svg + drawer.words();
}

std::string legend_sample(const Layer& layer, const Style& style, double x, double y, double width) {
  const std::string colour = hex(style.colour);
  const auto strip = [&](double opacity) {
    return fmt::format(R"(<rect x="{}" y="{}" width="{}" height="10" fill="{}" fill-opacity="{:.3g}"/>)"
                       "\n",
                       px(x + 2), px(y - 5), px(width - 4), colour, opacity);
  };
  const auto stroke = [&](double thickness, Dash dash) {
    return stroked_path(fmt::format("M{} {}h{}", px(x), px(y), px(width)), colour, thickness, dash);
  };
  const auto sign = [&](Marker marker, double size, double opacity) -> std::string {
    const Mapping at({.low = 0, .high = 1}, Scale::Linear, x, x + width);
    const Mapping level({.low = 0, .high = 1}, Scale::Linear, y, y + 1);
    if (marker == Marker::None) return "";
    return fmt::format("<path d=\"{}\"{}/>\n", marker_path({0.5}, {0}, at, level, marker, size),
                       marker_attributes(marker, size, colour, opacity));
  };
  if (const auto* line = std::get_if<Line>(&layer)) {
    const Marker marker = line->joined || line->marker != Marker::None ? line->marker : Marker::Dot;
    const bool shaded = !line->band_low.empty() && !line->whiskers;
    return (shaded ? strip(0.18) : "") + (line->joined ? stroke(line->width, style.dash) : "") +
           sign(marker, marker_size(line->width), 1);
  }
  if (const auto* scatter = std::get_if<Scatter>(&layer))
    return sign(scatter->marker, std::max(scatter->size, 5.0), std::max(scatter->opacity, 0.8));
  if (const auto* bars = std::get_if<Bars>(&layer))
    return bars->outline ? stroke(1.6, Dash::Solid) : strip(bars->opacity);
  if (const auto* interval = std::get_if<Interval>(&layer)) return strip(std::max(interval->opacity, 0.2));
  if (const auto* contours = std::get_if<Contours>(&layer)) return stroke(contours->width, style.dash);
  if (const auto* segments = std::get_if<Segments>(&layer)) return stroke(segments->width, Dash::Solid);
  return "";
}

}  // namespace gan::plot
