// What a plot shows: data, axes and words. svg.h draws it.
//
//   Figure figure{.title = "A GAN in one dimension",
//                 .panels = {{.title = "densities",
//                             .x = {.label = "x"},
//                             .y = {.label = "density", .low = 0},
//                             .layers = {Line{.x = xs, .y = p_data, .label = "p_data"},
//                                        Line{.x = xs, .y = p_g, .label = "p_g"},
//                                        ReferenceLine{.direction = Direction::Horizontal, .at = 0.5, .label = "1/2"}}}}};
//   std::string document = to_svg(figure);
//
// Whatever is not finite is left out: a gap in a line, a missing point, bar or cell; on a logarithmic axis so is what is
// not above 0. All texts are plain (escaped when drawn) and may hold any Unicode characters.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "engine/files/image.h"

namespace gan::plot {

/// Okabe and Ito's colours ("Color Universal Design", 2008), which readers of any colour vision tell apart, and a grey for
/// what is only to compare with. Yellow is too light for lines on white: layers do not get it by themselves.
enum class Colour { Blue, Vermillion, Green, Purple, Orange, SkyBlue, Black, Yellow, Grey };

/// How a line is broken.
enum class Dash { Solid, Dashed, Dotted, DashDotted };

/// The sign at a point.
enum class Marker { None, Dot, Square, Triangle, Diamond, Cross };

enum class Scale { Linear, Logarithmic };

enum class Direction { Horizontal, Vertical };

/// One axis of a panel.
struct Axis {
  std::string label = {};
  std::string unit = {};                     ///< drawn after the label in parentheses
  std::optional<double> low = {};            ///< where the axis begins; from the data when absent
  std::optional<double> high = {};           ///< where it ends; below `low` is an Error
  Scale scale = Scale::Linear;               ///< bounds of a logarithmic axis have to be above 0 (else Error)
  std::vector<std::string> categories = {};  ///< names at 0, 1, 2 ... instead of numbers; on y from the top
  bool ticks = true;                         ///< false: neither ticks nor numbers
};

/// Points (x[i], y[i]) joined in order. `x` and `y` are as long as each other (else Error).
struct Line {
  std::vector<double> x, y;
  std::string label = {};             ///< in the legend; not there when empty
  std::optional<Colour> colour = {};  ///< absent: the first that no earlier layer of the panel got
  std::optional<Dash> dash = {};      ///< absent: by the layer's number, so that colour is never the only difference
  double width = 1.8;                 ///< px
  Marker marker = Marker::None;       ///< at each point
  bool joined = true;                 ///< false: markers (and whiskers) alone
  std::vector<double> band_low = {};  ///< of a band around the line, as long as x; none when empty
  std::vector<double> band_high = {};
  bool whiskers = false;  ///< the band is drawn as a vertical bar at each point instead of a shade
};

/// Points by themselves, thousands of them if need be: one path.
struct Scatter {
  std::vector<double> x, y;
  std::string label = {};
  std::optional<Colour> colour = {};
  Marker marker = Marker::Dot;
  double size = 2.5;     ///< px across
  double opacity = 0.6;  ///< of the whole cloud: points that overlap get no darker
};

/// Bars from 0 (or from the edge of the axis where it is logarithmic) to `heights`, bar i between edges[i] and edges[i + 1].
struct Bars {
  std::vector<double> edges;  ///< one more than heights (else Error), rising
  std::vector<double> heights;
  std::string label = {};
  std::optional<Colour> colour = {};
  double opacity = 0.75;
  bool outline = false;  ///< the outline of all bars instead of filled ones: for one histogram over another
  Direction direction = Direction::Vertical;  ///< Horizontal: edges on the y axis, heights along x
};

/// How often values fall into `bins` equal parts of [low, high]; values outside are not counted, `high` itself is.
/// `density`: divided by the number of finite values and the width of a part, so that the bars' area is the share of values
/// that lie inside. Error unless low < high and bins > 0.
Bars histogram(const std::vector<double>& values, double low, double high, std::size_t bins, bool density = true);

/// Bars for named things, for an axis with categories: bar i is `width` wide around i + offset.
Bars category_bars(std::vector<double> heights, double width = 0.7, double offset = 0);

/// Values on a regular grid of points: values[row * columns + column] is the value in the middle of cell (row, column); row
/// 0 is the one at y_low, column 0 the one at x_low. The cells fill [x_low, x_high] x [y_low, y_high].
struct Grid {
  double x_low = 0, x_high = 1, y_low = 0, y_high = 1;
  std::size_t columns = 0, rows = 0;  ///< rows * columns values (else Error)
  std::vector<double> values;
};

/// The grid whose values are function(x, y) in the middle of each cell.
template <class Function>
Grid sample_grid(double x_low, double x_high, double y_low, double y_high, std::size_t columns, std::size_t rows,
                 const Function& function) {
  Grid grid{.x_low = x_low,
            .x_high = x_high,
            .y_low = y_low,
            .y_high = y_high,
            .columns = columns,
            .rows = rows,
            .values = {}};
  grid.values.reserve(rows * columns);
  for (std::size_t row = 0; row < rows; ++row) {
    const double y = y_low + (y_high - y_low) * (static_cast<double>(row) + 0.5) / static_cast<double>(rows);
    for (std::size_t column = 0; column < columns; ++column) {
      const double x = x_low + (x_high - x_low) * (static_cast<double>(column) + 0.5) / static_cast<double>(columns);
      grid.values.push_back(function(x, y));
    }
  }
  return grid;
}

/// From dark to light, or from blue over white to vermillion (for values around a middle).
enum class ColourMap { Sequential, Diverging };

/// A grid in colours, with a bar at the panel's right that says what they mean. Linear axes only (else Error). A cell that is
/// not finite is grey; one outside [low, high] has the colour of the nearer end.
struct HeatMap {
  Grid grid;
  std::string label = {};          ///< beside the colour bar
  std::optional<double> low = {};  ///< value of the map's first colour; from the data when absent
  std::optional<double> high = {};
  ColourMap map = ColourMap::Sequential;
  Scale scale = Scale::Linear;  ///< of the colours
  bool colour_bar = true;
  bool smooth = false;  ///< whether viewers may blend neighbouring cells
};

/// Lines along which a grid's values are equal to one of `levels`, linear between the middles of cells.
struct Contours {
  Grid grid;
  std::vector<double> levels;
  std::string label = {};
  std::optional<Colour> colour = {};
  std::optional<Dash> dash = {};
  double width = 1.2;
};

/// A line right across the panel.
struct ReferenceLine {
  Direction direction = Direction::Horizontal;
  double at = 0;
  std::string label = {};  ///< written along the line
  Colour colour = Colour::Grey;
  Dash dash = Dash::Dashed;
};

/// A shaded strip right across the panel: [low, high] of x (Vertical) or of y (Horizontal); infinite where it is open.
struct Interval {
  Direction direction = Direction::Horizontal;
  double low = 0, high = 0;
  std::string label = {};  ///< in the legend
  Colour colour = Colour::Green;
  double opacity = 0.15;
};

/// Straight strokes from (x0, y0) to (x1, y1), all four as long as each other (else Error): a map's lines, a vector field.
struct Segments {
  std::vector<double> x0, y0, x1, y1;
  std::string label = {};
  std::optional<Colour> colour = {};
  double width = 1;
  double opacity = 0.8;
  bool arrows = false;
};

/// Pixels over [x_low, x_high] x [y_low, y_high], the first row at the top. Linear axes only (else Error).
struct Pixels {
  Image image;
  double x_low = 0, x_high = 1, y_low = 0, y_high = 1;
};

/// Words at a point, centred on it.
struct Words {
  double x = 0, y = 0;
  std::string text;
  Colour colour = Colour::Black;
};

using Layer = std::variant<Line, Scatter, Bars, HeatMap, Contours, ReferenceLine, Interval, Segments, Pixels, Words>;

/// One pair of axes and what is drawn between them, first layer lowest. The legend stands above the axes, never over data.
struct Panel {
  std::string title = {};
  Axis x = {}, y = {};
  std::vector<Layer> layers = {};
  bool equal_units =
      false;  ///< widens one axis so that a unit of x is as long as a unit of y (linear axes only, else Error)
  bool legend = true;
};

/// Panels in rows of `columns`, each with axes of plot_width x plot_height px; margins come from what is written in them.
/// Square axes suit panels with equal units.
struct Figure {
  std::string title = {};
  std::string description = {};  ///< for readers who do not see it: a sentence
  std::vector<Panel> panels = {};
  std::size_t columns = 1;
  double plot_width = 360, plot_height = 240;
};

}  // namespace gan::plot
