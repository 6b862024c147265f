// A data set that needs no files: anti-aliased shapes.
#pragma once

#include "engine/data/dataset.h"

namespace gan {

/// Images in the built-in data set.
inline constexpr std::int64_t kShapeCount = 8192;

/// Draws 8,192 images of one shape each (disc, ring, rectangle, triangle or cross) on a plain ground; kind, colours,
/// place, size and turn are random. The shape lies wholly inside and stands out from the ground in grey too.
/// `options`: height, width, channels (0 means 3), seed, threads. Image i depends on the seed and i alone, and the same
/// scene is drawn at every size and in grey.
Dataset make_shapes(const DataOptions& options);

}  // namespace gan
