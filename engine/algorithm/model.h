// What a run trains: the two players, the generator's average, the data set, and the numbers to watch.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "engine/network/architectures.h"
#include "engine/network/network.h"
#include "engine/objective/objective.h"

namespace gan {

/// The scalars an iteration leaves behind for the log. They stay where they are until the next iteration.
enum class Reading { LossDReal, LossDFake, LossG, DReal, DFakeBefore, DFakeAfter };

/// Name of a reading in log.jsonl: loss_d_real, loss_d_fake, loss_g, d_real, d_fake_before, d_fake_after.
const char* name_of(Reading reading);
inline constexpr int kReadings = 6;

/// All persistent state of a run, declared in one table. The iteration number is all the state there is beside weights,
/// moments and statistics: every random draw and the walk through the data follow from it.
struct Model {
  /// What there is to declare.
  struct Options {
    ArchitectureOptions architecture;
    std::int64_t dataset_count = 1;
    bool average = true;      ///< keep the generator's moving average
    DType real = DType::F32;  ///< element type of all state; F64 in tests of whole schedules
  };
  /// Declares everything in `table`, which outlives the model. Throws InputError for an architecture that is not
  /// accepted.
  Model(const Options& options, StorageTable& table);

  StorageTable& table;
  Network generator, discriminator;
  std::optional<Network> average;  ///< same layers as the generator
  Tensor iteration;                ///< U64: iterations done
  Tensor fault;     ///< U64: 0, or 1 + the iteration whose gradient was first found not finite (see FiniteCheck)
  Tensor zero;      ///< U64 that stays 0: the counter of draws that must not depend on the iteration
  Tensor dataset;   ///< U8 (count, H, W, C)
  Tensor readings;  ///< (kReadings)

  /// (1): one of the readings.
  Tensor reading(Reading which) const;
};

}  // namespace gan
