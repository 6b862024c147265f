// Points as a picture: what a sample grid is for images.
#pragma once

#include <span>

#include "engine/files/image.h"

namespace gan {

/// Draws `made` points, blue, over `real` ones, grey, both (N, `dimension`), in a square picture of 512 pixels a side: in the
/// plane a dot a point, on the line two densities (histograms of 64 bins). The window is the square, or interval, that holds
/// all real points, with a quarter of its size around: the same for every sample of a run. Points outside are left out, NaN
/// too. Error for no real points and for dimensions other than 1 and 2.
Image points_picture(std::span<const float> real, std::span<const float> made, int dimension);

}  // namespace gan
