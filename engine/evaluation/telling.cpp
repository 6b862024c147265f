#include "engine/evaluation/telling.h"

#include <algorithm>
#include <functional>
#include <numeric>

#include "engine/files/image_grid.h"

namespace gan {

namespace {

/// The rows of the logits that come first in `order`; of equal ones the earlier.
template <class Order>
std::vector<std::int64_t> first_rows(const HeldOut& held_out, std::int64_t most, Order order) {
  std::vector<std::size_t> places(held_out.rows.size());
  std::iota(places.begin(), places.end(), std::size_t{0});
  std::stable_sort(places.begin(), places.end(),
                   [&](std::size_t x, std::size_t y) { return order(held_out.logits[x], held_out.logits[y]); });
  places.resize(std::min(places.size(), static_cast<std::size_t>(most)));
  std::vector<std::int64_t> rows;
  rows.reserve(places.size());
  for (const std::size_t place : places) rows.push_back(held_out.rows[place]);
  return rows;
}

}  // namespace

Telling most_telling(const TwoSampleResult& result, std::int64_t most) {
  return {first_rows(result.a, most, std::greater<>()), first_rows(result.b, most, std::less<>())};
}

Image telling_sheet(const Dataset& a, const Dataset& b, const Telling& telling) {
  constexpr std::int64_t kColumns = 8;
  const auto rows_for = [](const std::vector<std::int64_t>& images) {
    return (static_cast<std::int64_t>(images.size()) + kColumns - 1) / kColumns;
  };
  const GridLayout layout{.rows = rows_for(telling.a) + rows_for(telling.b), .columns = kColumns};
  Image sheet = empty_sheet(layout, a.height, a.width, a.channels);
  const auto place = [&](const Dataset& set, const std::vector<std::int64_t>& rows, std::int64_t cell) {
    for (const std::int64_t row : rows) {
      const auto first = set.pixels.begin() + row * set.image_bytes();
      place_on_sheet(sheet, layout, cell++,
                     {.height = set.height,
                      .width = set.width,
                      .channels = set.channels,
                      .pixels = {first, first + set.image_bytes()}});
    }
  };
  place(a, telling.a, 0);
  place(b, telling.b, rows_for(telling.a) * kColumns);
  return sheet;
}

}  // namespace gan
