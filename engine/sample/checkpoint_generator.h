// A generator out of a checkpoint, ready to draw.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "engine/data/point_sets.h"
#include "engine/device/runtime.h"
#include "engine/network/network.h"

namespace gan {

/// Which of a checkpoint's two sets of generator weights draws.
enum class GeneratorChoice {
  Automatic,  ///< the average where the run kept one
  Average,    ///< the moving average (`average.*`)
  Raw         ///< the weights in training (`generator.*`)
};

/// The generator of one checkpoint on a device, and nothing else of the run: the network is built from the config inside
/// the file, and must be the one that the file describes; discriminator and moments are checked and passed over.
///
/// Norm layers are in inference form: an image depends on its latent alone, not on the others of its batch. The average
/// brings statistics of its own, calibrated when the checkpoint was written; the raw generator has the running statistics
/// of its training batches, which trail behind its weights.
class CheckpointGenerator {
 public:
  struct Options {
    std::filesystem::path checkpoint;
    GeneratorChoice choice = GeneratorChoice::Automatic;
    std::int64_t batch = 64;      ///< images drawn at once
    std::string device = "auto";  ///< auto, cuda, cpu
    int threads = 0;              ///< CPU threads; 0: all cores
  };

  /// InputError for a file that is no checkpoint of this program, is damaged, holds another network than it says, or has
  /// no average where one is asked for; MachineError where the device is not there or has too little memory.
  explicit CheckpointGenerator(const Options& options);
  CheckpointGenerator(const CheckpointGenerator&) = delete;  // the program refers to the table
  CheckpointGenerator& operator=(const CheckpointGenerator&) = delete;

  /// Draws the images, or points, of `latents` (n, latent()), 1 <= n <= batch(): (n, H, W, C) numbers, of images from -1 to
  /// 1. InputError when one is not finite.
  std::vector<float> draw(std::span<const float> latents);

  DataKind kind() const { return data_kind(data_); }      ///< what it makes
  const std::string& data() const { return data_; }       ///< what it learnt: the run's --data
  std::uint64_t data_seed() const { return data_seed_; }  ///< from which that was drawn, where it has no files
  FeatureShape image() const { return network_->graph().output_shape(); }
  std::int64_t latent() const { return network_->graph().input_shape().channels; }
  std::int64_t batch() const { return latents_.shape[0]; }
  std::int64_t iteration() const { return iteration_; }  ///< after which the checkpoint was written
  bool is_average() const { return network_->prefix() == "average"; }
  std::string device() const { return runtime_->backend().description(); }

 private:
  std::string path_;
  std::string data_;
  std::uint64_t data_seed_ = 0;
  std::int64_t iteration_ = 0;
  StorageTable table_;
  std::unique_ptr<Network> network_;
  Tensor latents_;  ///< (batch, latent)
  std::unique_ptr<Runtime> runtime_;
};

}  // namespace gan
