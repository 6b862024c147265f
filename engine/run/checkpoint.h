// The state of a run as one self-describing file.
//
// Tensors, under PyTorch's names and in its layouts:
//   generator.main.0.weight ...              the trained generator; likewise discriminator.*
//   average.main.0.weight ...                the generator's moving average, with statistics of its own
//   *.running_mean, *.running_var, *.num_batches_tracked
//   optimizer.generator.main.0.weight.exp_avg, .exp_avg_sq ...
// Metadata: format, iteration, config (the run's config.toml), generator and discriminator (JSON); the run adds dataset, a
// checksum of its images.
#pragma once

#include <cstdint>
#include <string>

#include "engine/algorithm/players.h"
#include "engine/device/runtime.h"
#include "engine/files/safetensors.h"

namespace gan {

/// Reads the whole state off the device. `config` is the text of config.toml.
SafetensorsFile make_checkpoint(const Players& players, Runtime& runtime, const std::string& config);

/// The iteration of a checkpoint. InputError naming `path` when the file is none of this program's.
std::int64_t checkpoint_iteration(const SafetensorsFile& file, const std::string& path);

/// Writes one network's parameters and statistics to the device. InputError as restore_checkpoint().
void restore_network(const SafetensorsFile& file, const std::string& path, const Network& network, Runtime& runtime);

/// Writes the state of `file` to the device and returns its iteration. InputError naming `path`, the tensor and the
/// difference when the checkpoint is of another architecture, or anything is missing.
std::int64_t restore_checkpoint(const SafetensorsFile& file, const std::string& path, const Players& players,
                                Runtime& runtime);

/// One parameter-shaped view of device memory as a stored tensor in PyTorch's layout.
StoredTensor store_parameter(const std::string& name, const Tensor& view, const FileLayout& layout, Runtime& runtime);

}  // namespace gan
