#include "tests/ptx/interpreter/device_memory.h"

#include <iterator>

namespace gan::ptx {

Memory& Memory::instance() {
  static Memory memory;
  return memory;
}

void Memory::add(const void* base, std::size_t bytes, bool writable) {
  const u64 at = reinterpret_cast<u64>(base);
  regions_[at] = {at, bytes, writable};
}

void Memory::remove(const void* base) { regions_.erase(reinterpret_cast<u64>(base)); }

Memory::Region Memory::find(u64 address) const {
  auto after = regions_.upper_bound(address);
  if (after == regions_.begin()) return {};
  const Region& r = std::prev(after)->second;
  return address - r.base < r.bytes ? r : Region{};
}

std::string Memory::describe(u64 address) const {
  if (address < 4096) return "a null pointer plus " + std::to_string(address);
  const auto after = regions_.upper_bound(address);
  if (after == regions_.begin()) return "before every allocation";
  const Region& r = std::prev(after)->second;
  const std::string size = " an allocation of " + std::to_string(r.bytes) + " bytes";
  return address - r.base < r.bytes ? std::to_string(address - r.base) + " bytes into" + size
                                    : std::to_string(address - r.base - r.bytes) + " bytes behind" + size;
}

}  // namespace gan::ptx
