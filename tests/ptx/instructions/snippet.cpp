#include "tests/ptx/instructions/snippet.h"

#include <cstring>

#include "tests/ptx/interpreter/module.h"
#include "tests/ptx/interpreter/race_detector.h"
#include "tests/support/catch.h"

namespace gan::ptx::test {
namespace {

std::string number(u32 n) { return std::to_string(n); }

/// Host memory that kernels may touch for as long as this lives.
class Registered {
 public:
  Registered(const void* at, std::size_t bytes) : at_(at) { Memory::instance().add(at, bytes); }
  ~Registered() { Memory::instance().remove(at_); }
  Registered(const Registered&) = delete;
  Registered& operator=(const Registered&) = delete;

 private:
  const void* at_;
};

class Interpreter : public Runner {
 public:
  explicit Interpreter(Order order) : order_(order) {}

  Words run(const Snippet& snippet, const Words& input) override {
    LoadedModule module(text_of(snippet));
    forms_run().merge(module.instruction_forms());
    const std::size_t threads = std::size_t{snippet.threads} * snippet.blocks;
    Words output(threads * snippet.outputs, 0xdeadbeef);
    Launch launch;
    launch.program = module.kernel("snippet");
    launch.block.x = snippet.threads, launch.grid.x = snippet.blocks, launch.cluster_blocks = snippet.cluster;
    launch.dynamic_shared = snippet.shared;
    const void* addresses[2] = {input.data(), output.data()};
    launch.params.resize(80);
    std::memcpy(launch.params.data(), addresses, sizeof addresses);
    for (std::size_t i = 0; i < 64; ++i) launch.params[16 + i] = static_cast<std::byte>(i);
    const Registered in(input.data(), input.size() * 4), out(output.data(), output.size() * 4);
    ptx::run(launch, {.order = order_, .races = &races_});
    return output;
  }

 private:
  Order order_;
  RaceDetector races_;
};

}  // namespace

std::string text_of(const Snippet& s) {
  std::string t =
      ".version 9.0\n.target sm_90a\n.address_size 64\n.extern .shared .align 1024 .b8 dyn[];\n"
      ".visible .entry snippet(.param .u64 in, .param .u64 out, .param .align 16 .b8 extra[64]) " +
      s.directives +
      " {\n.reg .b32 %t<4>;\n.reg .b64 %a<4>;\n.reg .pred %p<8>;\n.reg .b16 %h<16>;\n.reg .b64 %d<16>;\n"
      ".reg .b32 %x<16>;\n.reg .b32 %i<" +
      number(s.inputs) + ">;\n.reg .b32 %o<" + number(s.outputs) +
      ">;\nmov.u32 %t1, %ctaid.x;\nmov.u32 %t2, %ntid.x;\nmov.u32 %t0, %tid.x;\nmad.lo.s32 %t3, %t1, %t2, %t0;\n"
      "ld.param.u64 %a0, [in];\nld.param.u64 %a1, [out];\nmad.wide.u32 %a2, %t3, " +
      number(4 * s.inputs) + ", %a0;\nmad.wide.u32 %a3, %t3, " + number(4 * s.outputs) + ", %a1;\n";
  for (u32 i = 0; i < s.inputs; ++i) t += "ld.global.b32 %i" + number(i) + ", [%a2+" + number(4 * i) + "];\n";
  t += s.body + "\n";
  for (u32 i = 0; i < s.outputs; ++i) t += "st.global.b32 [%a3+" + number(4 * i) + "], %o" + number(i) + ";\n";
  return t + "ret;\n}\n";
}

std::unique_ptr<Runner> interpreter(Order order) { return std::make_unique<Interpreter>(order); }

std::vector<std::unique_ptr<Runner>>& runners() {
  static std::vector<std::unique_ptr<Runner>> all;
  return all;
}

std::set<std::string>& forms_run() {
  static std::set<std::string> forms;
  return forms;
}

Words run_everywhere(const Snippet& snippet, const Words& input) {
  const Words first = runners().front()->run(snippet, input);
  for (std::size_t i = 1; i < runners().size(); ++i) {
    INFO(snippet.body << ": the order of lanes matters");
    REQUIRE((runners()[i]->run(snippet, input) == first));
  }
  return first;
}

}  // namespace gan::ptx::test
