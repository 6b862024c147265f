// ld and st.

#include <cstring>
#include <type_traits>

#include "tests/ptx/interpreter/instructions/handlers.h"

namespace gan::ptx {

namespace {

u64 address_of(const Warp& warp, const Instruction& in, int i) {
  return (in.mode[5] ? u64{warp.src<u32>(in.a)[i]} : warp.src<u64>(in.a)[i]) + static_cast<u64>(in.offset);
}

/// Host addresses of all lanes at once, if all are right as they nearly always are; else false, and Warp::at finds who is not.
bool all_at(Warp& warp, const Instruction& in, Mask m, u32 bytes, bool write, u64* at) {
  u64 base = 0, size = 0, host = 0;
  if (in.space == Space::kShared)
    base = kSharedStart, size = warp.block->shared_bytes, host = reinterpret_cast<u64>(warp.block->shared);
  else if (in.space == Space::kGlobal && (!write || warp.last_region.writable))
    host = base = warp.last_region.base, size = warp.last_region.bytes;
  if (size < bytes) return false;
  u64 farthest = 0, low_bits = 0;
  const auto check = [&](int i, u64 address) {
    const u64 offset = address - base;
    farthest = offset > farthest ? offset : farthest;
    low_bits |= address;
    at[i] = host + offset;
  };
  const u64 add = static_cast<u64>(in.offset);
  if (in.mode[5]) {
    const u32* a = warp.src<u32>(in.a);
    for_lanes(m, [&](int i) { check(i, a[i] + add); });
  } else {
    const u64* a = warp.src<u64>(in.a);
    for_lanes(m, [&](int i) { check(i, a[i] + add); });
  }
  return farthest <= size - bytes && (low_bits & (bytes - 1)) == 0;
}

/// Host addresses of all lanes of `m`.
void find_all(Warp& warp, const Instruction& in, Mask m, u32 bytes, bool write, u64* at) {
  if (all_at(warp, in, m, bytes, write, at)) return;
  for_lanes(m, [&](int i) {
    at[i] = reinterpret_cast<u64>(warp.at(in, i, in.space, address_of(warp, in, i), bytes, write));
  });
}

/// `E` in memory, `R` in registers; kCount elements.
template <class E, class R, int kCount>
void load(Warp& warp, const Instruction& in, Mask m) {
  R* d[kCount];
  for (int k = 0; k < kCount; ++k) d[k] = warp.reg<R>(warp.program->operands[in.extra + static_cast<u32>(k)]);
  const auto read = [&](int i, const void* from) {
    E e[kCount];
    std::memcpy(e, from, sizeof e);
    for (int k = 0; k < kCount; ++k) d[k][i] = static_cast<R>(e[k]);
  };
  u64 at[kLanes];
  find_all(warp, in, m, sizeof(E) * kCount, false, at);
  for_lanes(m, [&](int i) { read(i, reinterpret_cast<const void*>(at[i])); });
  if (warp.watched != nullptr && in.space != Space::kParam)
    warp.report(in, AccessKind::kRead, Proxy::kGeneric, m, at, sizeof(E) * kCount);
}

template <class E, class R, int kCount>
void store(Warp& warp, const Instruction& in, Mask m) {
  const R* s[kCount];
  for (int k = 0; k < kCount; ++k) s[k] = warp.src<R>(warp.program->operands[in.extra + static_cast<u32>(k)]);
  const auto write = [&](int i, void* to) {
    E e[kCount];
    for (int k = 0; k < kCount; ++k) e[k] = static_cast<E>(s[k][i]);
    std::memcpy(to, e, sizeof e);
  };
  u64 at[kLanes];
  find_all(warp, in, m, sizeof(E) * kCount, true, at);
  if (warp.watched == nullptr) {
    for_lanes(m, [&](int i) { write(i, reinterpret_cast<void*>(at[i])); });
    return;
  }
  Mask silent = 0;  // who writes what is there already
  for (Mask left = m; left != 0; left &= left - 1) {
    const int i = __builtin_ctz(left);
    E before[kCount];
    std::memcpy(before, reinterpret_cast<const void*>(at[i]), sizeof before);
    write(i, reinterpret_cast<void*>(at[i]));
    if (std::memcmp(before, reinterpret_cast<const void*>(at[i]), sizeof before) == 0) silent |= left & -left;
  }
  warp.report(in, AccessKind::kWrite, Proxy::kGeneric, m, at, sizeof(E) * kCount, silent);
}

template <class E, class R>
Handler pick(bool is_load, int count) {
  if constexpr (sizeof(E) * 4 <= 32)
    if (count == 4) return is_load ? load<E, R, 4> : store<E, R, 4>;
  if (count == 2) return is_load ? load<E, R, 2> : store<E, R, 2>;
  return is_load ? load<E, R, 1> : store<E, R, 1>;
}

template <class E, class S>
Handler pick(bool is_load, int count, Width slot) {
  // A narrow element is extended into the whole register, by its own sign.
  using Signed = S;
  switch (slot) {
    case Width::kHalf:
      if constexpr (sizeof(E) <= 2) return pick<Signed, u16>(is_load, count);
      break;
    case Width::kWord:
      if constexpr (sizeof(E) <= 4) return pick<Signed, u32>(is_load, count);
      break;
    case Width::kDouble: return pick<Signed, u64>(is_load, count);
    default: break;
  }
  return nullptr;
}

bool load_or_store(Decoding& s, Instruction& in, bool is_load) {
  in.space = s.space();
  if (in.space == Space::kGeneric && s.has("shared::cluster")) in.space = Space::kShared;
  in.read_only_path = s.has("nc");
  in.strong =
      s.has("relaxed") || s.has("acquire") || s.has("release") || (s.has("volatile") && in.space == Space::kGlobal);
  const int count = s.has("v2") ? 2 : s.has("v4") ? 4 : 1;
  s.accept({"volatile",
            "relaxed",
            "acquire",
            "release",
            "weak",
            "cta",
            "cluster",
            "gpu",
            "sys",
            "nc",
            "ca",
            "cg",
            "cs",
            "lu",
            "cv",
            "wb",
            "wt",
            "L1::evict_last",
            "L1::no_allocate",
            "L1::evict_first",
            "L2::64B",
            "L2::128B",
            "L2::256B"});
  const Type t = s.type();
  const Operand& values = s.operand(is_load ? 0 : 1);
  s.address(s.operand(is_load ? 1 : 0), in);
  if (in.space == Space::kParam && s.is_call_parameter(s.operand(is_load ? 1 : 0).parts[0])) in.space = Space::kLocal;
  const Operand& first = values.kind == Operand::Kind::kVector ? values.parts.at(0) : values;
  Width slot = slot_of(t);
  if (first.kind == Operand::Kind::kRegister) slot = std::max(slot, first.width);
  const Type held = slot == Width::kHalf ? Type::kB16 : slot == Width::kWord ? Type::kB32 : Type::kB64;
  if (values.kind == Operand::Kind::kVector ? values.parts.size() != std::size_t(count) : count != 1)
    s.fail("wrong number of elements");
  if (slot == slot_of(t) && bytes_of(t) > 1) s.append(values, t, in, is_load);
  else s.append(values, held, in, is_load);
  switch (bytes_of(t)) {
    case 1: in.run = is_signed(t) ? pick<u8, s8>(is_load, count, slot) : pick<u8, u8>(is_load, count, slot); break;
    case 2: in.run = is_signed(t) ? pick<u16, s16>(is_load, count, slot) : pick<u16, u16>(is_load, count, slot); break;
    case 4: in.run = is_signed(t) ? pick<u32, s32>(is_load, count, slot) : pick<u32, u32>(is_load, count, slot); break;
    default: in.run = pick<u64, u64>(is_load, count, slot);
  }
  if (in.run == nullptr) s.fail("this width is not covered");
  return true;
}

}  // namespace

bool decode_memory(Decoding& s, Instruction& in) {
  const std::string_view n = s.name();
  if (n == "ld" || n == "ldu") return load_or_store(s, in, true);
  if (n == "st") return load_or_store(s, in, false);
  return false;
}

}  // namespace gan::ptx
