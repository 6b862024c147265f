#include "tests/ptx/interpreter/module.h"

#include <cstring>

namespace gan::ptx {

LoadedModule::LoadedModule(std::string text) : module_(parse(std::move(text))) {
  for (const Variable& v : module_.variables) {
    if (v.space == Variable::Space::kShared) continue;
    const std::size_t bytes = (std::max<std::size_t>(v.bytes, 1) + 255) / 256 * 256;
    storage_.emplace_back(static_cast<std::byte*>(std::aligned_alloc(256, bytes)));
    std::byte* at = storage_.back().get();
    std::memset(at, 0, bytes);
    if (!v.initial.empty()) std::memcpy(at, v.initial.data(), v.initial.size());
    symbols_[v.name] = reinterpret_cast<u64>(at);
    Memory::instance().add(at, v.bytes, v.space == Variable::Space::kGlobal);
  }
  for (const Variable& v : module_.variables)
    for (const auto& [offset, name] : v.pointers) {
      const auto found = symbols_.find(name);
      if (found == symbols_.end()) throw SyntaxError("initialiser of " + v.name + ": no variable " + name);
      std::memcpy(reinterpret_cast<std::byte*>(symbols_[v.name]) + offset, &found->second, 8);
    }
}

LoadedModule::~LoadedModule() {
  for (const auto& s : storage_) Memory::instance().remove(s.get());
}

const Program* LoadedModule::kernel(const std::string& name) {
  const std::lock_guard lock(mutex_);
  if (const auto found = programs_.find(name); found != programs_.end()) return found->second.get();
  for (const Function& f : module_.functions) {
    if (!f.is_entry || f.name != name) continue;
    auto program = std::make_unique<Program>(Decoder(module_, f, symbols_).run());
    return (programs_[name] = std::move(program)).get();
  }
  return nullptr;
}

std::vector<std::string> LoadedModule::kernel_names() const {
  std::vector<std::string> names;
  for (const Function& f : module_.functions)
    if (f.is_entry) names.push_back(f.name);
  return names;
}

std::set<std::string> LoadedModule::instruction_forms() const {
  std::set<std::string> forms;
  for (const Function& f : module_.functions)
    for (const Statement& s : f.body) {
      std::string form;
      for (const std::string_view part : s.op) form += (form.empty() ? "" : ".") + std::string(part);
      forms.insert(form);
    }
  return forms;
}

std::pair<void*, std::size_t> LoadedModule::variable(const std::string& name) const {
  for (const Variable& v : module_.variables)
    if (v.name == name && v.space != Variable::Space::kShared)
      return {reinterpret_cast<void*>(symbols_.at(name)), v.bytes};
  return {nullptr, 0};
}

}  // namespace gan::ptx
