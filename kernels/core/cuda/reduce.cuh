// Walks down the columns of a (rows, channels) matrix: reductions in a fixed order, without atomics, and maps with
// values that belong to channels.
//
// reduce_columns: for every channel, the merged state of all rows
//   traffic:     what the source reads, once; the partial states of (slices, channels) written and read once. With at
//                most some 528 blocks, slices * channels is below 70,000: little beside a matrix that needs as many
//   launch:      256 threads a block, grid (tiles of columns, slices of rows), see column_grid.h; then the same kernel
//                once more folds the slices, unless there is only one
//   determinism: a thread takes its rows in order, the block's threads are merged as a tree, slices as the rows of a
//                second reduction: the order depends on the shape alone
//
// report: StorePartial uncoalesced: a thread stores its four channels one after another; under 70,000 states, once
//
// map_columns: every element once, a thread stays in its columns; same blocks, one launch
#pragma once

#include <cstdint>

#include "kernels/core/cuda/column_grid.h"
#include "kernels/core/cuda/launch.cuh"
#include "kernels/core/cuda/storage.cuh"

namespace gan {

namespace detail {

constexpr int kRowsAtOnce = 4;             // whose loads are in flight together
constexpr int kReductionBlocksAtOnce = 4;  // on a multiprocessor: 64 registers a thread

/// The part of the matrix that a thread walks through: column `column`, the rows first, first + step, ... before end.
struct ColumnWalk {
  int row_lane, column;
  bool present;  // whether the thread has a column and a row lane
  std::int64_t first, end, step;
  std::int64_t group_end, group_step;  // kRowsAtOnce rows can be taken from any row before group_end

