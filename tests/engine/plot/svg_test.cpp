#include "engine/plot/svg.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <regex>
#include <set>

#include "engine/plot/colours.h"
#include "engine/plot/text.h"
#include "tests/engine/plot/svg_reader.h"
#include "tests/support/catch.h"
#include "tests/support/error_message.h"

namespace gan::plot {
namespace {

using test::Element;
using test::parse_xml;

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
/// Two positions, each rounded to a tenth of a px.
constexpr double kRounding = 0.1001;

/// A figure with every kind of layer.
Figure busy_figure() {
  const Grid grid = sample_grid(-2, 2, -2, 2, 12, 12, [](double x, double y) { return std::sin(x) * y; });
  Bars bars = category_bars({1, 5, 3}, 0.4);
  bars.label = "modes found";
  Bars outline = histogram({0.1, 0.2, 0.7}, 0, 1, 5);
  outline.outline = true;
  outline.label = "weights";
  Line whiskers{
      .x = {1, 2, 3}, .y = {0, 1, 2}, .label = "a mean of five seeds", .marker = Marker::Diamond, .joined = false};
  whiskers.band_low = {0.5, 1.5, 2.5};
  whiskers.band_high = {1.5, 2.5, 3.5};
  whiskers.whiskers = true;
  return {
      .title = "Everything <at once> & 最优判别器",
      .description = "All kinds of layers.",
      .panels =
          {{.title = "Lines",
            .x = {.label = "x"},
            .y = {.label = "density", .unit = "1/m"},
            .layers = {Interval{.direction = Direction::Vertical, .low = -1, .high = kInfinity, .label = "support"},
                       Line{.x = {-2, 0, 2}, .y = {0, 1, 0}, .label = "p_data"},
                       Line{.x = {-2, 0, 2},
                            .y = {1, 0.5, 0.2},
                            .label = "p_g",
                            .band_low = {0.9, 0.4, 0.1},
                            .band_high = {1.1, 0.6, kInfinity}},
                       ReferenceLine{.at = 0.5, .label = "one half"},
                       ReferenceLine{.at = 0.52, .label = "a little more"},
                       ReferenceLine{.direction = Direction::Vertical, .at = 0.5, .label = "frozen"},
                       ReferenceLine{.direction = Direction::Vertical, .at = 0.6, .label = "thawed"}}},
           {.title = "A surface with a title that is longer than its axes are wide, by far",
            .x = {.label = "x₁"},
            .y = {.label = "x₂"},
            .layers = {HeatMap{.grid = grid, .label = "D(x)", .map = ColourMap::Diverging},
                       Contours{.grid = grid, .levels = {0}, .label = "D = 0"}, Words{.x = 0, .y = 1, .text = "here"}},
            .equal_units = true},
           {.title = "Bars", .y = {.label = "how many"}, .layers = {bars}},
           {.x = {.label = "modes"},
            .y = {.categories = {"minimax", "non-saturating", "relativistic + R1 + R2", "WGAN-GP"}},
            .layers = {whiskers, outline,
                       Segments{
                           .x0 = {0, 1}, .y0 = {0, 1}, .x1 = {1, 2}, .y1 = {1, 0}, .label = "field", .arrows = true},
                       Scatter{.x = {1, 2}, .y = {1, 2}, .label = "samples", .marker = Marker::Triangle}}}},
      .columns = 2};
}

std::vector<std::string> texts(const Element& svg) {
  std::vector<std::string> result;
  for (const Element* text : svg.all("text")) result.push_back(text->text);
  return result;
}

bool has(const std::vector<std::string>& all, const std::string& one) {
  return std::find(all.begin(), all.end(), one) != all.end();
}

TEST_CASE("a plot is well-formed, is called a picture and says what it shows", "[plot]") {
  const Element svg = parse_xml(to_svg(busy_figure()));
  CHECK(svg.name == "svg");
  CHECK(svg.attribute("role") == "img");
  REQUIRE(svg.all("title").size() == 1);
  CHECK(svg.all("title")[0]->text == "Everything <at once> & 最优判别器");
  CHECK(svg.attribute("aria-labelledby") == svg.all("title")[0]->attribute("id"));
  CHECK(svg.all("desc")[0]->text == "All kinds of layers.");
  const std::vector<std::string> words = texts(svg);
  for (const char* word :
       {"Everything <at once> & 最优判别器", "Lines", "density (1/m)", "p_data", "one half", "D(x)", "D = 0", "here",
        "modes found", "relativistic + R1 + R2", "support", "frozen", "field", "samples"}) {
    INFO(word);
    CHECK(has(words, word));
  }
}

TEST_CASE("nothing that is written lies over another text or outside the page", "[plot]") {
  const Element svg = parse_xml(to_svg(busy_figure()));
  struct Box {
    double left, right, top, bottom;
    std::string text;
  };
  std::vector<Box> boxes;
  for (const Element* text : svg.all("text")) {
    const double size = text->number("font-size"), width = text_width(text->text, size);
    const std::string anchor = text->attribute("text-anchor");
    const double x = text->number("x") - (anchor == "middle" ? width / 2
                                          : anchor == "end"  ? width
                                                             : 0),
                 y = text->number("y");
    Box box{x, x + width, y - 0.75 * size, y + 0.1 * size, text->text};
    if (!text->attribute("transform").empty())  // turned by a quarter about its middle
      box = {text->number("x") - 0.75 * size, text->number("x") + 0.1 * size, y - width / 2, y + width / 2, text->text};
    for (const Box& other : boxes) {
      INFO("'" << box.text << "' and '" << other.text << "'");
      CHECK_FALSE(
          (box.left < other.right && other.left < box.right && box.top < other.bottom && other.top < box.bottom));
    }
    INFO(box.text);
    CHECK(box.left >= 0);
    CHECK(box.top >= 0);
    CHECK(box.right <= svg.number("width"));
    CHECK(box.bottom <= svg.number("height"));
    boxes.push_back(box);
  }
  CHECK(boxes.size() > 50);
}

TEST_CASE("a point lies where its axes say", "[plot]") {
  const Figure figure{.panels = {{.x = {.low = -1, .high = 3},
                                  .y = {.low = 0.01, .high = 100, .scale = Scale::Logarithmic},
                                  .layers = {Line{.x = {-1, 0.5, 3}, .y = {0.01, 7, 100}}}}}};
  const Element svg = parse_xml(to_svg(figure));
  const test::Rectangle axes = test::axes_rectangle(svg);
  CHECK(axes.width == figure.plot_width);
  CHECK(axes.height == figure.plot_height);
  const auto lines = test::path_points(*test::data_paths(svg)[0]);
  REQUIRE(lines.size() == 1);
  REQUIRE(lines[0].size() == 3);
  const double expected_x[] = {0, 1.5 / 4, 1}, expected_y[] = {0, (std::log10(7.0) + 2) / 4, 1};
  for (std::size_t i = 0; i < 3; ++i) {
    CHECK(lines[0][i].first == Approx(axes.left + expected_x[i] * axes.width).margin(kRounding));
    CHECK(lines[0][i].second == Approx(axes.top + (1 - expected_y[i]) * axes.height).margin(kRounding));
  }
  for (const Element* text : svg.all("text"))  // and the numbers stand at their values
    if (text->attribute("text-anchor") == "middle")
      CHECK(text->number("x") ==
            Approx(axes.left + (std::stod(text->text == "−1" ? "-1" : text->text) + 1) / 4 * axes.width)
                .margin(kRounding));
}

TEST_CASE("what is not finite is a gap in a line and a missing point", "[plot]") {
  for (const double missing : {kNan, kInfinity, -kInfinity}) {
    const std::vector<double> x = {0, 1, 2, 3, 4}, y = {1, 2, missing, 4, 5};
    const Element svg = parse_xml(to_svg({.panels = {{.layers = {Line{.x = x, .y = y}, Scatter{.x = y, .y = x}}}}}));
    const auto paths = test::data_paths(svg);
    REQUIRE(paths.size() == 2);
    const auto pieces = test::path_points(*paths[0]);
    REQUIRE(pieces.size() == 2);
    CHECK(pieces[0].size() == 2);
    CHECK(pieces[1].size() == 2);
    CHECK(test::path_points(*paths[1]).size() == 4);
  }
  const Element nothing = parse_xml(to_svg({.panels = {{.layers = {Line{.x = {kNan}, .y = {kNan}}, Scatter{}}}}}));
  CHECK(test::data_paths(nothing).empty());
  const Element logarithmic = parse_xml(to_svg(
      {.panels = {{.y = {.scale = Scale::Logarithmic}, .layers = {Line{.x = {0, 1, 2, 3}, .y = {1, 0, -1, 10}}}}}}));
  CHECK(test::path_points(*test::data_paths(logarithmic)[0]).size() == 2);
}

TEST_CASE("axes without bounds hold all data", "[plot]") {
  const Element svg = parse_xml(to_svg({.panels = {{.layers = {Scatter{.x = {-7, 1e6, 3}, .y = {1e-9, -2e-9, 0}}}}}}));
  const test::Rectangle axes = test::axes_rectangle(svg);
  const auto points = test::path_points(*test::data_paths(svg)[0]);
  REQUIRE(points.size() == 3);
  for (const auto& point : points) {
    CHECK(point[0].first > axes.left);
    CHECK(point[0].first < axes.left + axes.width);
    CHECK(point[0].second > axes.top);
    CHECK(point[0].second < axes.top + axes.height);
  }
}

TEST_CASE("equal units: a circle is round", "[plot]") {
  Line circle;
  for (int i = 0; i <= 64; ++i) {
    circle.x.push_back(5 + 2 * std::cos(i * M_PI / 32));
    circle.y.push_back(2 * std::sin(i * M_PI / 32));
  }
  const Element svg =
      parse_xml(to_svg({.panels = {{.layers = {circle}, .equal_units = true}}, .plot_width = 400, .plot_height = 150}));
  const auto points = test::path_points(*test::data_paths(svg)[0])[0];
  const auto [left, right] = std::minmax_element(points.begin(), points.end());
  const double width = right->first - left->first;
  double top = points[0].second, bottom = top;
  for (const auto& [x, y] : points) top = std::min(top, y), bottom = std::max(bottom, y);
  CHECK(width == Approx(bottom - top).margin(2 * kRounding));
  CHECK(width > 100);
}

TEST_CASE("thousands of points are one short path", "[plot]") {
  Scatter cloud;
  for (int i = 0; i < 5000; ++i) {
    cloud.x.push_back(std::sin(i * 12.9898) * 3);
    cloud.y.push_back(std::sin(i * 78.233) * 3);
  }
  const std::string document = to_svg({.panels = {{.layers = {cloud}}}});
  const Element svg = parse_xml(document);
  REQUIRE(test::data_paths(svg).size() == 1);
  CHECK(test::path_points(*test::data_paths(svg)[0]).size() == 5000);
  CHECK(document.size() < 5000 * 14 + 5000);  // "M123.4 123.4h0"
}

TEST_CASE("bars stand on zero between their edges", "[plot]") {
  const Figure figure{.panels = {{.x = {.low = 0, .high = 4},
                                  .y = {.low = -1, .high = 3},
                                  .layers = {Bars{.edges = {0, 1, 3}, .heights = {2, -1}}}}}};
  const Element svg = parse_xml(to_svg(figure));
  const test::Rectangle axes = test::axes_rectangle(svg);
  std::smatch found;
  const std::string path = test::data_paths(svg)[0]->attribute("d");
  REQUIRE(std::regex_match(path, found, std::regex("M(.+) (.+)V(.+)H(.+)V(.+)zM(.+) (.+)V(.+)H(.+)V(.+)z")));
  const auto x = [&](double value) { return Approx(axes.left + value / 4 * axes.width).margin(kRounding); };
  const auto y = [&](double value) { return Approx(axes.top + (3 - value) / 4 * axes.height).margin(kRounding); };
  const double numbers[] = {0, 0, 2, 1, 0, 1, 0, -1, 3, 0};
  for (std::size_t i = 0; i < 10; ++i) {
    INFO(path << " at " << i);
    const bool horizontal = i % 5 == 0 || i % 5 == 3;
    CHECK(std::stod(found[i + 1]) == (horizontal ? x(numbers[i]) : y(numbers[i])));
  }
}

TEST_CASE("many plots fit into one page: their ids differ, and each finds its own", "[plot]") {
  std::vector<std::string> documents;
  for (int i = 0; i < 20; ++i) {
    Figure figure = busy_figure();
    figure.panels[0].y.low = -i;
    documents.push_back(to_svg(figure));
    CHECK(documents.back() == to_svg(figure));
  }
  documents.push_back(to_svg(busy_figure(), "mine-1"));
  documents.push_back(animated_svg(std::vector<Figure>{busy_figure(), busy_figure()}, 1));
  std::set<std::string> seen;
  for (const std::string& document : documents) {
    const std::set<std::string> ids = test::ids_of(parse_xml(document));
    CHECK(ids.size() >= 6);  // the title, four panels, one colour bar
    for (const std::string& id : ids) CHECK(seen.insert(id).second);
    const std::regex reference(R"(url\(#([^)]*)\))");
    for (auto it = std::sregex_iterator(document.begin(), document.end(), reference); it != std::sregex_iterator();
         ++it)
      CHECK(ids.count((*it)[1]) == 1);
  }
  CHECK(seen.count("mine-1-title") == 1);
  for (const char* bad : {"1a", "a b", "a\"", "-"})
    test::require_error<Error>([&] { to_svg(busy_figure(), bad); }, {bad});
}

TEST_CASE("a picture without sense is a bug of the caller", "[plot]") {
  const auto draw = [](const Panel& panel) { return [=] { to_svg({.panels = {panel}}); }; };
  test::require_error<Error>([] { to_svg({}); }, {"panels"});
  test::require_error<Error>(draw({.layers = {Line{.x = {1}, .y = {}}}}), {"1 x", "0 y"});
  test::require_error<Error>(draw({.layers = {Bars{.edges = {1}, .heights = {1}}}}), {"1 bars"});
  test::require_error<Error>(draw({.layers = {HeatMap{.grid = {.columns = 2, .rows = 2, .values = {1}}}}}), {"2 x 2"});
  test::require_error<Error>(draw({.x = {.label = "t", .low = 2, .high = 1}}), {"'t'", "2", "1"});
  test::require_error<Error>(draw({.x = {.label = "t", .low = 0, .high = 1, .scale = Scale::Logarithmic}}),
                             {"'t'", "0"});
  test::require_error<Error>(draw({.x = {.high = kNan}}), {"nan"});
}

TEST_CASE("an animation shows each frame in its turn, and its last one where nothing moves", "[plot]") {
  std::vector<Figure> frames;
  for (const double height : {1.0, 5.0, 2.0})
    frames.push_back(
        {.title = "height " + std::to_string(height), .panels = {{.layers = {Line{.x = {0, 1}, .y = {0, height}}}}}});
  const std::string document = animated_svg(frames, 0.5, "film");
  const Element svg = parse_xml(document);
  std::vector<const Element*> groups;
  for (const Element* group : svg.all("g"))
    if (group->attribute("id").starts_with("film-frame")) groups.push_back(group);
  REQUIRE(groups.size() == 3);
  for (std::size_t i = 0; i < 3; ++i) CHECK(groups[i]->attribute("visibility") == (i < 2 ? "hidden" : ""));
  const std::string style = svg.all("style")[0]->text;
  CHECK(style.find("@media screen and (prefers-reduced-motion:no-preference)") != std::string::npos);
  // Of a round of 2 + 3 parts of 0.5 s, the first frames have a fifth each and the last one the rest; frame i begins i parts
  // after the round, all of them one round ago.
  CHECK(style.find("film-each{0%{visibility:visible}20.0000%{visibility:hidden}") != std::string::npos);
  CHECK(style.find("film-last{0%{visibility:visible}60.0000%{visibility:hidden}") != std::string::npos);
  CHECK(style.find("#film-frame0{animation:film-each 2.5s step-end -2.5s infinite}") != std::string::npos);
  CHECK(style.find("#film-frame2{animation:film-last 2.5s step-end -1.5s infinite}") != std::string::npos);
  // One axis for all of them: the ends lie as far up as they are high.
  std::vector<double> rise;
  for (const Element* path : test::data_paths(svg)) {
    const auto points = test::path_points(*path)[0];
    rise.push_back(points[0].second - points[1].second);
  }
  REQUIRE(rise.size() == 3);
  CHECK(rise[1] / rise[0] == Approx(5).epsilon(0.01));
  CHECK(rise[2] / rise[0] == Approx(2).epsilon(0.01));
  CHECK(document.find("<script") == std::string::npos);

  frames[1].panels.push_back({});
  test::require_error<Error>([&] { animated_svg(frames, 1); }, {"frames"});
  test::require_error<Error>([] { animated_svg({}, 1); }, {"panels"});
}

}  // namespace
}  // namespace gan::plot
