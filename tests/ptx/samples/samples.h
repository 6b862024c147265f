// Small right kernels with what nvcc and the hardware make hard: inline PTX, asynchronous copies, clusters, graphs. They
// show that the software GPU runs them, and the mutants beside them that it tells when they are wrong.
//
// Each function takes and gives host memory; CUDA errors are std::runtime_error with CUDA's words.
#pragma once

#include <cstdint>
#include <vector>

namespace gan::ptx::samples {

using Floats = std::vector<float>;

// cooperative.cu: threads of a block and blocks of a grid
/// The sum of every 256 elements: shuffles in a warp, shared memory between warps.
Floats block_sums(const Floats& x);
/// The sum of all elements: the last block to come adds what the blocks have left.
Floats last_block_sum(const Floats& x);
/// Every 64 elements in reverse order: one warp stores and arrives at a named barrier, the other waits and reads.
Floats reversed_by_named_barrier(const Floats& x);
/// x rotated by one within every 32 elements, through shared memory within a warp.
Floats rotated_in_warp(const Floats& x);
/// y = 2 x + the table's entry, by vectors of four and the read-only path; x's length is a multiple of four.
Floats scaled_with_table(const Floats& x, const Floats& table);
/// 16384 elements reversed in 64 KiB of dynamic shared memory.
Floats reversed_in_large_shared(const Floats& x);

// copies.cu: asynchronous copies
/// Sums over the steps of a (steps, 256) matrix of a neighbour's four elements; cp.async into two stages.
Floats ring_sums(const Floats& x, int steps);
/// 1024 elements through shared memory by bulk copies and an mbarrier, doubled on the way.
Floats doubled_by_bulk_copies(const Floats& x);

// products.cu: mma.sync on whole numbers
/// (16, 16) times (16, 8) in bf16 with fp32 sums: ldmatrix, mma, stmatrix of the result's bf16.
Floats product_bf16(const Floats& a, const Floats& b);
/// (16, 8) times (8, 8) in tf32.
Floats product_tf32(const Floats& a, const Floats& b);
/// (16, 16) times (16, 8) in fp16 with fp16 sums.
Floats product_f16(const Floats& a, const Floats& b);

// tensor_copies.cu: TMA and wgmma
/// (64, 128) times (64, 128) transposed in bf16: a ring of TMA loads, full and empty barriers, wgmma, a TMA store. The
/// swizzle is 32, 64 or 128 bytes.
Floats product_by_tma_and_wgmma(const Floats& a, const Floats& b, int swizzle_bytes);

/// A walk of im2col over an (N, H, W) image of 8 channels.
struct Im2col {
  int shape[3];             ///< N, H, W
  int lower[2], upper[2];   ///< corners of the box of base pixels: H, W
  int stride[2], start[3];  ///< H, W; n, h, w
  int offset[2];            ///< the filter's tap: H, W
  int pixels;
};
/// The first channel of every pixel of the walk; the image's is 1 + its index, 0 outside.
Floats im2col_pixels(const Im2col& walk);

// clusters.cu: two blocks together
/// Both blocks of a cluster get the same 256 elements by one multicast, add their rank, and exchange sums: two numbers.
Floats cluster_sums(const Floats& x);

// graphs.cu: capture and replay
/// x -> 2 x + 1 with launches, a copy and a memset captured into a graph that runs `times` times.
Floats replayed(const Floats& x, int times);
/// The same without a graph and with programmatic dependent launches.
Floats launched_dependently(const Floats& x, int times);

}  // namespace gan::ptx::samples
