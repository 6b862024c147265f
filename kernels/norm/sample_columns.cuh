// Walks down the columns of many (rows, channels) matrices at once, one a sample: reductions over each sample's rows in a
// fixed order, without atomics, the folding of what they leave into groups of channels, and maps with values that belong
// to a sample's channels. What core/cuda/reduce.cuh does for one matrix.
//
// reduce_samples: for every sample, slice of its rows and channel, the merged state of the rows
//   traffic:     what the source reads, once; a state for each (sample, slice, channel) is written
//   launch:      256 threads a block, see sample_grid.h
//   determinism: a thread takes its rows in order, the threads of a column are merged as a tree: the order depends on the
//                shape alone
// fold_groups: for every sample and group of channels, the merged states of its channels and slices
//   traffic:     the states, once
//   launch:      256 threads a block; a group has as many of them, a power of two, as it has states
//   determinism: a thread takes states in order, threads are merged as a tree
// map_samples: every element once, a thread stays in one sample's column
//
// States are several words, and a thread stores its four channels' one after another: not coalesced, but once, and from
// sectors that L1 keeps when they are loaded.
#pragma once

#include <cstdint>

#include "kernels/core/cuda/launch.cuh"
#include "kernels/core/cuda/storage.cuh"
#include "kernels/norm/sample_grid.h"

namespace gan {

namespace detail {

/// The part of one sample's matrix that a thread walks through: column `column`, the rows first, first + step, ... before
/// end.
struct SampleWalk {
  int row_lane, column;
  bool present;  // whether the thread has a sample, a column and a row lane
  std::int64_t sample, first, end, step;

  __device__ __forceinline__ explicit SampleWalk(const SampleGrid& grid) {
    const int thread = static_cast<int>(threadIdx.x), block = static_cast<int>(blockIdx.x);
    const int line = thread / grid.lanes, sample_lane = line / grid.row_lanes;
    row_lane = line % grid.row_lanes;
    column = block % grid.tiles * grid.lanes + thread % grid.lanes;
    sample = static_cast<std::int64_t>(block / grid.tiles) * grid.sample_lanes + sample_lane;
    present = sample_lane < grid.sample_lanes && sample < grid.samples && column < grid.columns;
    const std::int64_t slice = static_cast<int>(blockIdx.y) * grid.slice_rows;
    first = slice + row_lane;
    end = slice + grid.slice_rows < grid.rows ? slice + grid.slice_rows : grid.rows;
    step = grid.row_lanes;
  }
};

inline LaunchShape launch_shape(const SampleGrid& grid) {
  return {.grid = dim3(static_cast<unsigned>(grid.blocks()), static_cast<unsigned>(grid.slices)),
          .block = dim3(SampleGrid::kThreads)};
}

constexpr int kSampleBlocksAtOnce = 3;  // on a multiprocessor: 80 registers a thread

// Source: struct State { floats; void merge(const State&); }, State{} being neutral; kRowsAtOnce, whose loads are in flight
// together; and at<N>(sample, column), which gives a reader whose add<kRows>(State (&)[N], row, step) takes in the rows
// row, row + step, ... (kRows of them) of the sample.
//
// Finish: operator()(state, sample, slice, channel).
template <int N, class Source, class Finish>
__global__ void __launch_bounds__(SampleGrid::kThreads, kSampleBlocksAtOnce)
    reduce_samples_kernel(SampleGrid grid, Source source, Finish finish) {
  using State = typename Source::State;
  GAN_SHARED(State, states, [N][SampleGrid::kThreads]);
  const SampleWalk walk(grid);
  State state[N] = {};
  if (walk.present) {
    constexpr int kAtOnce = Source::kRowsAtOnce;
    const auto reader = source.template at<N>(walk.sample, walk.column);
    std::int64_t row = walk.first;
    for (; row < walk.end - (kAtOnce - 1) * walk.step; row += kAtOnce * walk.step)
      reader.template add<kAtOnce>(state, row, walk.step);
    for (; row < walk.end; row += walk.step) reader.template add<1>(state, row, walk.step);
  }

  const int thread = static_cast<int>(threadIdx.x);
#pragma unroll
  for (int k = 0; k < N; ++k) states[k][thread] = state[k];
  for (int active = grid.row_lanes; active > 1;) {
    const int half = (active + 1) / 2;
    __syncthreads();  // the states of the round before are there
    if (walk.present && walk.row_lane + half < active) {
#pragma unroll
      for (int k = 0; k < N; ++k) {
        state[k].merge(states[k][thread + half * grid.lanes]);
        states[k][thread] = state[k];
      }
    }
    active = half;
  }
  if (walk.present && walk.row_lane == 0) {
#pragma unroll 1  // little work, of which four copies would take many registers
    for (int k = 0; k < N; ++k)
      finish(states[k][thread], walk.sample, static_cast<int>(blockIdx.y), walk.column * N + k);
  }
}

template <int N, class Map>
__global__ void __launch_bounds__(SampleGrid::kThreads) map_samples_kernel(SampleGrid grid, Map map) {
  constexpr int kAtOnce = Map::kRowsAtOnce;
  const SampleWalk walk(grid);
  if (!walk.present) return;
  const auto writer = map.template at<N>(walk.sample, walk.column);
  std::int64_t row = walk.first;
  for (; row < walk.end - (kAtOnce - 1) * walk.step; row += kAtOnce * walk.step)
    writer.template write<kAtOnce>(row, walk.step);
  for (; row < walk.end; row += walk.step) writer.template write<1>(row, walk.step);
}

}  // namespace detail

/// The states that reduce_samples() leaves, by (sample, slice, channel).
template <class StateType>
struct SliceStates {
  using State = StateType;
  State* data;
  int slices;
  std::int64_t channels;

