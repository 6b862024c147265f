// Batch normalisation over (rows, C), C being the last axis: training and inference form.
//
//   forward    mean, variance over the rows; y = gamma (x - mean) inverse_std + beta; running statistics
//              traffic: x read twice, y written (12 bytes an element in f32), and partial statistics
//              launch: a reduction (one or two launches, batch_statistics.cuh) and a map (normalise.cuh)
//   inference  y = gamma (x - running_mean) / sqrt(running_variance + epsilon) + beta
//              traffic: 8 bytes an element in f32. launch: the map alone
//   determinism: kernels/core/cuda/reduce.cuh
#include "kernels/norm/batch_norm.h"

#include "kernels/core/contract/channel_rows.h"
#include "kernels/core/cuda/cuda_device.h"
#include "kernels/norm/batch_statistics.cuh"
#include "kernels/norm/normalise.cuh"

namespace gan {

void run(const BatchNormForward& i, CudaDevice& device) {
  const ChannelRows view = channel_rows(i.x.shape);
  with_storage(i.kName, i.x.dtype, [&](auto storage) {
    using T = decltype(storage);
    const MeasureRows<T> source{i.x.as<T>(), view.channels};
    const StoreStatistics finish{.mean = i.mean.as<float>(),
                                 .inverse_std = i.inverse_std.as<float>(),
                                 .running_mean = i.running_mean.as<float>(),
                                 .running_variance = i.running_variance.as<float>(),
                                 .epsilon = i.epsilon,
                                 .momentum = i.momentum};
    reduce_columns(view.rows, view.channels, vector_width(view.channels, source.x), source, finish,
                   i.workspace.as<float>(), device.stream());
    const Normalise<T> map{.x = i.x.as<T>(),
                           .gamma = i.gamma.as<float>(),
                           .beta = i.beta.as<float>(),
                           .mean = i.mean.as<float>(),
                           .spread = i.inverse_std.as<float>(),
                           .y = i.y.as<T>(),
                           .channels = view.channels,
                           .epsilon = i.epsilon,
                           .spread_is_variance = false};
    map.launch_on(view, device);
  });
}

void run(const BatchNormInference& i, CudaDevice& device) {
  const ChannelRows view = channel_rows(i.x.shape);
  with_storage(i.kName, i.x.dtype, [&](auto storage) {
    using T = decltype(storage);
    const Normalise<T> map{.x = i.x.as<T>(),
                           .gamma = i.gamma.as<float>(),
                           .beta = i.beta.as<float>(),
                           .mean = i.running_mean.as<float>(),
                           .spread = i.running_variance.as<float>(),
                           .y = i.y.as<T>(),
                           .channels = view.channels,
                           .epsilon = i.epsilon,
                           .spread_is_variance = true};
    map.launch_on(view, device);
  });
}

}  // namespace gan
