// From what the user names to a data set in memory.
#pragma once

#include "engine/data/dataset.h"

namespace gan {

/// Loads `options.source` as uint8 (N,H,W,C) with the asked size and channels. A source is
///   - `fashion-mnist`: its 60,000 training images, from `$GAN_CUDA_DATA/fashion-mnist` or else Debian's package
///     `dataset-fashion-mnist`;
///   - `shapes`: 8,192 anti-aliased shapes, drawn from `options.seed`;
///   - a folder: every PNG and JPEG below it, known by content, in the order of their paths;
///   - a file: IDX, unsigned bytes, (N,H,W) or (N,H,W,C), gzipped or not.
///
/// Images are resized with antialiasing to cover H x W and cropped at the centre (resample.h); transparency is put over
/// white; grey is BT.601 luma. A folder of that name can be given as `./shapes`.
/// Throws InputError (names the option or file, what is wrong, what is accepted) and MachineError (memory). That size,
/// channels and threads are in range has been checked by whoever read them from the user.
Dataset load_dataset(const DataOptions& options);

}  // namespace gan
