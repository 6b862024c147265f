// The experiments as a page to read.
#pragma once

#include <filesystem>
#include <span>
#include <string>

#include "engine/theory/outcome.h"

namespace gan::theory {

/// One HTML document with everything in it: pictures as SVG, style, no script, nothing fetched from elsewhere. What the
/// experiments call HTML goes in as it is, all other texts are escaped.
std::string theory_page(std::span<const Chapter> chapters);

/// Writes it atomically. MachineError (path, reason) when the system refuses.
void write_theory_page(const std::filesystem::path& path, std::span<const Chapter> chapters);

}  // namespace gan::theory
