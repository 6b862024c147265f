#include "engine/plot/colours.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <span>

namespace gan::plot {
namespace {

constexpr Rgb kMissing = {200, 200, 200};

/// Ours: hue from violet over blue and green to pale yellow, lightness rising all the way, so that it also reads in grey.
constexpr Rgb kSequential[] = {{38, 15, 84},   {41, 71, 140},  {24, 122, 150},
                               {54, 169, 130}, {150, 207, 96}, {252, 240, 160}};
/// From Okabe and Ito's blue to their vermillion, each with a darker end.
constexpr Rgb kDiverging[] = {{0, 62, 110},    {0, 114, 178}, {148, 193, 222}, {248, 248, 246},
                              {241, 181, 138}, {213, 94, 0},  {130, 50, 0}};

Rgb between(std::span<const Rgb> anchors, double t) {
  const double at = std::clamp(t, 0.0, 1.0) * static_cast<double>(anchors.size() - 1);
  const std::size_t i = std::min(static_cast<std::size_t>(at), anchors.size() - 2);
  const double share = at - static_cast<double>(i);
  Rgb result{};
  for (std::size_t c = 0; c < 3; ++c)
    result[c] = static_cast<std::uint8_t>(std::lround(anchors[i][c] * (1 - share) + anchors[i + 1][c] * share));
  return result;
}

/// Gives out what nobody has yet, then from the beginning again.
Colour next_colour(const std::vector<Style>& given) {
  constexpr Colour kOrder[] = {Colour::Blue,   Colour::Vermillion, Colour::Green, Colour::Purple,
                               Colour::Orange, Colour::SkyBlue,    Colour::Black};
  for (const Colour colour : kOrder)
    if (std::none_of(given.begin(), given.end(), [&](const Style& s) { return s.colour == colour; })) return colour;
  return kOrder[given.size() % std::size(kOrder)];
}

}  // namespace

std::string hex(const Rgb& colour) { return fmt::format("#{:02x}{:02x}{:02x}", colour[0], colour[1], colour[2]); }

std::string hex(Colour colour) {
  switch (colour) {
    case Colour::Blue: return "#0072b2";
    case Colour::Vermillion: return "#d55e00";
    case Colour::Green: return "#009e73";
    case Colour::Purple: return "#cc79a7";
    case Colour::Orange: return "#e69f00";
    case Colour::SkyBlue: return "#56b4e9";
    case Colour::Yellow: return "#f0e442";
    case Colour::Grey: return "#707070";
    case Colour::Black: break;
  }
  return "#000000";
}

Rgb map_colour(ColourMap map, double t) {
  if (std::isnan(t)) return kMissing;
  return map == ColourMap::Sequential ? between(kSequential, t) : between(kDiverging, t);
}

std::vector<Style> layer_styles(const std::vector<Layer>& layers) {
  constexpr Dash kOrder[] = {Dash::Solid, Dash::Dashed, Dash::DashDotted, Dash::Dotted};
  std::vector<Style> result(layers.size()), given;
  std::size_t lines = 0;
  for (std::size_t i = 0; i < layers.size(); ++i) {
    const auto style = [&](const auto& layer) {
      if constexpr (requires { layer.colour.has_value(); }) {
        result[i].colour = layer.colour ? *layer.colour : next_colour(given);
        if constexpr (requires { layer.dash.has_value(); })
          result[i].dash = layer.dash ? *layer.dash : kOrder[lines++ % std::size(kOrder)];
        given.push_back(result[i]);
      } else if constexpr (requires { layer.colour; }) {
        result[i].colour = layer.colour;
        if constexpr (requires { layer.dash; }) result[i].dash = layer.dash;
      }
    };
    std::visit(style, layers[i]);
  }
  return result;
}

std::string dash_attribute(Dash dash, double width) {
  const double unit = std::max(width, 1.0);
  switch (dash) {
    case Dash::Solid: break;
    case Dash::Dashed: return fmt::format(R"( stroke-dasharray="{:.3g} {:.3g}")", 4 * unit, 2.5 * unit);
    case Dash::Dotted: return fmt::format(R"( stroke-dasharray="{:.3g} {:.3g}")", unit, 2 * unit);
    case Dash::DashDotted:
      return fmt::format(R"( stroke-dasharray="{:.3g} {:.3g} {:.3g} {:.3g}")", 5 * unit, 2 * unit, unit, 2 * unit);
  }
  return "";
}

}  // namespace gan::plot
