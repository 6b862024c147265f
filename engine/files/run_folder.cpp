#include "engine/files/run_folder.h"

#include <algorithm>
#include <charconv>
#include <string_view>
#include <system_error>

#include "engine/files/atomic_file.h"
#include "kernels/core/contract/error.h"

namespace gan {
namespace {

namespace fs = std::filesystem;

constexpr const char* kSamples = "samples";
constexpr const char* kCheckpoints = "checkpoints";
constexpr std::string_view kCheckpointPrefix = "step-";
constexpr std::string_view kCheckpointSuffix = ".safetensors";

/// The user chose the place, so being refused there is wrong input; a full or broken disk is the machine's.
[[noreturn]] void fail_to_make(const fs::path& folder, const std::error_code& error) {
  const std::string message = fmt::format("cannot make the run folder '{}': {}", folder.string(), error.message());
  const bool machine =
      error == std::errc::no_space_on_device || error == std::errc::io_error || error == std::errc::too_many_files_open;
  if (machine) throw MachineError(message);
  throw InputError(message);
}

/// The iteration in "step-123.safetensors"; nothing for any other name, "step-0123.safetensors" included.
std::optional<std::int64_t> iteration_of(const std::string& name) {
  std::string_view digits = name;
  if (!digits.starts_with(kCheckpointPrefix) || !digits.ends_with(kCheckpointSuffix)) return std::nullopt;
  digits.remove_prefix(kCheckpointPrefix.size());
  digits.remove_suffix(std::min(digits.size(), kCheckpointSuffix.size()));
  std::int64_t iteration = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), iteration);
  if (error != std::errc{} || end != digits.data() + digits.size() || iteration < 0) return std::nullopt;
  if (std::to_string(iteration) != digits) return std::nullopt;
  return iteration;
}

/// Whether nothing stands in a folder but what a run leaves that was killed before it had a config.toml.
bool holds_nothing(const fs::path& root) {
  std::error_code error;
  for (fs::directory_iterator entry(root, error), end; !error && entry != end; entry.increment(error)) {
    const fs::path& path = entry->path();
    const bool is_leftover = path.filename() == kLockName || path.string().ends_with(kPartialSuffix);
    const bool is_subfolder = path.filename() == kSamples || path.filename() == kCheckpoints;
    if (!is_leftover && !(is_subfolder && fs::is_empty(path, error))) return false;
  }
  if (error) fail_to_make(root, error);
  return true;
}

[[noreturn]] void refuse_filled(const fs::path& root) {
  throw InputError(
      fmt::format("the run folder '{}' is not empty: name a new or empty one, or go on with the run in it with "
                  "--resume",
                  root.string()));
}

}  // namespace

void RunFolder::check_free(const fs::path& root) {
  std::error_code error;
  const fs::file_status status = fs::status(root, error);
  if (status.type() == fs::file_type::not_found) return;
  if (error) fail_to_make(root, error);
  if (!fs::is_directory(status))
    throw InputError(fmt::format("the run folder '{}' is a file; name a new folder", root.string()));
  if (!holds_nothing(root)) refuse_filled(root);
}

RunFolder RunFolder::create(const fs::path& root) {
  check_free(root);
  RunFolder folder(root);
  std::error_code error;
  fs::create_directories(root, error);
  if (error) fail_to_make(root, error);
  folder.lock_ = FolderLock(root);
  remove_stale_partials(root);
  // Another process may have made, or even finished, a run here since the folder was found free.
  if (fs::exists(folder.config(), error)) refuse_filled(root);
  folder.make_subfolders();
  return folder;
}

RunFolder RunFolder::open(const fs::path& root) {
  RunFolder folder(root);
  std::error_code error;
  if (!fs::is_directory(root, error)) throw InputError(fmt::format("there is no run folder '{}'", root.string()));
  if (!fs::is_regular_file(folder.config(), error)) {
    throw InputError(fmt::format("'{}' is not the folder of a run: it has no config.toml", root.string()));
  }
  return folder;
}

fs::path RunFolder::samples() const { return root_ / kSamples; }
fs::path RunFolder::checkpoints() const { return root_ / kCheckpoints; }

fs::path RunFolder::sample(std::int64_t iteration) const {
  return samples() / fmt::format("step-{:08}.png", iteration);
}

fs::path RunFolder::checkpoint(std::int64_t iteration) const {
  return checkpoints() / fmt::format("{}{}{}", kCheckpointPrefix, iteration, kCheckpointSuffix);
}

void RunFolder::make_subfolders() const {
  for (const fs::path& folder : {samples(), checkpoints()}) {
    std::error_code error;
    fs::create_directory(folder, error);
    if (error) fail_to_make(folder, error);
  }
}

void RunFolder::prepare_to_continue() {
  lock_ = FolderLock(root_);
  make_subfolders();
  for (const fs::path& folder : {root_, samples(), checkpoints()}) remove_stale_partials(folder);
}

std::vector<std::int64_t> RunFolder::checkpoint_iterations() const {
  std::vector<std::int64_t> iterations;
  std::error_code error;
  if (!fs::exists(checkpoints(), error)) return iterations;
  for (fs::directory_iterator entry(checkpoints(), error), end; !error && entry != end; entry.increment(error)) {
    if (const auto iteration = iteration_of(entry->path().filename().string())) iterations.push_back(*iteration);
  }
  if (error) throw InputError(fmt::format("cannot list '{}': {}", checkpoints().string(), error.message()));
  std::sort(iterations.begin(), iterations.end());
  return iterations;
}

std::optional<LoadedCheckpoint> RunFolder::latest_checkpoint() const {
  const std::vector<std::int64_t> iterations = checkpoint_iterations();
  std::vector<std::string> skipped;
  for (auto iteration = iterations.rbegin(); iteration != iterations.rend(); ++iteration) {
    const fs::path path = checkpoint(*iteration);
    try {
      SafetensorsFile file = load_safetensors(path);
      return LoadedCheckpoint{*iteration, path, std::move(file), std::move(skipped)};
    } catch (const InputError& error) { skipped.emplace_back(error.what()); }
  }
  if (skipped.empty()) return std::nullopt;
  throw InputError(fmt::format("no checkpoint of '{}' can be used: {}", root_.string(), fmt::join(skipped, "; ")));
}

void RunFolder::remove_checkpoint(std::int64_t iteration) const {
  std::error_code error;
  fs::remove(checkpoint(iteration), error);
  if (error) {
    throw MachineError(fmt::format("cannot remove '{}': {}", checkpoint(iteration).string(), error.message()));
  }
}

void RunFolder::keep_last(int count) const {
  require(count >= 1, "{} checkpoints to keep; at least 1", count);
  const std::vector<std::int64_t> iterations = checkpoint_iterations();
  for (std::size_t i = 0; i + static_cast<std::size_t>(count) < iterations.size(); ++i)
    remove_checkpoint(iterations[i]);
}

void RunFolder::discard_checkpoints_after(std::int64_t iteration) const {
  for (const std::int64_t candidate : checkpoint_iterations()) {
    if (candidate > iteration) remove_checkpoint(candidate);
  }
}

}  // namespace gan
