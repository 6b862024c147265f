// The experiments as a document of the repository.
#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <string_view>

#include "engine/theory/outcome.h"

namespace gan::theory {

/// Claim, numbers and pictures of each experiment in Markdown (GitHub's). Pictures are links to
/// `pictures` + experiment + "/" + picture + ".svg", where write_outcome puts them below `pictures` ("theory/"). Claims are
/// HTML, which Markdown lets through; all other texts are escaped.
std::string theory_markdown(std::span<const Chapter> chapters, std::string_view pictures);

/// Writes it atomically. MachineError (path, reason) when the system refuses.
void write_theory_markdown(const std::filesystem::path& path, std::span<const Chapter> chapters,
                           std::string_view pictures);

}  // namespace gan::theory