  __device__ __forceinline__ State& at(std::int64_t sample, int slice, std::int64_t channel) const {
    return data[(sample * slices + slice) * channels + channel];
  }
};

/// Finish of a reduction that stores them.
template <class State>
struct StoreSlice {
  SliceStates<State> states;

  __device__ __forceinline__ void operator()(const State& state, std::int64_t sample, int slice, int channel) const {
    states.at(sample, slice, channel) = state;
  }
};

/// Merges the states of the rows of every slice, sample by sample and channel by channel, and hands each to
/// `finish(state, sample, slice, channel)`.
template <class Source, class Finish>
void reduce_samples(const SampleGrid& grid, int vector, const Source& source, const Finish& finish,
                    cudaStream_t stream) {
  const LaunchShape shape = detail::launch_shape(grid);
  if (vector == 4) launch(detail::reduce_samples_kernel<4, Source, Finish>, shape, stream, grid, source, finish);
  else launch(detail::reduce_samples_kernel<1, Source, Finish>, shape, stream, grid, source, finish);
}

/// Visits all (sample, row, channel). `map.at<N>(sample, column)` gives a writer whose write<kRows>(row, step) writes the
/// rows row, row + step, ... (kRows of them) of the sample; Map::kRowsAtOnce of them are in flight together.
template <class Map>
void map_samples(std::int64_t samples, std::int64_t rows, std::int64_t channels, int vector, const Map& map,
                 cudaStream_t stream) {
  const SampleGrid grid = sample_map_grid(samples, rows, channels, vector);
  const LaunchShape shape = detail::launch_shape(grid);
  if (vector == 4) launch(detail::map_samples_kernel<4, Map>, shape, stream, grid, map);
  else launch(detail::map_samples_kernel<1, Map>, shape, stream, grid, map);
}

/// Which channels belong together: `groups` groups of `size` neighbours.
struct ChannelGroups {
  int groups = 1, size = 1;

  /// The place of the group of `channel` among the groups of all samples.
  __device__ __forceinline__ std::int64_t of(std::int64_t sample, int channel) const {
    return sample * groups + channel / size;
  }
};

namespace detail {

/// Where the threads of a fold stand.
struct FoldGrid {
  static constexpr int kThreads = 256;
  std::int64_t items = 0;  ///< groups of all samples
  int lanes = 1;           ///< threads of a group: a power of two
};

inline FoldGrid fold_grid(std::int64_t samples, const ChannelGroups& groups, int slices) {
  FoldGrid grid{.items = samples * groups.groups};
  while (grid.lanes < FoldGrid::kThreads && grid.lanes < std::int64_t{slices} * groups.size) grid.lanes *= 2;
  return grid;
}

template <class State, class Weigh, class Finish>
__global__ void __launch_bounds__(FoldGrid::kThreads)
    fold_groups_kernel(FoldGrid grid, SliceStates<State> states, ChannelGroups groups, Weigh weigh, Finish finish) {
  GAN_SHARED(State, merged, [FoldGrid::kThreads]);
  const int thread = static_cast<int>(threadIdx.x), lane = thread % grid.lanes;
  const std::int64_t item =
      static_cast<std::int64_t>(blockIdx.x) * (FoldGrid::kThreads / grid.lanes) + thread / grid.lanes;
  State state = {};
  if (item < grid.items) {
    const std::int64_t sample = item / groups.groups;
    const int first = static_cast<int>(item % groups.groups) * groups.size;
    for (int i = lane; i < states.slices * groups.size; i += grid.lanes) {
      const int channel = first + i % groups.size;
      state.merge(weigh(states.at(sample, i / groups.size, channel), channel));
    }
  }
  merged[thread] = state;
  for (int half = grid.lanes / 2; half > 0; half /= 2) {
    __syncthreads();  // the states of the round before are there
    if (lane < half) {
      state.merge(merged[thread + half]);
      merged[thread] = state;
    }
  }
  if (lane == 0 && item < grid.items) finish(state, item);
}

}  // namespace detail

/// Merges weigh(state, channel) over all slices and channels of every group, and hands each to `finish(state, group)`,
/// groups being counted through all samples.
template <class State, class Weigh, class Finish>
void fold_groups(std::int64_t samples, const SliceStates<State>& states, const ChannelGroups& groups,
                 const Weigh& weigh, const Finish& finish, cudaStream_t stream) {
  using Grid = detail::FoldGrid;
  const Grid grid = detail::fold_grid(samples, groups, states.slices);
  const std::int64_t of_block = Grid::kThreads / grid.lanes;
  const LaunchShape shape{.grid = dim3(static_cast<unsigned>((grid.items + of_block - 1) / of_block)),
                          .block = dim3(Grid::kThreads)};
  launch(detail::fold_groups_kernel<State, Weigh, Finish>, shape, stream, grid, states, groups, weigh, finish);
}

}  // namespace gan
