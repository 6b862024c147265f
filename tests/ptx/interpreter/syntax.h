// What a PTX text says: functions, variables and statements with registers and labels resolved, nothing decoded yet.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace gan::ptx {

/// A PTX text that this interpreter does not understand.
struct SyntaxError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// How a register is stored: predicates are one bit per lane, everything else one element per lane.
enum class Width : std::uint8_t { kPredicate, kHalf, kWord, kDouble };

struct Operand {
  enum class Kind : std::uint8_t { kRegister, kNumber, kSymbol, kVector, kAddress, kSink, kLabel };
  Kind kind = Kind::kSink;
  Width width = Width::kWord;  ///< of a register
  bool negated = false;        ///< !%p
  bool is_float = false;       ///< 0f.. or 0d..: `number` holds the bits of a float or a double
  bool is_double = false;
  std::uint32_t reg = 0;       ///< number of a register, counted over the whole function
  std::int64_t number = 0;     ///< a number, or what is added to a symbol or an address
  std::string name;            ///< of a symbol, special register or label
  std::vector<Operand> parts;  ///< {a, b}; the two of d|p; base (and coordinates) of an address
};

struct Statement {
  std::vector<std::string_view> op;  ///< "fma", "rn", "f32"
  std::vector<Operand> operands;
  Operand guard;           ///< kSink: always
  std::uint32_t line = 0;  ///< in the PTX text
  std::uint32_t file = 0;  ///< of the source, as .file numbers it; 0: unknown (no -lineinfo)
  std::uint32_t source_line = 0;
  std::uint32_t target = 0;  ///< of a branch: index of a statement
};

struct Variable {
  enum class Space : std::uint8_t { kGlobal, kConst, kShared, kLocal, kParam };
  std::string name;
  Space space = Space::kGlobal;
  std::size_t align = 1, bytes = 0;                           ///< 0 bytes: an extern array, sized at launch
  std::size_t offset = 0;                                     ///< in its space
  std::vector<std::uint8_t> initial;                          ///< empty: zeros
  std::vector<std::pair<std::size_t, std::string>> pointers;  ///< (where in `initial`, whose address)
};

struct Function {
  std::string name;
  bool is_entry = false;
  std::vector<Variable> params, returns;
  std::vector<Variable> locals;  ///< shared, local and param variables of the body
  std::vector<Width> registers;
  std::vector<Statement> body;
  std::uint32_t max_threads = 0;     ///< .maxntid, 0 if unspecified
  std::uint32_t cluster_blocks = 0;  ///< .reqnctapercluster, 0 if unspecified
  std::uint32_t min_blocks = 0;      ///< .minnctapersm, 0 if unspecified
};

struct Module {
  std::shared_ptr<const std::string> text;
  std::vector<std::string_view> lines;
  std::map<std::uint32_t, std::string> files;  ///< names of source files by number
  std::vector<Variable> variables;
  std::vector<Function> functions;
};

/// Parses a PTX text. Throws SyntaxError with the line.
Module parse(std::string text);

}  // namespace gan::ptx
