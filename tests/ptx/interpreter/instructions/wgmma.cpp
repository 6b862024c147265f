// wgmma: products of a warpgroup, from shared memory, done only when they are waited for. Until then the accumulators
// hold NaN, so that whoever reads them too early sees it.

#include <algorithm>
#include <cstring>

#include "tests/ptx/interpreter/instructions/async.h"
#include "tests/ptx/interpreter/instructions/half.h"
#include "tests/ptx/interpreter/instructions/handlers.h"
#include "tests/ptx/interpreter/instructions/tensor_map.h"

namespace gan::ptx {
namespace {

enum Mode { kInput, kColumns, kDepth, kTransposes };  // Type; N / 8; k; bit 0: A is m-major, bit 1: B is n-major

/// A shared-memory matrix descriptor, and where the elements of an operand lie.
struct Descriptor {
  u32 start, leading, stride, mode;

  Descriptor(const Warp& warp, const Instruction& in, u64 bits) {
    start = static_cast<u32>(bits & 0x3fff) << 4;
    leading = static_cast<u32>(bits >> 16 & 0x3fff) << 4;
    stride = static_cast<u32>(bits >> 32 & 0x3fff) << 4;
    mode = (4 - static_cast<u32>(bits >> 62)) % 4;  // 1: 128B, 2: 64B, 3: 32B
    if ((bits >> 49 & 7) != 0)
      warp.fault(in, -1, Fault::Kind::kUndefined, "a matrix descriptor with a base offset is not covered");
  }

