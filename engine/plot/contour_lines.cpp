#include "engine/plot/contour_lines.h"

#include <array>
#include <cmath>
#include <unordered_map>

#include "kernels/core/contract/error.h"

namespace gan::plot {
namespace {

/// Each side of a square of four neighbouring cells' middles is crossed once at most, and belongs to two squares at most: with
/// sides as nodes and strokes through squares as edges, lines are the paths and cycles of a graph of degree 2.
class Tracer {
 public:
  Tracer(const Grid& grid, double level) : grid_(grid), level_(level) {}

  std::vector<Polyline> trace() {
    for (std::size_t row = 0; row + 1 < grid_.rows; ++row)
      for (std::size_t column = 0; column + 1 < grid_.columns; ++column) cross_square(row, column);
    std::vector<Polyline> lines;
    // Open lines first, from an end; what is left are closed ones. In the order in which sides were met: equal grids give
    // equal lines.
    for (const bool closed : {false, true})
      for (const std::size_t side : order_) {
        const Node& node = nodes_.at(side);
        if (!node.used && (closed || node.degree == 1)) lines.push_back(follow(side));
      }
    return lines;
  }

 private:
  struct Node {
    std::array<std::size_t, 2> neighbours{};
    std::size_t degree = 0;
    bool used = false;
  };

  double value(std::size_t row, std::size_t column) const { return grid_.values[row * grid_.columns + column]; }

  /// A side between (row, column) and the next column (even) or the next row (odd).
  std::size_t side(std::size_t row, std::size_t column, bool upward) const {
    return 2 * (row * grid_.columns + column) + (upward ? 1 : 0);
  }

  void cross_square(std::size_t row, std::size_t column) {
    const double corners[] = {value(row, column), value(row, column + 1), value(row + 1, column + 1),
                              value(row + 1, column)};
    double sum = 0;
    for (const double corner : corners) sum += corner;
    if (!std::isfinite(sum)) return;
    const std::size_t sides[] = {side(row, column, false), side(row, column + 1, true), side(row + 1, column, false),
                                 side(row, column, true)};
    std::array<std::size_t, 4> crossed{};
    std::size_t count = 0;
    for (std::size_t i = 0; i < 4; ++i)
      if ((corners[i] >= level_) != (corners[(i + 1) % 4] >= level_)) crossed[count++] = sides[i];
    if (count == 2) join(crossed[0], crossed[1]);
    if (count < 4) return;
    // Corners 0 and 2 are on one side of the level, 1 and 3 on the other. When the middle is with 0 and 2, these are joined
    // and the lines cut off 1 (sides 0, 1) and 3 (sides 2, 3).
    if ((sum / 4 >= level_) == (corners[0] >= level_)) {
      join(crossed[0], crossed[1]);
      join(crossed[2], crossed[3]);
    } else {
      join(crossed[0], crossed[3]);
      join(crossed[1], crossed[2]);
    }
  }

  void join(std::size_t a, std::size_t b) {
    for (const auto& [from, to] : {std::pair{a, b}, std::pair{b, a}}) {
      const auto [node, is_new] = nodes_.try_emplace(from);
      if (is_new) order_.push_back(from);
      node->second.neighbours[node->second.degree++] = to;
    }
  }

  Polyline follow(std::size_t start) {
    Polyline line;
    std::size_t at = start;
    for (bool further = true; further;) {
      Node& node = nodes_.at(at);
      node.used = true;
      line.push_back(crossing(at));
      further = false;
      for (std::size_t i = 0; i < node.degree && !further; ++i)
        if (!nodes_.at(node.neighbours[i]).used) {
          at = node.neighbours[i];
          further = true;
        }
    }
    if (nodes_.at(start).degree == 2) line.push_back(crossing(start));
    return line;
  }

  std::pair<double, double> crossing(std::size_t of_side) const {
    const bool upward = of_side % 2 == 1;
    const std::size_t row = of_side / 2 / grid_.columns, column = of_side / 2 % grid_.columns;
    const double a = value(row, column), b = upward ? value(row + 1, column) : value(row, column + 1);
    const double share = (level_ - a) / (b - a);
    const double at_column = static_cast<double>(column) + 0.5 + (upward ? 0 : share);
    const double at_row = static_cast<double>(row) + 0.5 + (upward ? share : 0);
    return {grid_.x_low + (grid_.x_high - grid_.x_low) * at_column / static_cast<double>(grid_.columns),
            grid_.y_low + (grid_.y_high - grid_.y_low) * at_row / static_cast<double>(grid_.rows)};
  }

  const Grid& grid_;
  double level_;
  std::unordered_map<std::size_t, Node> nodes_;
  std::vector<std::size_t> order_;
};

}  // namespace

std::vector<Polyline> contour_lines(const Grid& grid, double level) {
  require(grid.values.size() == grid.rows * grid.columns, "a grid of {} x {} with {} values", grid.rows, grid.columns,
          grid.values.size());
  return Tracer(grid, level).trace();
}

}  // namespace gan::plot
