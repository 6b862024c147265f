#include "engine/evaluation/result_folder.h"

#include <nlohmann/json.hpp>
#include <system_error>

#include "engine/files/atomic_file.h"
#include "kernels/core/contract/error.h"

namespace gan {

void make_result_folder(const std::filesystem::path& folder) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (!error && !std::filesystem::is_directory(folder, error)) error = std::make_error_code(std::errc::not_a_directory);
  if (error) throw InputError(fmt::format("--out: cannot make the folder '{}': {}", folder.string(), error.message()));
}

void write_result(const std::filesystem::path& folder, const nlohmann::ordered_json& result) {
  write_atomically(folder / "result.json", result.dump(2) + "\n");
}

}  // namespace gan
