// A loaded PTX text: variables in memory, kernels decoded when they are first asked for.
#pragma once

#include <mutex>
#include <set>

#include "tests/ptx/interpreter/decode.h"

namespace gan::ptx {

class LoadedModule {
 public:
  explicit LoadedModule(std::string text);
  ~LoadedModule();
  LoadedModule(const LoadedModule&) = delete;
  LoadedModule& operator=(const LoadedModule&) = delete;

  /// The kernel of that name, null if there is none. Throws SyntaxError if it cannot be decoded.
  const Program* kernel(const std::string& name);
  std::vector<std::string> kernel_names() const;
  /// Every instruction with its modifiers ("fma.rn.f32") that the text contains.
  std::set<std::string> instruction_forms() const;
  /// Address and size of a variable; null if there is none.
  std::pair<void*, std::size_t> variable(const std::string& name) const;

 private:
  struct Free {
    void operator()(std::byte* p) const { std::free(p); }
  };
  Module module_;
  std::map<std::string, u64> symbols_;
  std::vector<std::unique_ptr<std::byte[], Free>> storage_;
  std::map<std::string, std::unique_ptr<Program>> programs_;
  std::mutex mutex_;
};

}  // namespace gan::ptx
