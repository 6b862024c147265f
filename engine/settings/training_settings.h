// The settings of a training run: the rows of TrainingOptions, which other programs share.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/network/models/models.h"
#include "engine/settings/options.h"
#include "engine/settings/setting_table.h"

namespace gan {

/// The largest --batch and --hold-out.
inline constexpr std::int64_t kMostImagesAtOnce = 65536;

/// A row for every setting of a training run. A new one is a field of TrainingOptions and a row here.
std::vector<Setting> training_settings(TrainingOptions& options);

/// The size of the images that training sees: as asked for, or 1 x 1 x D where --data names a set of points in D dimensions.
FeatureShape image_shape(const TrainingOptions& options, std::int64_t channels);

/// The networks that `options` ask for, on images of `channels`.
ModelOptions model_options(const TrainingOptions& options, std::int64_t channels);

/// What differs between two runs in a way that decides the result: result_changes() of their tables.
std::vector<std::string> result_changes(const TrainingOptions& before, const TrainingOptions& now);

}  // namespace gan
