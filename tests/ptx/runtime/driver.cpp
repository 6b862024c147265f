// The one driver function that programs with TMA need, and how they ask for it.

#include <cuda.h>
#include <cuda_runtime_api.h>

#include <cstring>

#include "tests/ptx/interpreter/instructions/tensor_map.h"

namespace ptx = gan::ptx;

namespace {

ptx::u8 bytes_of(CUtensorMapDataType type) {
  switch (type) {
    case CU_TENSOR_MAP_DATA_TYPE_UINT8: return 1;
    case CU_TENSOR_MAP_DATA_TYPE_UINT16:
    case CU_TENSOR_MAP_DATA_TYPE_FLOAT16:
    case CU_TENSOR_MAP_DATA_TYPE_BFLOAT16: return 2;
    case CU_TENSOR_MAP_DATA_TYPE_UINT64:
    case CU_TENSOR_MAP_DATA_TYPE_INT64:
    case CU_TENSOR_MAP_DATA_TYPE_FLOAT64: return 8;
    default: return 4;
  }
}

/// Refuses what the driver's documentation says is refused.
CUresult encode_tiled(CUtensorMap* out, CUtensorMapDataType type, cuuint32_t rank, void* base, const cuuint64_t* sizes,
                      const cuuint64_t* strides, const cuuint32_t* box, const cuuint32_t* steps,
                      CUtensorMapInterleave interleave, CUtensorMapSwizzle swizzle, CUtensorMapL2promotion,
                      CUtensorMapFloatOOBfill fill) {
  if (out == nullptr || reinterpret_cast<ptx::u64>(out) % 64 != 0 || rank < 1 || rank > 5 ||
      reinterpret_cast<ptx::u64>(base) % 16 != 0)
    return CUDA_ERROR_INVALID_VALUE;
  if (interleave != CU_TENSOR_MAP_INTERLEAVE_NONE || swizzle > CU_TENSOR_MAP_SWIZZLE_128B)
    return CUDA_ERROR_NOT_SUPPORTED;
  ptx::TensorMap map;
  map.base = reinterpret_cast<ptx::u64>(base), map.rank = static_cast<ptx::u8>(rank),
  map.element_bytes = bytes_of(type);
  map.swizzle = static_cast<ptx::u8>(swizzle), map.fill_nan = fill != CU_TENSOR_MAP_FLOAT_OOB_FILL_NONE;
  for (cuuint32_t d = 0; d < rank; ++d) {
    if (sizes[d] == 0 || sizes[d] >= ptx::u64{1} << 32 || box[d] == 0 || box[d] > 256 || steps[d] == 0 || steps[d] > 8)
      return CUDA_ERROR_INVALID_VALUE;
    if (steps[d] != 1) return CUDA_ERROR_NOT_SUPPORTED;
    map.sizes[d] = static_cast<ptx::u32>(sizes[d]), map.box[d] = static_cast<ptx::u16>(box[d]),
    map.element_strides[d] = static_cast<ptx::u8>(steps[d]);
    if (d == 0) continue;
    if (strides[d - 1] % 16 != 0 || strides[d - 1] >= ptx::u64{1} << 40) return CUDA_ERROR_INVALID_VALUE;
    map.strides[d - 1] = strides[d - 1];
  }
  const ptx::u32 inner = box[0] * map.element_bytes;
  if (inner % 16 != 0 || (swizzle != CU_TENSOR_MAP_SWIZZLE_NONE && inner > (16u << swizzle)))
    return CUDA_ERROR_INVALID_VALUE;
  static_assert(sizeof(CUtensorMap) == sizeof map);
  std::memcpy(out, &map, sizeof map);
  return CUDA_SUCCESS;
}

/// The same for im2col: a box of base pixels between two corners instead of a box of elements.
CUresult encode_im2col(CUtensorMap* out, CUtensorMapDataType type, cuuint32_t rank, void* base, const cuuint64_t* sizes,
                       const cuuint64_t* strides, const int* lower, const int* upper, cuuint32_t channels,
                       cuuint32_t pixels, const cuuint32_t* steps, CUtensorMapInterleave interleave,
                       CUtensorMapSwizzle swizzle, CUtensorMapL2promotion promotion, CUtensorMapFloatOOBfill fill) {
  if (rank < 3 || rank > 5 || channels == 0 || channels > 256 || pixels == 0 || pixels > 1024)
    return CUDA_ERROR_INVALID_VALUE;
  cuuint32_t box[5] = {channels, 1, 1, 1, 1};
  const cuuint32_t ones[5] = {1, 1, 1, 1, 1};
  const CUresult status =
      encode_tiled(out, type, rank, base, sizes, strides, box, ones, interleave, swizzle, promotion, fill);
  if (status != CUDA_SUCCESS) return status;
  ptx::TensorMap map;
  std::memcpy(static_cast<void*>(&map), out, sizeof map);
  map.im2col = true;
  map.box[0] = static_cast<ptx::u16>(channels), map.box[1] = static_cast<ptx::u16>(pixels);
  constexpr int kCorner[] = {32768, 128, 16};  // by rank 3, 4, 5: corners lie in [-limit, limit)
  for (cuuint32_t d = 0; d + 2 < rank; ++d) {
    const int limit = kCorner[rank - 3];
    if (lower[d] < -limit || lower[d] >= limit || upper[d] < -limit || upper[d] >= limit)
      return CUDA_ERROR_INVALID_VALUE;
    map.lower[d] = static_cast<ptx::s16>(lower[d]), map.upper[d] = static_cast<ptx::s16>(upper[d]);
  }
  for (cuuint32_t d = 0; d < rank; ++d) {
    if (steps[d] == 0 || steps[d] > 8) return CUDA_ERROR_INVALID_VALUE;
    map.element_strides[d] = static_cast<ptx::u8>(steps[d]);
  }
  std::memcpy(out, &map, sizeof map);
  return CUDA_SUCCESS;
}

}  // namespace

extern "C" {

cudaError_t cudaGetDriverEntryPointByVersion(const char* symbol, void** function, unsigned, unsigned long long,
                                             cudaDriverEntryPointQueryResult* found) {
  *function = std::strcmp(symbol, "cuTensorMapEncodeTiled") == 0    ? reinterpret_cast<void*>(encode_tiled)
              : std::strcmp(symbol, "cuTensorMapEncodeIm2col") == 0 ? reinterpret_cast<void*>(encode_im2col)
                                                                    : nullptr;
  const bool known = *function != nullptr;
  if (found) *found = known ? cudaDriverEntryPointSuccess : cudaDriverEntryPointSymbolNotFound;
  return cudaSuccess;
}

}  // extern "C"
