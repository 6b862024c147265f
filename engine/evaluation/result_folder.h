// Where an evaluation leaves its files.
#pragma once

#include <filesystem>
#include <nlohmann/json_fwd.hpp>

namespace gan {

/// Makes the folder, with those above it, unless it is there. InputError, naming --out, where that cannot be: early, before
/// any work is lost.
void make_result_folder(const std::filesystem::path& folder);

/// Writes DIR/result.json atomically.
void write_result(const std::filesystem::path& folder, const nlohmann::ordered_json& result);

}  // namespace gan
