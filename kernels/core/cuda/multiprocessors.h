// The size of the card that grids are made for.
#pragma once

namespace gan {

/// Multiprocessors of an H100 or H200. Grids and the cuts of long sums follow from this constant, never from the card
/// that is there: results are the same on every card.
inline constexpr int kMultiprocessors = 132;

}  // namespace gan
