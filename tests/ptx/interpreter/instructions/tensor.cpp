// mma.sync, ldmatrix, stmatrix: all 32 lanes together. Sums are made in double and rounded once; hardware promises less.

#include <cstring>

#include "tests/ptx/interpreter/instructions/async.h"
#include "tests/ptx/interpreter/instructions/half.h"
#include "tests/ptx/interpreter/instructions/handlers.h"

namespace gan::ptx {
namespace {

enum Mode { kInput, kAccumulator, kDepth };  // Type, Type, k

double element(Type t, u32 word, u32 half) {
  const auto narrow = static_cast<u16>(word >> (16 * half));
  switch (t) {
    case Type::kF16: return Half{narrow}.to_float();
    case Type::kBF16: return BFloat{narrow}.to_float();
    default: return bits_as<float>(word & 0xffffe000);  // tf32: 10 bits of mantissa are used
  }
}

/// Fragments as the PTX ISA lays them out: g = lane / 4, t = lane % 4.
void mma(Warp& warp, const Instruction& in, Mask) {
  const auto type = static_cast<Type>(in.mode[kInput]), sum = static_cast<Type>(in.mode[kAccumulator]);
  const bool wide = type == Type::kTF32;
  const u32 depth = in.mode[kDepth], per_word = wide ? 1 : 2;
  const u32 a_words = 16 * depth / 32 / per_word, b_words = 8 * depth / 32 / per_word,
            c_words = sum == Type::kF32 ? 4 : 2;
  double a[16][16], b[16][8], c[16][8];
  for (u32 lane = 0; lane < kLanes; ++lane) {
    const u32 g = lane / 4, t = lane % 4;
    for (u32 r = 0; r < a_words; ++r)
      for (u32 h = 0; h < per_word; ++h) {
        const u32 row = g + 8 * (r & 1), column = wide ? t + 4 * (r >> 1) : 2 * t + h + 8 * (r >> 1);
        a[row][column] = element(type, warp.src<u32>(further(warp, in, c_words + r))[lane], h);
      }
    for (u32 r = 0; r < b_words; ++r)
      for (u32 h = 0; h < per_word; ++h)
        b[wide ? t + 4 * r : 2 * t + h + 8 * r][g] =
            element(type, warp.src<u32>(further(warp, in, c_words + a_words + r))[lane], h);
    for (u32 r = 0; r < c_words; ++r) {
      const u32 word = warp.src<u32>(further(warp, in, c_words + a_words + b_words + r))[lane];
      if (sum == Type::kF32) c[g + 8 * (r >> 1)][2 * t + (r & 1)] = bits_as<float>(word);
      else
        for (u32 h = 0; h < 2; ++h) c[g + 8 * r][2 * t + h] = element(Type::kF16, word, h);
    }
  }
  for (auto& row : c) {
    const std::size_t m = static_cast<std::size_t>(&row - c);
    for (std::size_t n = 0; n < 8; ++n)
      for (std::size_t k = 0; k < depth; ++k) row[n] += a[m][k] * b[k][n];
  }
  for (u32 lane = 0; lane < kLanes; ++lane) {
    const u32 g = lane / 4, t = lane % 4;
    for (u32 r = 0; r < c_words; ++r) {
      u32& d = warp.reg<u32>(further(warp, in, r))[lane];
      if (sum == Type::kF32) d = bits_as<u32>(canonical(static_cast<float>(c[g + 8 * (r >> 1)][2 * t + (r & 1)])));
      else d = Half::from(c[g + 8 * r][2 * t]).bits | u32{Half::from(c[g + 8 * r][2 * t + 1]).bits} << 16;
    }
  }
}

/// mode[0] matrices, mode[1] transposed, mode[2] store. Lane 8 m + i gives the address of row i of matrix m.
void matrices(Warp& warp, const Instruction& in, Mask) {
  const u32 n = in.mode[0];
  u16 rows[4][8][8];
  std::byte* at[32];
  for (u32 lane = 0; lane < 8 * n; ++lane) {
    const u64 address =
        (in.mode[5] ? u64{warp.src<u32>(in.a)[lane]} : warp.src<u64>(in.a)[lane]) + static_cast<u64>(in.offset);
    at[lane] = warp.at(in, static_cast<int>(lane), in.space, address, 16, in.mode[2]);
    if (!in.mode[2]) std::memcpy(rows[lane / 8][lane % 8], at[lane], 16);
  }
  if (warp.watched != nullptr) {
    u64 host[kLanes];
    for (u32 lane = 0; lane < 8 * n; ++lane) host[lane] = reinterpret_cast<u64>(at[lane]);
    warp.report(in, in.mode[2] ? AccessKind::kWrite : AccessKind::kRead, Proxy::kGeneric,
                n == 4 ? kAllLanes : (Mask{1} << (8 * n)) - 1, host, 16);
  }
  for (u32 m = 0; m < n; ++m)
    for (u32 lane = 0; lane < kLanes; ++lane)
      for (u32 h = 0; h < 2; ++h) {
        const u32 g = lane / 4, k = 2 * (lane % 4) + h;
        u16& cell = in.mode[1] ? rows[m][k][g] : rows[m][g][k];
        if (in.mode[2]) {
          cell = static_cast<u16>(warp.src<u32>(further(warp, in, m))[lane] >> (16 * h));
        } else {
          u32& d = warp.reg<u32>(further(warp, in, m))[lane];
          d = h == 0 ? cell : (d & 0xffff) | u32{cell} << 16;
        }
      }
  if (in.mode[2])
    for (u32 lane = 0; lane < 8 * n; ++lane) std::memcpy(at[lane], rows[lane / 8][lane % 8], 16);
}

}  // namespace

bool decode_tensor(Decoding& s, Instruction& in) {
  const std::string_view n = s.name();
  if (n == "mma") {
    s.has("sync"), s.has("aligned"), s.has("row"), s.has("col");
    const int shape = s.which({"m16n8k8", "m16n8k16"});
    const Type d = s.type(0), a = s.type(1), b = s.type(2), c = s.type(3);
    const bool known = a == b && c == d && ((a == Type::kTF32 && shape == 0) || a == Type::kF16 || a == Type::kBF16) &&
                       shape >= 0 && (d == Type::kF32 || (d == Type::kF16 && a == Type::kF16));
    if (!known) s.fail("this shape and these types are not covered");
    in.mode[kInput] = static_cast<u8>(a), in.mode[kAccumulator] = static_cast<u8>(d),
    in.mode[kDepth] = shape == 0 ? 8 : 16;
    const u32 per_word = a == Type::kTF32 ? 1 : 2, depth = in.mode[kDepth], sums = d == Type::kF32 ? 4 : 2;
    const std::size_t words[4] = {sums, 16 * depth / 32 / per_word, 8 * depth / 32 / per_word, sums};
    for (std::size_t i = 0; i < 4; ++i) {
      const Operand& o = s.operand(i);
      if ((o.kind == Operand::Kind::kVector ? o.parts.size() : 1) != words[i])
        s.fail("a fragment has another number of registers");
      s.append(o, Type::kB32, in, i == 0);
    }
    in.flow = Flow::kCollective, in.target = kNone;
    in.run = mma;
    return true;
  }
  if (n == "ldmatrix" || n == "stmatrix") {
    const bool store = n == "stmatrix";
    s.has("sync"), s.has("aligned");
    if (!s.has("m8n8")) s.fail("only m8n8 is covered");
    in.mode[0] = static_cast<u8>(1 << s.which({"x1", "x2", "x4"}));
    in.mode[1] = s.has("trans"), in.mode[2] = store;
    in.space = s.space();
    s.type();
    s.address(s.operand(store ? 0 : 1), in);
    s.append(s.operand(store ? 1 : 0), Type::kB32, in, !store);
    if (in.count != in.mode[0]) s.fail("wrong number of registers");
    in.flow = Flow::kCollective, in.target = kNone;
    in.run = matrices;
    return true;
  }
  return false;
}

}  // namespace gan::ptx
