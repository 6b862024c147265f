// From what the user names to a data set in memory.
#pragma once

#include "engine/data/dataset.h"

namespace gan {

/// Loads `options.source` as uint8 (N,H,W,C) with the asked size and channels. A source is
///   - `fashion-mnist`: its 60,000 training images, from `$GAN_CUDA_DATA/fashion-mnist` or else Debian's package
///     `dataset-fashion-mnist`;
///   - `shapes`: 8,192 anti-aliased shapes, drawn from `options.seed`;
///   - the name of a set of points (points.h), drawn from `options.seed`, too, and given as F32 (N,1,1,D);
///   - a folder: every PNG, JPEG and WebP file below it, known by content, in the order of their paths; one without such
///     files that holds CIFAR-10's binary batches: these;
///   - a file, known by content: IDX (idx.h), gzipped or not; NumPy's .npy (npy.h); a batch of CIFAR-10 (cifar10.h); a
///     zip archive of such images as a folder may hold (zip_images.h).
///
/// Images are resized with antialiasing to cover H x W and cropped at the centre (resample.h); transparency is put over
/// white; grey is BT.601 luma. A folder of that name can be given as `./shapes`.
/// `options.observer` is told how it goes, what was passed over, and which images were left out for damage.
/// Throws InputError (names the option or file, what is wrong, what is accepted) and MachineError (memory). That size,
/// channels and threads are in range has been checked by whoever read them from the user.
Dataset load_dataset(const DataOptions& options);

}  // namespace gan
