// Data sets of points that need no files.
#pragma once

#include "engine/data/dataset.h"

namespace gan {

/// Points in a built-in set.
inline constexpr std::int64_t kPointCount = 65536;

/// Points of a set, and as many generated ones, that a picture shows.
inline constexpr std::int64_t kShownPoints = 2048;

/// Draws the points of the set that `options.source` names (point_sets.h), F32 (count, 1, 1, D). The mixtures are described
/// there. `swiss-roll`: t (cos t, sin t) / 7.5 with t = 3 pi / 2 (1 + 2 u), u ~ U[0, 1), and deviation 0.25 / 7.5 in both
/// directions (Marsland 2009, as scikit-learn draws it, in the size of Gulrajani et al. 2017). `lines`: (-1, v) and (1, v),
/// one as often as the other, v ~ U[-1, 1). Point i depends on the seed and i alone. Throws InputError for another number
/// of channels than the set has, and Error for another name.
Dataset make_points(const DataOptions& options);

/// The numbers of the first kShownPoints of `points`, (kShownPoints, D): what generated points are shown beside.
std::vector<float> shown_points(const Dataset& points);

}  // namespace gan
