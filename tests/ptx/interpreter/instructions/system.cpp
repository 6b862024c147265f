// What device code calls that no PTX defines: printf and assert.

#include <cstdio>
#include <cstring>
#include <mutex>

#include "tests/ptx/interpreter/instructions/handlers.h"

namespace gan::ptx {
namespace {

u64 argument(Warp& warp, const Instruction& in, u32 i, int lane, u32 bytes) {
  u64 value = 0;
  std::memcpy(&value, warp.at(in, lane, Space::kLocal, warp.program->operands[in.extra + i], bytes, false), bytes);
  return value;
}

std::string text_at(Warp& warp, const Instruction& in, int lane, u64 address) {
  std::string s;
  while (char c = static_cast<char>(*warp.at(in, lane, Space::kGeneric, address + s.size(), 1, false))) s += c;
  return s;
}

/// Formats as printf does; the values lie one after another at `at`, each aligned to its size.
std::string format(Warp& warp, const Instruction& in, int lane, const std::string& f, u64 at) {
  std::string out;
  const auto next = [&](u32 bytes) {
    at = (at + bytes - 1) / bytes * bytes;
    u64 value = 0;
    std::memcpy(&value, warp.at(in, lane, Space::kGeneric, at, bytes, false), bytes);
    at += bytes;
    return value;
  };
  for (std::size_t i = 0; i < f.size(); ++i) {
    if (f[i] != '%') {
      out += f[i];
      continue;
    }
    const std::size_t end = f.find_first_of("diouxXcsfFeEgGaAp%", i + 1);
    if (end == std::string::npos) break;
    std::string spec = f.substr(i, end - i + 1), plain;
    for (char c : spec)
      if (c != 'l' && c != 'h') plain += c;
    char text[400] = "%";
    i = end;
    if (f[end] == '%') std::strcpy(text, "%");
    else if (f[end] == 's') std::snprintf(text, sizeof text, plain.c_str(), text_at(warp, in, lane, next(8)).c_str());
    else if (f[end] == 'p') std::snprintf(text, sizeof text, "%#llx", static_cast<unsigned long long>(next(8)));
    else if (std::strchr("fFeEgGaA", f[end])) std::snprintf(text, sizeof text, plain.c_str(), bits_as<double>(next(8)));
    else if (spec.find('l') != std::string::npos)
      std::snprintf(text, sizeof text, (plain.substr(0, plain.size() - 1) + "ll" + f[end]).c_str(), next(8));
    else std::snprintf(text, sizeof text, plain.c_str(), static_cast<u32>(next(4)));
    out += text;
  }
  return out;
}

/// Operands: result, format, values.
void print(Warp& warp, const Instruction& in, Mask m) {
  static std::mutex mutex;
  const std::lock_guard lock(mutex);
  for (; m != 0; m &= m - 1) {
    const int lane = __builtin_ctz(m);
    std::fputs(
        format(warp, in, lane, text_at(warp, in, lane, argument(warp, in, 1, lane, 8)), argument(warp, in, 2, lane, 8))
            .c_str(),
        stdout);
    std::memset(warp.at(in, lane, Space::kLocal, warp.program->operands[in.extra], 4, true), 0, 4);
  }
}

/// Operands: message, file, line, function, size of a character.
void fail_assertion(Warp& warp, const Instruction& in, Mask m) {
  const int lane = __builtin_ctz(m);
  warp.fault(in, lane, Fault::Kind::kAssert,
             text_at(warp, in, lane, argument(warp, in, 1, lane, 8)) + ":" +
                 std::to_string(argument(warp, in, 2, lane, 4)) + ": assertion " +
                 text_at(warp, in, lane, argument(warp, in, 0, lane, 8)) + " failed");
}

}  // namespace

Handler system_call(std::string_view name) {
  return name == "vprintf" ? print : name == "__assertfail" ? fail_assertion : nullptr;
}

}  // namespace gan::ptx
