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
    if (sizes[d] == 0 || sizes[d] > ptx::u64{1} << 32 || box[d] == 0 || box[d] > 256 || steps[d] == 0 || steps[d] > 8)
      return CUDA_ERROR_INVALID_VALUE;
    if (steps[d] != 1) return CUDA_ERROR_NOT_SUPPORTED;
    map.sizes[d] = sizes[d], map.box[d] = static_cast<ptx::u16>(box[d]),
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

}  // namespace

extern "C" {

cudaError_t cudaGetDriverEntryPointByVersion(const char* symbol, void** function, unsigned, unsigned long long,
                                             cudaDriverEntryPointQueryResult* found) {
  const bool known = std::strcmp(symbol, "cuTensorMapEncodeTiled") == 0;
  *function = known ? reinterpret_cast<void*>(encode_tiled) : nullptr;
  if (found) *found = known ? cudaDriverEntryPointSuccess : cudaDriverEntryPointSymbolNotFound;
  return cudaSuccess;
}

}  // extern "C"
