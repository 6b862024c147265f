// The permutation test: how unusual a difference between two samples is among all ways to deal the same numbers out.
#pragma once

#include <cstdint>
#include <span>

namespace gan {

/// The one-sided p-value of mean(a) - mean(b) under exchangeability: (1 + #{at least as large}) / (1 + permutations), over
/// random ways to deal all the numbers out to two samples of these sizes. The observed way counts as one of them (Phipson &
/// Smyth 2010), so that the test at any level has at most that size, however few permutations there are. Numbers are rounded
/// to 2^-40 of the largest, so that sums are exact and equal ones tie in any order. Samples of one number or more, all
/// finite, 2^22 in all at most, and permutations >= 1; Error otherwise.
double permutation_p_value(std::span<const float> a, std::span<const float> b, std::int64_t permutations,
                           std::uint64_t seed);

}  // namespace gan
