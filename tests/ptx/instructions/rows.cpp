#include "tests/ptx/instructions/rows.h"

#include <cfenv>
#include <cmath>
#include <cstdio>
#include <random>

namespace gan::ptx::test {
namespace {

const u32 kEdges[] = {0,          1,          2,          31,         32,         33,         0x7f,       0x80,
                      0xff,       0x7fff,     0x8000,     0xffff,     0x10000,    0x7fffffff, 0x80000000, 0x80000001,
                      0xffffffff, 0xfffffffe, 0x3f800000, 0xbf800000, 0x3f000000, 0x3fc00000, 0x40200000, 0x00800000,
                      0x007fffff, 0x7f800000, 0xff800000, 0x7fc00000, 0x7f7fffff, 0x4f000000, 0x4f800000, 0x5f000000,
                      0x33800000, 0x3f7fffff, 0x3f800001, 0x4b800001, 0xc2f70000, 0x42c80000, 0x3dcccccd, 0x477fe000,
                      0x477ff000, 0x38800000, 0x33000000};
const u64 kWideEdges[] = {0,
                          1,
                          2,
                          63,
                          64,
                          0x7fffffff,
                          0x80000000,
                          0xffffffff,
                          0x100000000,
                          0x7fffffffffffffff,
                          0x8000000000000000,
                          0x8000000000000001,
                          0xffffffffffffffff,
                          0xfffffffffffffffe,
                          0x3ff0000000000000,
                          0xbff0000000000000,
                          0x4000000000000000,
                          0x0010000000000000,
                          0x000fffffffffffff,
                          0x7ff0000000000000,
                          0xfff0000000000000,
                          0x7ff8000000000000,
                          0x3fefffffffffffff,
                          0x4330000000000001,
                          0x47efffffe0000000,
                          0x36a0000000000000};
constexpr u32 kThreads = 1024, kLaunches = 6;

/// Pairs of edges first, random bits then; `per_thread` values a thread.
template <class T, std::size_t N>
std::vector<T> operands(const T (&edges)[N], u32 per_thread) {
  std::mt19937_64 engine(7);
  std::vector<T> all;
  for (const T a : edges)
    for (const T b : edges) {
      all.push_back(a);
      if (per_thread > 1) all.push_back(b);
      if (per_thread > 2) all.push_back(edges[engine() % N]);
    }
  all.resize(std::size_t{kThreads} * kLaunches * per_thread);
  for (std::size_t i = N * N * per_thread; i < all.size(); ++i) all[i] = static_cast<T>(engine());
  return all;
}

bool close(float got, float want, u32 first) {
  constexpr float kLeastNormal = 1.2e-38f;
  return std::fabs(got - want) <= 3e-7f * std::fabs(want) || std::fabs(want) < kLeastNormal ||
         std::fabs(number(first)) < kLeastNormal;
}

}  // namespace

float under(int mode, const std::function<float()>& f) {
  std::fesetround(mode);
  const float r = f();
  std::fesetround(FE_TONEAREST);
  return r;
}

u32 to_half(float v) {
  if (std::isnan(v)) return 0x7fff;
  const u32 sign = std::signbit(v) ? 0x8000 : 0;
  const double a = std::fabs(static_cast<double>(v));
  if (a >= 65520) return sign | 0x7c00;
  const auto value = [](u32 h) {
    return h < 0x400 ? std::ldexp(h, -24) : std::ldexp(1024 + (h & 1023), static_cast<int>(h >> 10) - 25);
  };
  u32 low = 0, high = 0x7bff;
  while (low < high) {
    const u32 middle = (low + high + 1) / 2;
    if (value(middle) <= a) low = middle;
    else high = middle - 1;
  }
  const double below = a - value(low), above = (low == 0x7bff ? 65536 : value(low + 1)) - a;
  return sign | (below < above || (below == above && low % 2 == 0) ? low : low + 1);
}

u32 saturated(double v, double least, double most) {
  if (std::isnan(v)) return 0;
  return static_cast<u32>(static_cast<s64>(v <= least ? least : v >= most ? most : v));
}

void check_rows(std::span<const Row> rows) {
  for (const Row& row : rows) {
    INFO(row.body);
    const Words input = operands(kEdges, row.inputs);
    int wrong = 0;
    for (u32 launch = 0; launch < kLaunches; ++launch) {
      const auto first = input.begin() + launch * kThreads * row.inputs;
      const Words part(first, first + kThreads * row.inputs);
      const Words out = run_everywhere({.body = row.body, .inputs = row.inputs, .threads = kThreads}, part);
      for (u32 i = 0; i < kThreads; ++i) {
        const u32* v = &part[i * row.inputs];
        const u32 want = row.f(v[0], row.inputs > 1 ? v[1] : 0, row.inputs > 2 ? v[2] : 0);
        if (out[i] == want || (std::isnan(number(want)) && std::isnan(number(out[i])))) continue;
        if (row.approximate && close(number(out[i]), number(want), v[0])) continue;
        if (wrong++ != 0) continue;
        char text[120];
        std::snprintf(text, sizeof text, "%08x %08x -> %08x, not %08x", v[0], row.inputs > 1 ? v[1] : 0, out[i], want);
        WARN(row.body << ": " << text);
      }
    }
    CHECK(wrong == 0);
  }
}

void check_rows(std::span<const WideRow> rows) {
  for (const WideRow& row : rows) {
    INFO(row.body);
    const std::vector<u64> input = operands(kWideEdges, row.inputs);
    std::string body;
    for (u32 i = 0; i < row.inputs; ++i)
      body += "mov.b64 %d" + std::to_string(i) + ", {%i" + std::to_string(2 * i) + ", %i" + std::to_string(2 * i + 1) +
              "};\n";
    body += std::string(row.body) + "\nmov.b64 {%o0, %o1}, %d3;";
    int wrong = 0;
    for (u32 launch = 0; launch < kLaunches; ++launch) {
      const u64* first = input.data() + std::size_t{launch} * kThreads * row.inputs;
      Words part(std::size_t{2} * kThreads * row.inputs);
      __builtin_memcpy(part.data(), first, part.size() * 4);
      const Words out =
          run_everywhere({.body = body, .inputs = 2 * row.inputs, .outputs = 2, .threads = kThreads}, part);
      for (u32 i = 0; i < kThreads; ++i) {
        const u64* v = first + i * row.inputs;
        const u64 want = row.f(v[0], row.inputs > 1 ? v[1] : 0, row.inputs > 2 ? v[2] : 0);
        const u64 got = u64{out[2 * i + 1]} << 32 | out[2 * i];
        if (got == want || (std::isnan(wide_number(want)) && std::isnan(wide_number(got)))) continue;
        if (wrong++ != 0) continue;
        char text[120];
        std::snprintf(text, sizeof text, "%016llx %016llx -> %016llx, not %016llx",
                      static_cast<unsigned long long>(v[0]), static_cast<unsigned long long>(row.inputs > 1 ? v[1] : 0),
                      static_cast<unsigned long long>(got), static_cast<unsigned long long>(want));
        WARN(row.body << ": " << text);
      }
    }
    CHECK(wrong == 0);
  }
}

}  // namespace gan::ptx::test
