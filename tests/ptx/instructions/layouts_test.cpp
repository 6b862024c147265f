// Fragments, descriptors, swizzles, mbarriers and cvt.rna against tables that were compared with CUTLASS
// entry by entry (tests/data/tensor-core-layouts.json says from where each is).

#include <fstream>
#include <functional>
#include <nlohmann/json.hpp>
#include <random>

#include "tests/ptx/instructions/rows.h"
#include "tests/ptx/interpreter/device_memory.h"
#include "tests/ptx/interpreter/instructions/half.h"

namespace gan::ptx::test {
namespace {

using nlohmann::json;

std::mt19937 engine(1);
int small() { return static_cast<int>(engine() % 9) - 4; }

u32 narrow(const std::string& type, float v) { return type == "f16" ? Half::from(v).bits : BFloat::from(v).bits; }

std::string list(const char* prefix, u32 first, u32 count) {
  std::string s = "{";
  for (u32 i = 0; i < count; ++i) s += (i ? "," : "") + std::string(prefix) + std::to_string(first + i);
  return s + "}";
}

/// Puts a matrix into registers as the table says: words of lane `lane`.
void put(const json& operand, const std::string& type, const std::vector<float>& matrix, u32 lane,
         std::vector<u32>& words) {
  const u32 per = operand["elements_per_register"], registers = operand["registers"];
  for (u32 r = 0; r < registers; ++r) {
    u32 word = 0;
    for (u32 h = 0; h < per; ++h) {
      const float v = matrix[operand["table"][lane][r * per + h].get<std::size_t>()];
      word |= per == 1 ? bits(v) : narrow(type, v) << (16 * h);
    }
    words.push_back(word);
  }
}

void test_mma(const std::string& name, const json& m, const std::string& type, const std::string& sum) {
  const json &A = m["A"], &B = m["B"], &C = m["C_" + sum];
  const u32 k = A["columns"], ra = A["registers"], rb = B["registers"], rc = C["registers"];
  std::vector<float> a(16 * k), b(8 * k), c(128);
  for (auto* v : {&a, &b, &c})
    for (float& x : *v) x = static_cast<float>(small());
  std::vector<u32> input;
  for (u32 lane = 0; lane < 32; ++lane)
    put(A, type, a, lane, input), put(B, type, b, lane, input), put(C, "f16", c, lane, input);
  Snippet test{"mma.sync.aligned.m16n8k" + std::to_string(k) + ".row.col." + sum + "." + type + "." + type + "." + sum +
                   " " + list("%o", 0, rc) + ", " + list("%i", 0, ra) + ", " +
                   (rb == 1 ? "{%i" + std::to_string(ra) + "}" : list("%i", ra, rb)) + ", " + list("%i", ra + rb, rc) +
                   ";",
               ra + rb + rc, rc, 32, 0};
  const std::vector<u32> out = run_everywhere(test, input);
  int wrong = 0;
  for (u32 lane = 0; lane < 32; ++lane) {
    std::vector<float> d(128);
    for (u32 i = 0; i < 128; ++i) {
      d[i] = c[i];
      for (u32 l = 0; l < k; ++l) d[i] += a[i / 8 * k + l] * b[l * 8 + i % 8];
    }
    std::vector<u32> expected;
    put(C, "f16", d, lane, expected);
    for (u32 r = 0; r < rc; ++r) wrong += out[lane * rc + r] != expected[r];
  }
  INFO(name << " " << type << " " << sum << ": " << std::to_string(wrong) << " registers wrong");
  CHECK(wrong == 0);
}

void test_ldmatrix(const json& tables) {
  for (const char* n : {"x1", "x2", "x4"})
    for (const char* trans : {"", ".trans"}) {
      const u32 count = static_cast<u32>(n[1] - '0');
      // Each lane stores 8 halves at its row: values are their index; then ldmatrix.
      Snippet test{
          "mov.u32 %x0, dyn;\nshl.b32 %x1, %t0, 4;\nadd.u32 %x0, %x0, %x1;\nst.shared.v4.b32 [%x0], "
          "{%i0,%i1,%i2,%i3};\nbar.sync 0;\n"
          "ldmatrix.sync.aligned.m8n8." +
              std::string(n) + trans + ".shared.b16 " + list("%o", 0, count) + ", [%x0];",
          4, count, 32, 512};
      std::vector<u32> input;
      for (u32 i = 0; i < 128; ++i) input.push_back(2 * i | (2 * i + 1) << 16);
      const std::vector<u32> out = run_everywhere(test, input);
      const json& table = tables[std::string(n) + trans];
      int wrong = 0;
      for (u32 lane = 0; lane < 32; ++lane)
        for (u32 r = 0; r < 2 * count; ++r)
          wrong += (out[lane * count + r / 2] >> (16 * (r % 2)) & 0xffff) != table[lane][r].get<u32>();
      INFO(std::string("ldmatrix ") << n << trans);
      CHECK(wrong == 0);
    }
}

/// B is the tile under its descriptor, A comes from registers; D by the accumulator's table.
void test_descriptor(const json& w, const json& c, std::size_t index) {
  if (c["chunks"].is_null()) return;
  const std::string type = c["type"];
  const bool k_major = c["major"] == "K", wide = type == "tf32";
  const u32 e = c["element_bytes"], mn = c["mn"], k = c["k"], n = c["instruction_mn"], kk = c["instruction_k"],
            q = 16 / e;
  std::vector<float> tile(mn * k), a(64 * kk);
  for (float& x : tile) x = static_cast<float>(small());
  for (float& x : a) x = static_cast<float>(small());
  std::vector<u8> memory(mn * k * e);
  for (u32 i = 0; i < mn; ++i)
    for (u32 l = 0; l < k; ++l) {
      const u32 chunk = k_major ? c["chunks"][i][l / q] : c["chunks"][l][i / q];
      const u32 at = chunk + (k_major ? l % q : i % q) * e,
                word = wide ? bits(tile[i * k + l]) : narrow(type, tile[i * k + l]);
      __builtin_memcpy(memory.data() + at, &word, e);
    }
  const u64 descriptor =
      std::stoull(c["descriptor_hex_at_start_0x2400"].get<std::string>(), nullptr, 16) - 0x240 + (kSharedStart >> 4);
  const json& starts = c["descriptor_start"];
  const json& A = w[wide ? "A_registers_tf32_m64k8" : "A_registers_bf16_and_f16_m64k16"];
  const u32 words = n / 2, copy = static_cast<u32>(memory.size()) / 16 / 128;
  for (std::size_t kb = 0; kb < starts.size(); ++kb)
    for (std::size_t mb = 0; mb < starts[kb].size(); ++mb) {
      // Input: per thread 4 words of A, then its share of the tile.
      Snippet test{"", 4 + 4 * copy, words, 128, static_cast<u32>(memory.size())};
      test.body = "mov.u32 %x0, dyn;\nshl.b32 %x1, %t0, 4;\nadd.u32 %x0, %x0, %x1;\n";
      for (u32 j = 0; j < copy; ++j)
        test.body += "st.shared.v4.b32 [%x0+" + std::to_string(2048 * j) + "], " + list("%i", 4 + 4 * j, 4) + ";\n";
      test.body += "fence.proxy.async.shared::cta;\nbar.sync 0;\nsetp.eq.u32 %p0, 0, 1;\nmov.b64 %d0, " +
                   std::to_string(descriptor + starts[kb][mb].get<u64>() / 16) + ";\n";
      test.body += "wgmma.fence.sync.aligned;\nwgmma.mma_async.sync.aligned.m64n" + std::to_string(n) + "k" +
                   std::to_string(kk) + ".f32." + type + "." + type + " " + list("%o", 0, words) +
                   ", {%i0,%i1,%i2,%i3}, %d0, %p0, 1, 1" +
                   (wide      ? ""
                    : k_major ? ", 0"
                              : ", 1") +
                   ";\nwgmma.commit_group.sync.aligned;\nwgmma.wait_group.sync.aligned 0;\n";
      std::vector<u32> input;
      for (u32 t = 0; t < 128; ++t) {
        put(A, type, a, t, input);
        for (u32 j = 0; j < copy; ++j)
          for (u32 i = 0; i < 4; ++i) {
            u32 word;
            __builtin_memcpy(&word, memory.data() + 2048 * j + 16 * t + 4 * i, 4);
            input.push_back(word);
          }
      }
      const std::vector<u32> out = run_everywhere(test, input);
      int wrong = 0;
      for (u32 t = 0; t < 128; ++t)
        for (u32 r = 0; r < words; ++r) {
          const u32 cell = w["accumulator_f32"]["table"][t][r], row = cell / 256, column = cell % 256;
          float sum = 0;
          for (u32 l = 0; l < kk; ++l) sum += a[row * kk + l] * tile[(mb * n + column) * k + kb * kk + l];
          wrong += !(number(out[t * words + r]) == sum);
        }
      INFO("descriptor case " << std::to_string(index) << " block " << std::to_string(kb) << ", " << std::to_string(mb)
                              << ": " << std::to_string(wrong) << " wrong");
      CHECK(wrong == 0);
    }
}

void test_mbarrier(const json& trace) {
  std::string body = "mov.u32 %x0, dyn;\n";
  u32 o = 0;
  for (const json& step : trace) {
    const std::string op = step[0], value = std::to_string(step[1].get<int>());
    if (op == "init") body += "mbarrier.init.shared::cta.b64 [%x0], " + value + ";\n";
    if (op == "arrive") body += "mbarrier.arrive.shared::cta.b64 _, [%x0], " + value + ";\n";
    if (op == "expect") body += "mbarrier.expect_tx.relaxed.cta.shared::cta.b64 [%x0], " + value + ";\n";
    if (op == "arrive_expect") body += "mbarrier.arrive.expect_tx.shared::cta.b64 _, [%x0], " + value + ";\n";
    if (op == "complete") body += "mbarrier.complete_tx.relaxed.cta.shared::cta.b64 [%x0], " + value + ";\n";
    for (const char* parity : {"0", "1"})
      body += "mbarrier.test_wait.parity.shared::cta.b64 %p0, [%x0], " + std::string(parity) + ";\nselp.b32 %o" +
              std::to_string(o++) + ", 1, 0, %p0;\n";
  }
  const std::vector<u32> out = run_everywhere({.body = body, .outputs = o, .threads = 1, .shared = 64}, {0});
  for (std::size_t i = 0; i < trace.size(); ++i) {
    INFO("mbarrier trace, step " << std::to_string(i) << " " << trace[i].dump());
    CHECK((out[2 * i] == trace[i][5].get<u32>() && out[2 * i + 1] == trace[i][6].get<u32>()));
  }
}

void test_cvt(const json& cases) {
  for (const json& c : cases) {
    const u32 in = static_cast<u32>(std::stoul(c[0].get<std::string>(), nullptr, 16));
    const u32 out = run_everywhere({.body = "cvt.rna.tf32.f32 %o0, %i0;", .threads = 1}, {in})[0];
    const bool ok = c[1] == "nan" ? std::isnan(number(out))
                                  : out == static_cast<u32>(std::stoul(c[1].get<std::string>(), nullptr, 16));
    INFO("cvt.rna.tf32.f32 of " << c[0].get<std::string>());
    CHECK(ok);
  }
}

/// stmatrix is the inverse: the same registers at the same addresses.
void test_stmatrix(const json& tables) {
  for (const char* n : {"x1", "x2", "x4"})
    for (const char* trans : {"", ".trans"}) {
      const u32 count = static_cast<u32>(n[1] - '0');
      const Snippet test{.body =
                             "mov.u32 %x0, dyn;\nshl.b32 %x1, %t0, 4;\nadd.u32 %x0, %x0, %x1;\nmov.u32 %x2, 0;\n"
                             "st.shared.v4.b32 [%x0], {%x2,%x2,%x2,%x2};\nbar.sync 0;\nstmatrix.sync.aligned.m8n8." +
                             std::string(n) + trans + ".shared.b16 [%x0], " + list("%i", 0, count) +
                             ";\nbar.sync 0;\nld.shared.v4.b32 " + list("%o", 0, 4) + ", [%x0];",
                         .inputs = count,
                         .outputs = 4,
                         .shared = 512};
      const json& table = tables[std::string(n) + trans];
      std::vector<u32> input;
      for (u32 lane = 0; lane < 32; ++lane)
        for (u32 r = 0; r < count; ++r)
          input.push_back(table[lane][2 * r].get<u32>() | table[lane][2 * r + 1].get<u32>() << 16);
      const std::vector<u32> out = run_everywhere(test, input);
      int wrong = 0;
      for (u32 i = 0; i < 64 * count; ++i) wrong += (out[i / 2] >> (16 * (i % 2)) & 0xffff) != i;
      INFO("stmatrix " << n << trans);
      CHECK(wrong == 0);
    }
}

const json& sheet() {
  static const json all = json::parse(std::ifstream(GAN_LAYOUTS));
  return all;
}

TEST_CASE("fragments of mma.sync", "[ptx]") {
  const json& tables = sheet()["mma"];
  for (int seed = 0; seed < 4; ++seed) {
    for (const char* type : {"bf16", "f16"})
      for (const char* name : {"m16n8k16_bf16_and_f16", "m16n8k8_bf16_and_f16"})
        test_mma(name, tables[name], type, "f32");
    test_mma("m16n8k16", tables["m16n8k16_bf16_and_f16"], "f16", "f16");
    test_mma("m16n8k8", tables["m16n8k8_tf32"], "tf32", "f32");
  }
}

TEST_CASE("ldmatrix and stmatrix", "[ptx]") {
  test_ldmatrix(sheet()["ldmatrix"]);
  test_stmatrix(sheet()["ldmatrix"]);
}

TEST_CASE("descriptors, swizzles and accumulators of wgmma", "[ptx]") {
  std::size_t index = 0;
  for (const json& c : sheet()["wgmma"]["descriptor_cases"]["cases"]) test_descriptor(sheet()["wgmma"], c, index++);
}

TEST_CASE("phases of an mbarrier", "[ptx]") {
  for (const json& trace : sheet()["mbarrier"]["traces"]) test_mbarrier(trace);
}

TEST_CASE("rounding to tf32", "[ptx]") { test_cvt(sheet()["cvt_rna_tf32_f32"]["cases"]); }

}  // namespace
}  // namespace gan::ptx::test
