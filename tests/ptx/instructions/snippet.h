// A few PTX instructions as a kernel: words in, words out. The same text runs in the interpreter and on a real GPU.
#pragma once

#include <memory>
#include <set>
#include <string>
#include <vector>

#include "tests/ptx/interpreter/launch.h"

namespace gan::ptx::test {

using Words = std::vector<u32>;

/// Every thread finds its words in %i0.., runs `body` and leaves its results in %o0.. Registers of its own: %x (32 bits),
/// %d (64), %h (16), %p (predicates), %t0 its number. %a0 and %a1 are the addresses of all input and output, %a2 and %a3
/// of the thread's own. `dyn` is the shared memory, `extra` a parameter of 64 bytes 0, 1, 2 ...
struct Snippet {
  std::string body;
  u32 inputs = 1, outputs = 1;  ///< words a thread
  u32 threads = 32;             ///< of a block
  u32 shared = 0;               ///< bytes
  u32 blocks = 1, cluster = 1;
  std::string directives;  ///< of the kernel: .maxntid ...
};

/// The whole PTX text; its kernel is called "snippet".
std::string text_of(const Snippet& snippet);

/// Where snippets run.
class Runner {
 public:
  virtual ~Runner() = default;
  /// The results, `outputs` words a thread. `input` holds `inputs` words a thread. Throws what the machine finds wrong.
  virtual Words run(const Snippet& snippet, const Words& input) = 0;
};

std::unique_ptr<Runner> interpreter(Order order = Order::kTogether);
/// A GPU through libcuda, which is opened at run time; null without one, or without compute capability 9.
std::unique_ptr<Runner> real_gpu();

/// The machines of this run of the tests: the interpreter in three orders, or the GPU (see main.cpp).
std::vector<std::unique_ptr<Runner>>& runners();
/// Whether they are a real GPU: what only the interpreter refuses is not tried there.
bool on_gpu();

/// Runs in all runners, which must agree; the result.
Words run_everywhere(const Snippet& snippet, const Words& input);

/// Every instruction with its modifiers that any snippet has contained so far.
std::set<std::string>& forms_run();

}  // namespace gan::ptx::test
