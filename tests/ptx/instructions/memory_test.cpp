// Every form of ld and st: which bytes, how they are extended, in which order.

#include <cstring>

#include "tests/ptx/instructions/snippet.h"
#include "tests/support/catch.h"

namespace gan::ptx::test {
namespace {

struct ElementType {
  std::string name;
  u32 bytes;
  bool is_signed;
};
const ElementType kTypes[] = {{"u8", 1, false},  {"s8", 1, true},   {"b8", 1, false},  {"u16", 2, false},
                              {"s16", 2, true},  {"b16", 2, false}, {"u32", 4, false}, {"s32", 4, true},
                              {"b32", 4, false}, {"f32", 4, false}, {"u64", 8, false}, {"s64", 8, true},
                              {"b64", 8, false}, {"f64", 8, false}};
constexpr u32 kSlot = 16;  ///< bytes of memory a thread has to itself

/// Bytes narrower than 16 bits travel in 16-bit registers, as nvcc has it.
std::string register_of(const ElementType& t, u32 i) {
  return (t.bytes <= 2 ? "%h" : t.bytes == 4 ? "%x" : "%d") + std::to_string(4 + i);
}

std::string vector_of(const ElementType& t, u32 count) {
  std::string list;
  for (u32 i = 0; i < count; ++i) list += (i ? ", " : "") + register_of(t, i);
  return count == 1 ? list : "{" + list + "}";
}

std::string form(const std::string& prefix, u32 count, const ElementType& t) {
  return prefix + (count == 1 ? "" : ".v" + std::to_string(count)) + "." + t.name;
}

/// Element i of a register's low bytes, as two result words.
std::string result(const ElementType& t, u32 i) {
  const std::string low = "%o" + std::to_string(2 * i), high = "%o" + std::to_string(2 * i + 1);
  if (t.bytes == 8) return "mov.b64 {" + low + ", " + high + "}, " + register_of(t, i) + ";\n";
  return (t.bytes <= 2 ? "cvt.u32.u16 " : "mov.b32 ") + low + ", " + register_of(t, i) + ";\nmov.u32 " + high +
         ", 0;\n";
}

/// What a register holds after a load of these bytes: extended by the type's sign to the register's width.
u64 loaded(const ElementType& t, const unsigned char* bytes) {
  u64 value = 0;
  std::memcpy(&value, bytes, t.bytes);
  if (t.is_signed && t.bytes == 1 && value >= 0x80) value |= 0xff00;
  return value;
}

Words some_words(u32 count) {
  Words words(count);
  for (u32 i = 0; i < count; ++i) words[i] = (i + 1) * 2654435761u;
  return words;
}

/// Address operand, and what puts the thread's 16 input bytes there.
struct Source {
  std::string prefix, address, setup;
};
const std::string kOwnSlot = "shl.b32 %x0, %t0, 4;\nmov.u32 %x1, dyn;\nadd.u32 %x0, %x0, %x1;\n";
const std::string kFill = kOwnSlot + "st.shared.v4.b32 [%x0], {%i0, %i1, %i2, %i3};\n";
const Source kSources[] = {
    {"ld.global", "%a2", ""},          {"ld.global.nc", "%a2", ""},          {"ld.global.cg", "%a2", ""},
    {"ld.volatile.global", "%a2", ""}, {"ld.relaxed.gpu.global", "%a2", ""}, {"ld", "%a2", ""},
    {"ld.shared", "%x0", kFill},       {"ld.volatile.shared", "%x0", kFill}, {"ld.param", "extra", ""}};

void check_load(const Source& source, const ElementType& t, u32 count) {
  const std::string name = form(source.prefix, count, t);
  INFO(name);
  std::string body = source.setup + name + " " + vector_of(t, count) + ", [" + source.address + "];\n";
  for (u32 i = 0; i < count; ++i) body += result(t, i);
  const Words input = some_words(32 * 4);
  const Words out = run_everywhere({.body = body, .inputs = 4, .outputs = 2 * count, .shared = 32 * kSlot}, input);
  unsigned char parameter[kSlot];
  for (u32 i = 0; i < kSlot; ++i) parameter[i] = static_cast<unsigned char>(i);
  int wrong = 0;
  for (u32 thread = 0; thread < 32; ++thread)
    for (u32 i = 0; i < count; ++i) {
      const auto* bytes = reinterpret_cast<const unsigned char*>(&input[thread * 4]);
      const u64 want = loaded(t, (source.address == "extra" ? parameter : bytes) + i * t.bytes);
      const u32* got = &out[(thread * count + i) * 2];
      wrong += (u64{got[1]} << 32 | got[0]) != want;
    }
  CHECK(wrong == 0);
}

TEST_CASE("every form of ld", "[ptx]") {
  for (const Source& source : kSources)
    for (const ElementType& t : kTypes)
      for (const u32 count : {1, 2, 4})
        if (count * t.bytes <= kSlot && !(source.prefix == "ld.relaxed.gpu.global" && t.bytes < 4))
          check_load(source, t, count);
}

TEST_CASE("every form of st", "[ptx]") {
  struct Target {
    std::string prefix, address, setup, read;
  };
  const Target targets[] = {{"st.global", "%a3", "", "ld.global"},
                            {"st.volatile.global", "%a3", "", "ld.global"},
                            {"st", "%a3", "", "ld.global"},
                            {"st.shared", "%x0", kOwnSlot, "ld.shared"},
                            {"st.volatile.shared", "%x0", kOwnSlot, "ld.shared"}};
  for (const Target& target : targets)
    for (const ElementType& t : kTypes)
      for (const u32 count : {1, 2, 4}) {
        if (count * t.bytes > kSlot) continue;
        const std::string name = form(target.prefix, count, t), at = "[" + target.address + "]";
        INFO(name);
        const std::string space = target.read.substr(3);
        std::string body =
            target.setup + "mov.u32 %x2, 0;\nst." + space + ".v4.b32 " + at + ", {%x2, %x2, %x2, %x2};\n";
        for (u32 i = 0; i < count; ++i) {
          const std::string low = "%i" + std::to_string(2 * i), high = "%i" + std::to_string(2 * i + 1);
          body += t.bytes == 8   ? "mov.b64 " + register_of(t, i) + ", {" + low + ", " + high + "};\n"
                  : t.bytes == 4 ? "mov.b32 " + register_of(t, i) + ", " + low + ";\n"
                                 : "cvt.u16.u32 " + register_of(t, i) + ", " + low + ";\n";
        }
        body += name + " " + at + ", " + vector_of(t, count) + ";\n" + target.read + ".v4.b32 {%o0, %o1, %o2, %o3}, " +
                at + ";\n";
        const Words input = some_words(32 * 2 * count);
        const Words out =
            run_everywhere({.body = body, .inputs = 2 * count, .outputs = 4, .shared = 32 * kSlot}, input);
        int wrong = 0;
        for (u32 thread = 0; thread < 32; ++thread) {
          unsigned char want[kSlot] = {};
          for (u32 i = 0; i < count; ++i) std::memcpy(want + i * t.bytes, &input[(thread * count + i) * 2], t.bytes);
          wrong += std::memcmp(want, &out[thread * 4], kSlot) != 0;
        }
        CHECK(wrong == 0);
      }
}

TEST_CASE("state spaces and generic addresses", "[ptx]") {
  const std::string make = kOwnSlot +
                           "st.shared.b32 [%x0], %i0;\ncvt.u64.u32 %d0, %x0;\ncvta.shared.u64 %d1, %d0;\n"
                           "ld.b32 %x2, [%d1];\ncvta.to.shared.u64 %d2, %d1;\ncvt.u32.u64 %x3, %d2;\n"
                           "ld.shared.b32 %x4, [%x3];\nisspacep.shared %p0, %d1;\nisspacep.global %p1, %d1;\n"
                           "selp.b32 %o2, 1, 0, %p0;\nselp.b32 %o3, 1, 0, %p1;\nmov.b32 %o0, %x2;\nmov.b32 %o1, %x4;\n"
                           "cvta.to.global.u64 %d3, %a2;\nld.global.b32 %o4, [%d3];\n";
  const Words input = some_words(32);
  const Words out = run_everywhere({.body = make, .outputs = 5, .shared = 32 * kSlot}, input);
  for (u32 i = 0; i < 32; ++i) {
    CHECK(out[5 * i] == input[i]);
    CHECK(out[5 * i + 1] == input[i]);
    CHECK(out[5 * i + 2] == 1);
    CHECK(out[5 * i + 3] == 0);
    CHECK(out[5 * i + 4] == input[i]);
  }
}

}  // namespace
}  // namespace gan::ptx::test
