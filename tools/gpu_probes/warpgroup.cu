// Probes of wgmma: where it looks for the elements that a descriptor names.
#include <stdexcept>

#include "device_array.h"
#include "probes.h"
#include "wgmma.cuh"

namespace gan::probes {

namespace {

constexpr int kThreads = 128, kPeriod = 1024;
constexpr std::int64_t kDigit = 256;  // whole numbers below it are exact in bf16

// One warpgroup: D = A B once. Shared memory, from a multiple of 1024: the tile, then the unit matrix as a K-major tile
// without swizzle (64 x 32 bytes: n at 16 (n % 8) + 128 (n / 8), the second 16 bytes of k 1024 further on).
template <int kN, bool kTf32, bool kMnMajor, bool kTileIsA>
__global__ void __launch_bounds__(kThreads)
    product_kernel(const std::uint32_t* unit_a, const uint4* tile, std::uint32_t tile_bytes, std::uint64_t descriptor,
                   std::uint32_t start, float* result) {
  extern __shared__ unsigned char memory[];
  const auto base = static_cast<std::uint32_t>(__cvta_generic_to_shared(memory));
  const std::uint32_t skipped = (kPeriod - base % kPeriod) % kPeriod;
  auto* shared_tile = reinterpret_cast<uint4*>(memory + skipped);
  for (std::uint32_t i = threadIdx.x; i < tile_bytes / 16; i += kThreads) shared_tile[i] = tile[i];
  constexpr int kSize = kTf32 ? 4 : 2, kDepth = 32 / kSize;
  const std::uint32_t unit = (tile_bytes + kPeriod - 1) / kPeriod * kPeriod;
  for (std::uint32_t n = threadIdx.x; n < 64; n += kThreads)
    for (std::uint32_t k = 0; k < kDepth; ++k) {
      unsigned char* place =
          memory + skipped + unit + n / 8 * 128 + n % 8 * 16 + k * kSize / 16 * 1024 + k * kSize % 16;
      if constexpr (kTf32) *reinterpret_cast<float*>(place) = n == k ? 1.0f : 0.0f;
      else *reinterpret_cast<std::uint16_t*>(place) = n == k ? 0x3f80 : 0;
    }
  const std::uint64_t of_tile = descriptor | ((base + skipped + start) >> 4 & 0x3fff);
  const std::uint64_t of_unit =
      std::uint64_t{128 >> 4} << 32 | std::uint64_t{1024 >> 4} << 16 | ((base + skipped + unit) >> 4 & 0x3fff);
  std::uint32_t a[4];
  for (int r = 0; r < 4; ++r) a[r] = kTileIsA ? 0 : unit_a[threadIdx.x * 4 + r];
  float d[kN / 2] = {};
  begin_products();
  if constexpr (kTileIsA && kTf32) multiply_shared_tf32(d, of_tile, of_unit);
  if constexpr (kTileIsA && !kTf32) multiply_shared<kMnMajor>(d, of_tile, of_unit);
  if constexpr (!kTileIsA && kTf32) multiply_registers_tf32(d, a, of_tile);
  if constexpr (!kTileIsA && !kTf32) multiply_registers<kMnMajor>(d, a, of_tile);
  finish_products();
  for (int i = 0; i < kN / 2; ++i) result[threadIdx.x * (kN / 2) + i] = d[i];
}

template <int kN, bool kTf32, bool kMnMajor, bool kTileIsA>
std::vector<float> run_product(const WarpgroupProduct& p, const std::vector<std::uint32_t>& tile) {
  const DeviceArray<std::uint32_t> device_tile(tile);
  const DeviceArray<std::uint32_t> unit_a(p.tile_is_a ? std::vector<std::uint32_t>(kThreads * 4) : p.unit_a);
  const DeviceArray<float> result(kThreads * kN / 2);
  const auto kernel = product_kernel<kN, kTf32, kMnMajor, kTileIsA>;
  const unsigned bytes = (p.tile_bytes + kPeriod - 1) / kPeriod * kPeriod + 3 * kPeriod;
  check(cudaFuncSetAttribute(kernel, cudaFuncAttributeMaxDynamicSharedMemorySize, static_cast<int>(bytes)),
        "shared memory of wgmma's probe");
  kernel<<<1, kThreads, bytes>>>(unit_a.data(), reinterpret_cast<const uint4*>(device_tile.data()), p.tile_bytes,
                                 p.descriptor, p.start, result.data());
  finish("wgmma");
  return result.values();
}

std::vector<float> run_product(const WarpgroupProduct& p, const std::vector<std::uint32_t>& tile) {
  if (p.tile_is_a) {
    if (p.tf32) return run_product<64, true, false, true>(p, tile);
    return p.mn_major ? run_product<64, false, true, true>(p, tile) : run_product<64, false, false, true>(p, tile);
  }
  if (p.tf32) return run_product<64, true, false, false>(p, tile);
  switch (p.n) {
    case 64:
      return p.mn_major ? run_product<64, false, true, false>(p, tile) : run_product<64, false, false, false>(p, tile);
    case 128:
      return p.mn_major ? run_product<128, false, true, false>(p, tile)
                        : run_product<128, false, false, false>(p, tile);
    case 256:
      return p.mn_major ? run_product<256, false, true, false>(p, tile)
                        : run_product<256, false, false, false>(p, tile);
    default: throw std::invalid_argument("wgmma: n is 64, 128 or 256");
  }
}

/// A tile whose elements hold a digit of their own number, in base 256.
std::vector<std::uint32_t> numbered_tile(const WarpgroupProduct& p, bool high_digit) {
  std::vector<std::uint32_t> words(p.tile_bytes / 4);
  const auto encoded = [&](std::int64_t element) {
    const auto digit = static_cast<float>(high_digit ? element / kDigit : element % kDigit);
    std::uint32_t bits;
    static_assert(sizeof bits == sizeof digit);
    __builtin_memcpy(&bits, &digit, sizeof bits);
    return bits;
  };
  for (std::size_t i = 0; i < words.size(); ++i) {
    const auto at = static_cast<std::int64_t>(i);
    words[i] = p.tf32 ? encoded(at) : encoded(2 * at) >> 16 | (encoded(2 * at + 1) & 0xffff0000);
  }
  return words;
}

}  // namespace

Table warpgroup_addresses(const WarpgroupProduct& product) {
  const std::vector<float> low = run_product(product, numbered_tile(product, false)),
                           high = run_product(product, numbered_tile(product, true));
  const std::size_t registers = low.size() / kThreads;
  Table table(kThreads);
  for (std::size_t i = 0; i < low.size(); ++i)
    table[i / registers].push_back((static_cast<std::int64_t>(low[i]) + kDigit * static_cast<std::int64_t>(high[i])) *
                                   (product.tf32 ? 4 : 2));
  return table;
}

}  // namespace gan::probes
