// The held-out images that show where two sets differ.
#pragma once

#include "engine/data/dataset.h"
#include "engine/evaluation/two_sample.h"
#include "engine/files/image.h"

namespace gan {

/// Rows of the sets, most telling first.
struct Telling {
  std::vector<std::int64_t> a;  ///< where the density ratio p_A / p_B = exp(logit) is estimated highest
  std::vector<std::int64_t> b;  ///< where it is lowest
};

/// The `most` most telling images of each set, or as many as were tested.
Telling most_telling(const TwoSampleResult& result, std::int64_t most);

/// A sheet of eight columns, in its upper half those of A, in its lower half those of B.
Image telling_sheet(const Dataset& a, const Dataset& b, const Telling& telling);

}  // namespace gan
