#include "engine/plot/path_data.h"

#include <fmt/format.h>

#include <cmath>

#include "engine/plot/text.h"

namespace gan::plot {
namespace {

bool outside(double at, const Mapping& axis, double margin) {
  const double low = std::min(axis.first(), axis.last()), high = std::max(axis.first(), axis.last());
  return !(at >= low - margin && at <= high + margin);  // NaN has no place either
}

/// One end of a band: an infinite one lies at the edge of the panel.
double band_end(double value, const Mapping& to_y) {
  if (std::isinf(value)) return value > 0 ? to_y.last() : to_y.first();
  if (to_y.scale() == Scale::Logarithmic && value <= 0) return to_y.first();
  return to_y(value);
}

std::string one_marker(double x, double y, Marker marker, double size) {
  const double half = size / 2;
  switch (marker) {
    case Marker::None: break;
    case Marker::Dot:
    case Marker::Square: return fmt::format("M{} {}h0", px(x), px(y));
    case Marker::Triangle:
      return fmt::format("M{} {}l{} {}h{}z", px(x), px(y - half), px(half), px(size * 0.9), px(-size));
    case Marker::Diamond:
      return fmt::format("M{} {}l{} {} {} {} {} {}z", px(x), px(y - half), px(half), px(half), px(-half), px(half),
                         px(-half), px(-half));
    case Marker::Cross:
      return fmt::format("M{} {}l{} {}m{} 0l{} {}", px(x - half), px(y - half), px(size), px(size), px(-size), px(size),
                         px(-size));
  }
  return "";
}

}  // namespace

std::string line_path(const std::vector<double>& x, const std::vector<double>& y, const Mapping& to_x,
                      const Mapping& to_y) {
  std::string path, last;
  bool drawing = false;
  for (std::size_t i = 0; i < x.size(); ++i) {
    const double at_x = to_x(x[i]), at_y = to_y(y[i]);
    if (std::isnan(at_x) || std::isnan(at_y)) {
      drawing = false;
      continue;
    }
    std::string point = px(at_x) + ' ' + px(at_y);
    if (drawing && point == last) continue;
    path += drawing ? " " : "M";
    path += point;
    last = std::move(point);
    drawing = true;
  }
  return path;
}

std::string band_path(const std::vector<double>& x, const std::vector<double>& low, const std::vector<double>& high,
                      const Mapping& to_x, const Mapping& to_y) {
  std::string path, upper, lower;
  const auto close_piece = [&] {
    if (!upper.empty()) path += 'M' + upper + lower + 'z';
    upper.clear();
    lower.clear();
  };
  for (std::size_t i = 0; i < x.size(); ++i) {
    const double at = to_x(x[i]), top = band_end(high[i], to_y), bottom = band_end(low[i], to_y);
    if (std::isnan(at) || std::isnan(top) || std::isnan(bottom)) {
      close_piece();
      continue;
    }
    upper += fmt::format("{}{} {}", upper.empty() ? "" : " ", px(at), px(top));
    lower = fmt::format(" {} {}{}", px(at), px(bottom), lower);  // backwards
  }
  close_piece();
  return path;
}

std::string marker_path(const std::vector<double>& x, const std::vector<double>& y, const Mapping& to_x,
                        const Mapping& to_y, Marker marker, double size) {
  std::string path;
  for (std::size_t i = 0; i < x.size(); ++i) {
    const double at_x = to_x(x[i]), at_y = to_y(y[i]);
    if (outside(at_x, to_x, size) || outside(at_y, to_y, size)) continue;
    path += one_marker(at_x, at_y, marker, size);
  }
  return path;
}

std::string marker_attributes(Marker marker, double size, const std::string& colour, double opacity) {
  const std::string faint = opacity < 1 ? fmt::format(R"( opacity="{:.3g}")", opacity) : "";
  if (marker == Marker::Triangle || marker == Marker::Diamond) return fmt::format(R"( fill="{}"{})", colour, faint);
  const char* ends = marker == Marker::Dot ? "round" : marker == Marker::Square ? "square" : "butt";
  const double width = marker == Marker::Cross ? size / 4.5 : size;
  return fmt::format(R"( fill="none" stroke="{}" stroke-width="{:.3g}" stroke-linecap="{}"{})", colour, width, ends,
                     faint);
}

}  // namespace gan::plot
