// Finds in a plot what the tests ask about.
#pragma once

#include <set>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "tests/engine/plot/xml.h"

namespace gan::test {

struct Rectangle {
  double left = 0, top = 0, width = 0, height = 0;
};

/// The frame around the first panel's axes: the first unfilled rectangle.
inline Rectangle axes_rectangle(const Element& svg) {
  for (const Element* rect : svg.all("rect"))
    if (rect->attribute("fill") == "none")
      return {rect->number("x"), rect->number("y"), rect->number("width"), rect->number("height")};
  throw Error("no frame in the plot");
}

/// The paths that are clipped to axes: data.
inline std::vector<const Element*> data_paths(const Element& svg) {
  std::vector<const Element*> paths;
  for (const Element* group : svg.all("g"))
    if (!group->attribute("clip-path").empty())
      for (const Element* path : group->all("path")) paths.push_back(path);
  return paths;
}

/// The pieces of a path of absolute lines ("M1 2 3 4") or of points ("M1 2h0").
inline std::vector<std::vector<std::pair<double, double>>> path_points(const Element& path) {
  std::vector<std::vector<std::pair<double, double>>> pieces;
  std::istringstream all(path.attribute("d"));
  std::string piece;
  std::getline(all, piece, 'M');  // nothing before the first
  while (std::getline(all, piece, 'M')) {
    std::istringstream numbers(piece.substr(0, piece.find('h')));
    pieces.emplace_back();
    for (double x = 0, y = 0; numbers >> x >> y;) pieces.back().emplace_back(x, y);
    require(numbers.eof(), "no path of points: {}", piece);
  }
  return pieces;
}

/// All ids; Error when one is there twice.
inline std::set<std::string> ids_of(const Element& root) {
  std::set<std::string> ids;
  for (const Element* element : root.all()) {
    const std::string id = element->attribute("id");
    require(id.empty() || ids.insert(id).second, "the id {} is there twice", id);
  }
  return ids;
}

}  // namespace gan::test
