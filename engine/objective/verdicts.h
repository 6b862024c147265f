// The readings of games in which D judges real and generated images apart.
#pragma once

#include <string>
#include <vector>

#include "engine/program/builder.h"

namespace gan {

/// Declares both losses of D, G's, and what D makes of real images on average ("d_real"); last `of_fake`, what it makes of
/// generated ones: before its update, and after it where G's loss measures that. The progress line shows all of them.
void declare_verdicts(Builder& b, const std::vector<std::string>& of_fake);

}  // namespace gan
