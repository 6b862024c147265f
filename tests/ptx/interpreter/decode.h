// From statements to the decoded form. Each family of instructions has a function that knows its mnemonics.
#pragma once

#include <functional>
#include <set>

#include "tests/ptx/interpreter/block.h"
#include "tests/ptx/interpreter/syntax.h"

namespace gan::ptx {

enum class Type : u8 {
  kUntyped,
  kPred,
  kB8,
  kU8,
  kS8,
  kB16,
  kU16,
  kS16,
  kF16,
  kBF16,
  kB32,
  kU32,
  kS32,
  kF32,
  kF16x2,
  kBF16x2,
  kTF32,
  kB64,
  kU64,
  kS64,
  kF64
};

u32 bytes_of(Type type);
Width slot_of(Type type);
bool is_signed(Type type);
bool is_float(Type type);
Type type_named(std::string_view name);

/// One statement while it is decoded: its modifiers are asked for one by one; what nobody asked for is an error.
class Decoding {
 public:
  Decoding(class Decoder& decoder, const Statement& statement) : decoder_(decoder), s_(statement) {}

  std::string_view name() const { return s_.op[0]; }
  bool has(std::string_view modifier);
  /// Modifiers that change nothing here: scopes, cache hints.
  void accept(std::initializer_list<std::string_view> modifiers);
  /// The first of `choices` that is a modifier, as its index; -1 if none.
  int which(std::initializer_list<std::string_view> choices);
  /// The type modifiers in order of appearance.
  Type type(std::size_t index = 0);
  Type last_type();
  std::size_t types() const;
  void finish() const;

  const std::vector<Operand>& operands() const { return s_.operands; }
  const Operand& operand(std::size_t i) const;
  u32 source(std::size_t i, Type type) { return source(operand(i), type); }
  u32 dest(std::size_t i, Type type) { return dest(operand(i), type); }
  u32 source(const Operand& o, Type type);
  u32 dest(const Operand& o, Type type);
  /// [base + offset] into `in.a`, `in.offset`; mode[5] says that the base has 32 bits.
  void address(const Operand& o, Instruction& in);
  u32 address_part(const Operand& o);
  /// All registers of a vector operand (or the one register) as further operands of `in`.
  void append(const Operand& o, Type type, Instruction& in, bool is_dest);
  void append(u32 ref, Instruction& in);
  Space space();
  [[noreturn]] void fail(const std::string& what) const;
  bool is_call_parameter(const Operand& base) const;

 private:
  Decoder& decoder_;
  const Statement& s_;
  std::set<std::size_t> used_;
};

class Decoder {
 public:
  /// `symbols`: addresses of the module's variables.
  Decoder(const Module& module, const Function& function, const std::map<std::string, u64>& symbols);
  Program run();

  /// Whether a name in the param space is a variable of calls, which lives in local memory, and not a kernel's parameter.
  bool is_call_parameter(const Operand& base) const;

  u32 constant(Width width, u64 bits);
  /// The address of a variable, or a special register. std::out_of_range if there is none of that name and type.
  u32 symbol(const Operand& o, Type type);
  u32 register_offset(u32 number) const { return frame_->offsets[number]; }
  u32 scratch(Width width);
  Program& program() { return program_; }

 private:
  /// A function while it is decoded: calls are decoded in place, with registers of their own.
  struct Frame {
    const Function* function = nullptr;
    std::vector<u32> offsets;
    std::map<std::string, u64> addresses;  ///< of shared, local and param variables
  };
  u32 allocate(Width width);
  void layout();
  void place(const Variable& v);
  void enter(Frame& frame, const Function& function);
  void emit(const Function& function);
  void decode(const Statement& statement);
  void call(const Statement& statement);

  const Module& module_;
  const Function& function_;
  const std::map<std::string, u64>& symbols_;
  Program program_;
  Frame* frame_ = nullptr;
  std::vector<const Function*> stack_;
  std::map<const Function*, std::vector<u32>> registers_;
  std::size_t shared_ = 0, local_ = 0;
  std::map<std::string, u64> shared_names_;  ///< what a called function may name besides its own
  std::map<std::pair<Width, u64>, u32> constants_;
  std::map<std::string, u32> special_;
  std::array<u32, 4> scratch_{kNone, kNone, kNone, kNone};
  u32 next_ = 0;
};

// Each returns false for a mnemonic that is not its own.
bool decode_bits(Decoding& s, Instruction& in);
bool decode_integer(Decoding& s, Instruction& in);
bool decode_float(Decoding& s, Instruction& in);
bool decode_half(Decoding& s, Instruction& in);
bool decode_convert(Decoding& s, Instruction& in);
bool decode_compare(Decoding& s, Instruction& in);
bool decode_memory(Decoding& s, Instruction& in);
bool decode_atomic(Decoding& s, Instruction& in);
bool decode_collective(Decoding& s, Instruction& in);
bool decode_tensor(Decoding& s, Instruction& in);
bool decode_async(Decoding& s, Instruction& in);
bool decode_wgmma(Decoding& s, Instruction& in);
bool decode_fences(Decoding& s, Instruction& in);
bool decode_cluster(Decoding& s, Instruction& in);

/// barrier.cluster.arrive and .wait.
bool decode_cluster_barrier(Decoding& s, Instruction& in);

/// vprintf or __assertfail, whose arguments lie at these local addresses; null for other names.
Handler system_call(std::string_view name);

/// Number of a special register such as %tid.x; kNone if there is none of that name.
u32 special_register(std::string_view name);
bool special_is_wide(u32 id);

}  // namespace gan::ptx