  __device__ __forceinline__ explicit ColumnWalk(const ColumnGrid& grid) {
    const int thread = static_cast<int>(threadIdx.x);
    row_lane = thread / grid.lanes;
    column = static_cast<int>(blockIdx.x) * grid.lanes + thread % grid.lanes;
    present = row_lane < grid.row_lanes && column < grid.columns;
    const std::int64_t slice = static_cast<int>(blockIdx.y) * grid.slice_rows;
    first = slice + row_lane;
    end = slice + grid.slice_rows < grid.rows ? slice + grid.slice_rows : grid.rows;
    step = grid.row_lanes;
    group_end = end - (kRowsAtOnce - 1) * step;
    group_step = kRowsAtOnce * step;
  }
};

// Source: struct State { floats; void merge(const State&); }, State{} being neutral, and at<N>(column), which gives a
// reader whose add<kRows>(State (&)[N], row, step) takes in the rows row, row + step, ... (kRows of them).
//
// Finish: operator()(state, channel, slice).
template <int N, class Source, class Finish>
__global__ void __launch_bounds__(ColumnGrid::kThreads, kReductionBlocksAtOnce)
    reduce_columns_kernel(ColumnGrid grid, Source source, Finish finish) {
  using State = typename Source::State;
  GAN_SHARED(State, states, [N][ColumnGrid::kThreads]);
  const ColumnWalk walk(grid);
  State state[N] = {};
  if (walk.present) {
    const auto reader = source.template at<N>(walk.column);
    std::int64_t row = walk.first;
    for (; row < walk.group_end; row += walk.group_step) reader.template add<kRowsAtOnce>(state, row, walk.step);
    for (; row < walk.end; row += walk.step) reader.template add<1>(state, row, walk.step);
  }

  const int thread = static_cast<int>(threadIdx.x);
#pragma unroll
  for (int k = 0; k < N; ++k) states[k][thread] = state[k];
  for (int active = grid.row_lanes; active > 1;) {
    const int half = (active + 1) / 2;
    __syncthreads();  // the states of the round before are there
    if (walk.row_lane + half < active) {
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
    for (int k = 0; k < N; ++k) finish(states[k][thread], walk.column * N + k, static_cast<int>(blockIdx.y));
  }
}

/// Finish of the first reduction: the state of (slice, channel) goes to the workspace.
template <class State>
struct StorePartial {
  State* partial;
  std::int64_t channels;

  __device__ __forceinline__ void operator()(const State& state, int channel, int slice) const {
    partial[slice * channels + channel] = state;
  }
};

/// Source of the second reduction: the states of the slices are its rows.
template <class StateType>
struct Partials {
  using State = StateType;
  const State* partial;
  std::int64_t channels;

  struct Reader {
    const State* column;
    std::int64_t channels;

    template <int kRows>
    __device__ __forceinline__ void add(State (&state)[1], std::int64_t row, std::int64_t step) const {
      State taken[kRows];
#pragma unroll
      for (int k = 0; k < kRows; ++k) taken[k] = column[(row + k * step) * channels];
#pragma unroll
      for (int k = 0; k < kRows; ++k) state[0].merge(taken[k]);
    }
  };

  template <int N>
  __device__ __forceinline__ Reader at(int column) const {
    static_assert(N == 1, "partial states are folded channel by channel");
    return {partial + column, channels};
  }
};

inline LaunchShape launch_shape(const ColumnGrid& grid) {
  return {.grid = dim3(static_cast<unsigned>(grid.tiles), static_cast<unsigned>(grid.slices)),
          .block = dim3(ColumnGrid::kThreads)};
}

template <int N, class Map>
__global__ void __launch_bounds__(ColumnGrid::kThreads) map_columns_kernel(ColumnGrid grid, Map map) {
  const ColumnWalk walk(grid);
  if (!walk.present) return;
  const auto writer = map.template at<N>(walk.column);
  std::int64_t row = walk.first;
  for (; row < walk.group_end; row += walk.group_step) writer.template write<kRowsAtOnce>(row, walk.step);
  for (; row < walk.end; row += walk.step) writer.template write<1>(row, walk.step);
}

}  // namespace detail

/// Merges the states of all rows, channel by channel, and hands each to `finish(state, channel, slice)`; the source reads N
/// channels (1 or 4) at a time. `workspace` holds reduction_workspace(rows, channels, sizeof(State) / 4) floats. No rows:
/// `finish` gets State{}.
template <int N, class Source, class Finish>
void reduce_columns(std::int64_t rows, std::int64_t channels, const Source& source, const Finish& finish,
                    float* workspace, cudaStream_t stream) {
  using State = typename Source::State;
  static_assert(sizeof(State) % sizeof(float) == 0, "a state consists of floats");
  if (channels == 0) return;
  const ColumnGrid grid = reduction_grid(rows, channels, N);
  if (grid.slices == 1) {
    launch(detail::reduce_columns_kernel<N, Source, Finish>, detail::launch_shape(grid), stream, grid, source, finish);
    return;
  }
  using Store = detail::StorePartial<State>;
  using Fold = detail::Partials<State>;
  State* partial = reinterpret_cast<State*>(workspace);
  const ColumnGrid fold = fold_grid(grid);
  launch(detail::reduce_columns_kernel<N, Source, Store>, detail::launch_shape(grid), stream, grid, source,
         Store{partial, channels});
  launch(detail::reduce_columns_kernel<1, Fold, Finish>, detail::launch_shape(fold), stream, fold,
         Fold{partial, channels}, finish);
}

/// The same with `vector` channels at a time: 4 where the source may read so many, else 1.
template <class Source, class Finish>
void reduce_columns(std::int64_t rows, std::int64_t channels, int vector, const Source& source, const Finish& finish,
                    float* workspace, cudaStream_t stream) {
  if (vector == 4) reduce_columns<4>(rows, channels, source, finish, workspace, stream);
  else reduce_columns<1>(rows, channels, source, finish, workspace, stream);
}

/// Visits all (row, channel): a thread keeps what belongs to its columns, of N channels (1 or 4) each, in registers while
/// it goes down the rows. `map.at<N>(column)` gives a writer whose write<kRows>(row, step) writes the rows row,
/// row + step, ... (kRows of them).
template <int N, class Map>
void map_columns(std::int64_t rows, std::int64_t channels, const Map& map, cudaStream_t stream) {
  if (rows == 0 || channels == 0) return;
  const ColumnGrid grid = map_grid(rows, channels, N);
  launch(detail::map_columns_kernel<N, Map>, detail::launch_shape(grid), stream, grid, map);
}

/// The same with `vector` channels a column.
template <class Map>
void map_columns(std::int64_t rows, std::int64_t channels, int vector, const Map& map, cudaStream_t stream) {
  if (vector == 4) map_columns<4>(rows, channels, map, stream);
  else map_columns<1>(rows, channels, map, stream);
}

}  // namespace gan
