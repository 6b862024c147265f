// The line that a new kind of layer adds: see negation_layer.cpp.
#pragma once

#include "engine/network/layers/layers.h"

namespace gan {

/// y = -x.
LayerPointer negation_layer();

}  // namespace gan
