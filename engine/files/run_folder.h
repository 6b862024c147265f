// The folder a run leaves behind: where its files are, and which of its checkpoints can be trusted.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "engine/files/folder_lock.h"
#include "engine/files/safetensors.h"

namespace gan {

/// A checkpoint that was read and found whole.
struct LoadedCheckpoint {
  std::int64_t iteration = 0;
  std::filesystem::path path;
  SafetensorsFile file;
  std::vector<std::string> skipped;  ///< why newer checkpoints were passed over; one line each, for the user
};

/// The paths of a run:
///   config.toml                       everything needed to repeat it
///   log.jsonl                         a line an iteration or so
///   evolution.webp                    the samples as an animation
///   samples/step-00001000.png         padded, so that image viewers show them in order
///   checkpoints/step-1000.safetensors
///   .lock                             while a process writes the run
class RunFolder {
 public:
  /// InputError unless a run may start in `root`: missing, or a folder that is empty or holds only what a run leaves
  /// that was killed before its config.toml was written. Touches nothing, so that options can be checked long before the
  /// first file is written.
  static void check_free(const std::filesystem::path& root);

  /// Makes the folder of a new run and locks it for the life of the object. InputError when it is not free or cannot
  /// be made.
  static RunFolder create(const std::filesystem::path& root);

  /// The folder of an existing run, for reading. InputError when it is none (no config.toml).
  static RunFolder open(const std::filesystem::path& root);

  const std::filesystem::path& root() const { return root_; }
  std::filesystem::path config() const { return root_ / "config.toml"; }
  std::filesystem::path log() const { return root_ / "log.jsonl"; }
  std::filesystem::path evolution() const { return root_ / "evolution.webp"; }
  std::filesystem::path samples() const;
  std::filesystem::path checkpoints() const;
  std::filesystem::path sample(std::int64_t iteration) const;
  std::filesystem::path checkpoint(std::int64_t iteration) const;

  /// Locks the folder for the life of the object, makes missing subfolders and removes what a killed process left
  /// half-written. For the process that goes on with the run, not for one that only reads it. InputError when another
  /// process is writing the run.
  void prepare_to_continue();

  /// Iterations of the checkpoints, ascending. Other files are ignored.
  std::vector<std::int64_t> checkpoint_iterations() const;

  /// The newest checkpoint that is whole; none when there are no checkpoints. InputError, with every reason, when there
  /// are some but all are damaged.
  std::optional<LoadedCheckpoint> latest_checkpoint() const;

  /// Removes all but the `count` (at least 1) newest checkpoints. MachineError when one resists.
  void keep_last(int count) const;

  /// Removes the checkpoints after `iteration`: damaged ones that going on from an older one leaves in the future,
  /// where `keep_last` would prefer them to the new ones.
  void discard_checkpoints_after(std::int64_t iteration) const;

 private:
  explicit RunFolder(std::filesystem::path root) : root_(std::move(root)) {}

  void make_subfolders() const;
  void remove_checkpoint(std::int64_t iteration) const;

  std::filesystem::path root_;
  FolderLock lock_;
};

}  // namespace gan
