// What the hardware's matrix instructions and copies do with registers and addresses, read off as raw numbers.
//
// No probe assumes the layout that it reads. Operands hold a number for each place (a register of a lane, an address in
// shared memory); the number that arrives elsewhere names where it came from. gpu_layouts compares with the tables.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace gan::probes {

using Table = std::vector<std::vector<std::int64_t>>;

/// [lane][2 register + half]: which 16-bit element of `matrices` 8x8 matrices in a row (64 matrix + 8 row + column, row r of
/// matrix m at the address that lane 8 m + r gives) ldmatrix puts there. `matrices`: 1, 2, 4.
Table load_matrix(int matrices, bool transposed);

/// The same for stmatrix: where the element of that register goes.
Table store_matrix(int matrices, bool transposed);

/// The mma.sync instructions that are probed.
enum class Mma { M16N8K16Bf16, M16N8K16F16, M16N8K8Bf16, M16N8K8Tf32 };

/// Elements in the operands' fragments, over all 32 lanes, in the order lane, register, half.
struct FragmentSizes {
  int a, b, accumulator;
};
FragmentSizes fragment_sizes(Mma mma);

/// [element of A][element of D]: 1 + the element of B that was multiplied with that element of A into that element of D;
/// 0: none. This holds all that a product can tell: A's rows, B's columns, D's places and which k meet.
Table multiply_pairs(Mma mma);

/// One wgmma, m64 n16..256 by k16 (bf16) or k8 (tf32).
struct WarpgroupProduct {
  int n = 64;                    ///< 64, 128, 256; with `tile_is_a`: 64
  bool tf32 = false;             ///< else bf16
  bool mn_major = false;         ///< of the tile; bf16 alone
  bool tile_is_a = false;        ///< the tile is operand A and B is the identity; else A, in registers, picks B's rows
  std::uint64_t descriptor = 0;  ///< of the tile, all fields but the start address
  std::uint32_t start = 0;       ///< bytes from the tile's begin to the start address
  std::uint32_t tile_bytes = 0;  ///< a multiple of 16; the tile begins at a multiple of 1024
  /// With A in registers: [thread][register], the unit matrix in A's fragment: rows beyond k are zero.
  std::vector<std::uint32_t> unit_a;
};

/// [thread][register of the accumulator]: the byte of the tile at which the element begins that arrived there.
Table warpgroup_addresses(const WarpgroupProduct& product);

/// [position of a 16-byte chunk in shared memory]: which chunk of a box of `rows` rows of `row_bytes` bytes a tiled TMA copy
/// put there. `swizzle`: a CUtensorMapSwizzle (0 none, 1 32B, 2 64B, 3 128B).
std::vector<std::int64_t> tensor_tile_chunks(int swizzle, int row_bytes, int rows);

/// An im2col copy of NHWC images; {height, width} where two numbers stand.
struct Im2col {
  int n, h, w;
  int lower[2], upper[2], stride[2], offset[2];
  int start[3];  ///< n, h, w
  int pixels;
};

/// [pixel of the column]: 1 + the pixel ((n H + h) W + w) that was copied there; 0: filled.
std::vector<std::int64_t> im2col_pixels(const Im2col& copy);

/// The bits of cvt.rna.tf32.f32 of the bits given.
std::vector<std::uint32_t> round_to_tf32(const std::vector<std::uint32_t>& bits);

/// Where the dynamic shared memory of a kernel without static shared memory begins, as a shared address.
std::uint32_t dynamic_shared_address();

}  // namespace gan::probes