  u32 address(u32 mn, u32 k, bool mn_major, u32 bytes) const {
    const u32 chunks = 1u << mode, q = 16 / bytes;
    u32 at = start;
    if (!mn_major && mode == 0) at += mn / 8 * stride + mn % 8 * 16 + k / q * leading + k % q * bytes;
    else if (!mn_major) at += mn / 8 * stride + mn % 8 * 16 * chunks + k / q * 16 + k % q * bytes;
    else if (mode == 0) at += mn / q * stride + mn % q * bytes + k / 8 * leading + k % 8 * 16;
    else at += mn / (q * chunks) * leading + mn % (q * chunks) * bytes + k / 8 * stride + k % 8 * 16 * chunks;
    return swizzled(at, mode);
  }
};

float element(Type t, const std::byte* p) {
  u16 narrow;
  u32 wide;
  if (t == Type::kTF32) return std::memcpy(&wide, p, 4), bits_as<float>(wide & 0xffffe000);
  std::memcpy(&narrow, p, 2);
  return t == Type::kF16 ? Half{narrow}.to_float() : BFloat{narrow}.to_float();
}

float from_register(Type t, u32 word, u32 half) {
  if (t == Type::kTF32) return bits_as<float>(word & 0xffffe000);
  const u16 narrow = static_cast<u16>(word >> (16 * half));
  return t == Type::kF16 ? Half{narrow}.to_float() : BFloat{narrow}.to_float();
}

/// The rows of this warp: adds A B to `sums`, which holds a value per accumulator register and lane.
void multiply(Warp& warp, const PendingWgmma& job, std::vector<float>& sums) {
  const Instruction& in = *job.in;
  const auto type = static_cast<Type>(in.mode[kInput]);
  const u32 columns = 8u * in.mode[kColumns], depth = in.mode[kDepth], bytes = type == Type::kTF32 ? 4 : 2,
            first = 16 * (warp.index % 4);
  std::vector<float> a(16 * depth), b(columns * depth);
  const auto fetch = [&](const Descriptor& d, u32 mn, u32 k, bool major) {
    return element(type, warp.at(in, 0, Space::kShared, d.address(mn, k, major, bytes), bytes, false));
  };
  const Descriptor of_b(warp, in, job.b_descriptor);
  for (u32 n = 0; n < columns; ++n)
    for (u32 k = 0; k < depth; ++k) b[n * depth + k] = fetch(of_b, n, k, in.mode[kTransposes] & 2);
  if (job.a_registers.empty()) {
    const Descriptor of_a(warp, in, job.a_descriptor);
    for (u32 m = 0; m < 16; ++m)
      for (u32 k = 0; k < depth; ++k) a[m * depth + k] = fetch(of_a, first + m, k, in.mode[kTransposes] & 1);
  } else {
    for (u32 lane = 0; lane < kLanes; ++lane)
      for (u32 r = 0; r < 4; ++r)
        for (u32 h = 0; h < 4 / bytes; ++h) {
          const u32 m = lane / 4 + 8 * (r & 1),
                    k = bytes == 4 ? lane % 4 + 4 * (r >> 1) : 2 * (lane % 4) + h + 8 * (r >> 1);
          a[m * depth + k] = from_register(type, job.a_registers[r * kLanes + lane], h);
        }
  }
  for (u32 r = 0; r < columns / 2; ++r)
    for (u32 lane = 0; lane < kLanes; ++lane) {
      const u32 m = lane / 4 + 8 * (r >> 1 & 1), n = 8 * (r >> 2) + 2 * (lane % 4) + (r & 1);
      float& sum = sums[r * kLanes + lane];
      double total = job.scale_d ? sum : 0.0f;
      for (u32 k = 0; k < depth; ++k) total += double{a[m * depth + k]} * b[n * depth + k];
      sum = static_cast<float>(total);
    }
}

/// Tells of what an operand reads: rows of 16 bytes in shared memory, by the asynchronous proxy.
void report_operand(Warp& warp, const Instruction& in, const Descriptor& d, u32 first, u32 count, u32 depth,
                    bool mn_major, u32 bytes) {
  const u32 chunk = 16 / bytes;
  for (u32 mn = first; mn < first + count; mn += mn_major ? chunk : 1)
    for (u32 k = 0; k < depth; k += mn_major ? 1 : chunk) {
      u64 host[kLanes];
      host[0] = reinterpret_cast<u64>(warp.at(in, 0, Space::kShared, d.address(mn, k, mn_major, bytes), 16, false));
      warp.report(in, AccessKind::kRead, Proxy::kAsync, 1, host, 16);
    }
}

void report_operands(Warp& warp, const PendingWgmma& job) {
  if (warp.watched == nullptr) return;
  const Instruction& in = *job.in;
  const u32 bytes = static_cast<Type>(in.mode[kInput]) == Type::kTF32 ? 4 : 2, depth = in.mode[kDepth];
  report_operand(warp, in, Descriptor(warp, in, job.b_descriptor), 0, 8u * in.mode[kColumns], depth,
                 in.mode[kTransposes] & 2, bytes);
  if (job.a_registers.empty())
    report_operand(warp, in, Descriptor(warp, in, job.a_descriptor), 16 * (warp.index % 4), 16, depth,
                   in.mode[kTransposes] & 1, bytes);
}

/// setmaxnreg: what a thread of this warp holds from now on; the block's end checks that the promises fit.
void set_registers(Warp& warp, const Instruction& in, Mask) { warp.registers = in.extra; }

u64 uniform(Warp& warp, const Instruction& in, u32 ref) {
  const u64* v = warp.src<u64>(ref);
  for (int i = 1; i < kLanes; ++i)
    if (v[i] != v[0]) warp.fault(in, i, Fault::Kind::kUndefined, "lanes give different matrix descriptors");
  return v[0];
}

bool same_accumulator(const Warp& warp, const Instruction& a, const Instruction& b) {
  return a.mode[kColumns] == b.mode[kColumns] && further(warp, a, 0) == further(warp, b, 0);
}

void issue(Warp& warp, const Instruction& in, Mask) {
  if (warp.block->warps.size() / 4 <= warp.index / 4)
    warp.fault(in, -1, Fault::Kind::kUndefined, "wgmma needs four whole warps");
  const u32 words = 4u * in.mode[kColumns];
  const bool held = std::any_of(warp.wgmmas.begin(), warp.wgmmas.end(),
                                [&](const PendingWgmma& p) { return same_accumulator(warp, *p.in, in); });
  if (!held && !warp.wgmma_fenced)
    warp.fault(in, -1, Fault::Kind::kUndefined,
               "wgmma without a wgmma.fence since its registers were last in other hands");
  PendingWgmma job;
  job.in = &in;
  job.b_descriptor = uniform(warp, in, in.b);
  const Mask scale = warp.pred(in.c);
  if (scale != 0 && scale != kAllLanes) warp.fault(in, -1, Fault::Kind::kUndefined, "lanes disagree on scale-d");
  job.scale_d = scale != 0;
  if (in.a != kNone) {
    job.a_descriptor = uniform(warp, in, in.a);
  } else {
    for (u32 r = 0; r < 4; ++r) {
      const u32* v = warp.src<u32>(further(warp, in, words + r));
      job.a_registers.insert(job.a_registers.end(), v, v + kLanes);
    }
  }
  // The four warps must agree, instruction by instruction.
  auto& log = warp.block->wgmma_log[warp.index / 4];
  const std::array<u64, 3> said{job.a_descriptor, job.b_descriptor, static_cast<u64>(&in - warp.program->code.data())};
  if (warp.wgmma_count == log.size()) log.push_back(said);
  else if (log[warp.wgmma_count] != said)
    warp.fault(in, -1, Fault::Kind::kUndefined, "the warps of a warpgroup differ in their wgmma");
  ++warp.wgmma_count;
  if (!held) {
    std::vector<float>& sums = warp.accumulators[further(warp, in, 0)];
    sums.resize(words * kLanes);
    for (u32 r = 0; r < words; ++r) {
      u32* d = warp.reg<u32>(further(warp, in, r));
      std::memcpy(&sums[r * kLanes], d, 4 * kLanes);
      std::memset(d, 0xff, 4 * kLanes);
    }
  }
  report_operands(warp, job);
  warp.wgmmas.push_back(std::move(job));
}

void fence(Warp& warp, const Instruction&, Mask) { warp.wgmma_fenced = true; }

void commit(Warp& warp, const Instruction&, Mask) {
  for (PendingWgmma& p : warp.wgmmas)
    if (p.group == kNone) p.group = warp.wgmma_groups;
  ++warp.wgmma_groups;
}

void wait(Warp& warp, const Instruction& in, Mask) {
  std::vector<PendingWgmma> kept, done;
  for (PendingWgmma& p : warp.wgmmas)
    (p.group != kNone && p.group + in.extra < warp.wgmma_groups ? done : kept).push_back(std::move(p));
  warp.wgmmas = std::move(kept);
  for (const PendingWgmma& p : done) report_operands(warp, p);  // they may have been overwritten since
  if (RaceDetector* races = warp.block->cluster->races)
    for (int i = 0; i < kLanes; ++i) races->landed_for(races->thread_of(warp, i));
  for (const PendingWgmma& p : done) multiply(warp, p, warp.accumulators[further(warp, *p.in, 0)]);
  for (const PendingWgmma& p : done) {
    const bool held = std::any_of(warp.wgmmas.begin(), warp.wgmmas.end(),
                                  [&](const PendingWgmma& o) { return same_accumulator(warp, *o.in, *p.in); });
    if (held) continue;
    const std::vector<float>& sums = warp.accumulators[further(warp, *p.in, 0)];
    for (u32 r = 0; r < 4u * p.in->mode[kColumns]; ++r)
      std::memcpy(warp.reg<u32>(further(warp, *p.in, r)), &sums[r * kLanes], 4 * kLanes);
    warp.wgmma_fenced = false;
  }
}

bool decode_product(Decoding& s, Instruction& in) {
  s.has("sync"), s.has("aligned");
  for (int n = 8; n <= 256; n += 8)
    for (int k : {8, 16})
      if (s.has("m64n" + std::to_string(n) + "k" + std::to_string(k)))
        in.mode[kColumns] = static_cast<u8>(n / 8), in.mode[kDepth] = static_cast<u8>(k);
  const Type d = s.type(0), a = s.type(1), b = s.type(2);
  const bool wide = a == Type::kTF32;
  if (in.mode[kColumns] == 0 || d != Type::kF32 || a != b || (!wide && a != Type::kF16 && a != Type::kBF16) ||
      in.mode[kDepth] != (wide ? 8 : 16))
    s.fail("this shape and these types are not covered");
  in.mode[kInput] = static_cast<u8>(a);
  s.append(s.operand(0), Type::kB32, in, true);
  if (in.count != 4u * in.mode[kColumns]) s.fail("wrong number of accumulators");
  const bool registers = s.operand(1).kind == Operand::Kind::kVector;
  in.a = kNone;
  if (registers) s.append(s.operand(1), Type::kB32, in, false);
  else in.a = s.source(1, Type::kB64);
  in.b = s.source(2, Type::kB64), in.c = s.source(3, Type::kPred);
  const auto immediate = [&](std::size_t i) { return s.operands().size() > i ? s.operand(i).number : 0; };
  if (immediate(4) != 1 || immediate(5) != 1) s.fail("negated operands are not covered");
  if (registers) in.mode[kTransposes] = static_cast<u8>(2 * immediate(6));
  else in.mode[kTransposes] = static_cast<u8>(immediate(6) + 2 * immediate(7));
  if (wide && in.mode[kTransposes] != 0) s.fail("tf32 is K-major");
  in.run = issue;
  return true;
}

}  // namespace

bool decode_wgmma(Decoding& s, Instruction& in) {
  if (s.name() == "setmaxnreg") {
    s.has("inc"), s.has("dec"), s.has("sync"), s.has("aligned"), s.has("u32");
    const s64 n = s.operand(0).number;
    if (n < 24 || n > 256 || n % 8 != 0) s.fail("24 to 256 registers, by 8");
    in.flow = Flow::kCollective, in.target = kNone, in.run = set_registers;
    in.extra = static_cast<u32>(n);
    return true;
  }
  if (s.name() != "wgmma") return false;
  in.flow = Flow::kCollective, in.target = kNone;
  if (s.has("mma_async")) return decode_product(s, in);
  s.has("sync"), s.has("aligned");
  if (s.has("fence")) in.run = fence;
  else if (s.has("commit_group")) in.run = commit;
  else if (s.has("wait_group")) in.run = wait, in.extra = static_cast<u32>(s.operand(0).number);
  else s.fail("not covered");
  return true;
}

}  // namespace gan::ptx
