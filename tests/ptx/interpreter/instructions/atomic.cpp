// atom and red.

#include <cstring>

#include "tests/ptx/interpreter/instructions/half.h"
#include "tests/ptx/interpreter/instructions/handlers.h"

namespace gan::ptx {
namespace {

enum class Op : u8 { kAdd, kMin, kMax, kInc, kDec, kAnd, kOr, kXor, kExch, kCas };

template <class T>
T combine(Op op, T old, T b, T c) {
  if constexpr (std::is_integral_v<T>) {
    using U = std::make_unsigned_t<T>;
    switch (op) {
      case Op::kAnd: return old & b;
      case Op::kOr: return old | b;
      case Op::kXor: return old ^ b;
      case Op::kInc: return old >= b ? T{0} : old + 1;
      case Op::kDec: return old == 0 || old > b ? b : old - 1;
      case Op::kAdd: return static_cast<T>(U(old) + U(b));
      default: break;
    }
  }
  switch (op) {
    case Op::kAdd: return old + b;
    case Op::kMin: return b < old ? b : old;
    case Op::kMax: return old < b ? b : old;
    case Op::kExch: return b;
    case Op::kCas: return old == b ? c : old;
    default: return old;
  }
}

/// Tells of the access, and lets the address pass on what the threads that meet there know.
void watch(Warp& warp, const Instruction& in, int lane, const std::byte* at, u32 bytes) {
  if (warp.watched == nullptr) return;
  u64 host[kLanes];
  host[lane] = reinterpret_cast<u64>(at);
  if (RaceDetector* races = warp.watched->races)
    races->synchronize_atomic(host[lane], races->thread_of(warp, lane), in.mode[2]);
  warp.report(in, AccessKind::kAtomic, Proxy::kGeneric, Mask{1} << lane, host, bytes);
}

/// mode[0] operation, mode[1] a result is wanted, mode[2] releases, mode[5] the address has 32 bits.
template <class T>
void atomic(Warp& warp, const Instruction& in, Mask m) {
  const T *b = warp.src<T>(in.b), *c = warp.src<T>(in.c);
  T* d = in.mode[1] ? warp.reg<T>(in.d) : nullptr;
  for (; m != 0; m &= m - 1) {
    const int i = __builtin_ctz(m);
    const u64 address =
        (in.mode[5] ? u64{warp.src<u32>(in.a)[i]} : warp.src<u64>(in.a)[i]) + static_cast<u64>(in.offset);
    std::byte* p = warp.at(in, i, in.space, address, sizeof(T), true);
    watch(warp, in, i, p, sizeof(T));
    T old;
    std::memcpy(&old, p, sizeof old);
    const T value = combine<T>(static_cast<Op>(in.mode[0]), old, b[i], c[i]);
    std::memcpy(p, &value, sizeof value);
    if (d) d[i] = old;
  }
}

template <class H>
void atomic_pair(Warp& warp, const Instruction& in, Mask m) {
  const u32* b = warp.src<u32>(in.b);
  for (; m != 0; m &= m - 1) {
    const int i = __builtin_ctz(m);
    const u64 address =
        (in.mode[5] ? u64{warp.src<u32>(in.a)[i]} : warp.src<u64>(in.a)[i]) + static_cast<u64>(in.offset);
    std::byte* p = warp.at(in, i, in.space, address, 4, true);
    watch(warp, in, i, p, 4);
    u32 old;
    std::memcpy(&old, p, 4);
    const auto sum = [](u32 x, u32 y) -> u32 {
      return H::from(double{H{u16(x)}.to_float()} + H{u16(y)}.to_float()).bits;
    };
    const u32 value = sum(old, b[i]) | sum(old >> 16, b[i] >> 16) << 16;
    std::memcpy(p, &value, 4);
    if (in.mode[1]) warp.reg<u32>(in.d)[i] = old;
  }
}

}  // namespace

bool decode_atomic(Decoding& s, Instruction& in) {
  const bool returns = s.name() == "atom";
  if (!returns && s.name() != "red") return false;
  const int op = s.which({"add", "min", "max", "inc", "dec", "and", "or", "xor", "exch", "cas"});
  if (op < 0) s.fail("an operation is missing or not covered");
  in.space = s.space();
  if (in.space == Space::kGeneric && s.has("shared::cluster")) in.space = Space::kShared;
  in.mode[2] = s.has("release") || s.has("acq_rel");
  in.strong = true;
  s.accept({"relaxed", "acquire", "release", "acq_rel", "cta", "cluster", "gpu", "sys", "noftz"});
  const Type t = s.type();
  in.mode[0] = static_cast<u8>(op), in.mode[1] = returns;
  const std::size_t first = returns ? 1 : 0;
  s.address(s.operand(first), in);
  if (returns) in.d = s.dest(0, t);
  in.b = in.c = s.source(first + 1, t);
  if (op == 9) in.c = s.source(first + 2, t);
  switch (t) {
    case Type::kB32:
    case Type::kU32: in.run = atomic<u32>; break;
    case Type::kS32: in.run = atomic<s32>; break;
    case Type::kB64:
    case Type::kU64: in.run = atomic<u64>; break;
    case Type::kS64: in.run = atomic<s64>; break;
    case Type::kB16:
    case Type::kU16: in.run = atomic<u16>; break;
    case Type::kF32: in.run = atomic<float>; break;
    case Type::kF64: in.run = atomic<double>; break;
    case Type::kF16x2: in.run = atomic_pair<Half>; break;
    case Type::kBF16x2: in.run = atomic_pair<BFloat>; break;
    default: s.fail("this type is not covered");
  }
  return true;
}

}  // namespace gan::ptx
