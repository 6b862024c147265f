#include "tests/ptx/interpreter/decode.h"

#include <algorithm>
#include <cstring>

namespace gan::ptx {
namespace {

struct TypeFacts {
  std::string_view name;
  Type type;
  u32 bytes;
};
constexpr TypeFacts kTypes[] = {
    {"pred", Type::kPred, 0}, {"b8", Type::kB8, 1},       {"u8", Type::kU8, 1},         {"s8", Type::kS8, 1},
    {"b16", Type::kB16, 2},   {"u16", Type::kU16, 2},     {"s16", Type::kS16, 2},       {"f16", Type::kF16, 2},
    {"bf16", Type::kBF16, 2}, {"b32", Type::kB32, 4},     {"u32", Type::kU32, 4},       {"s32", Type::kS32, 4},
    {"f32", Type::kF32, 4},   {"f16x2", Type::kF16x2, 4}, {"bf16x2", Type::kBF16x2, 4}, {"tf32", Type::kTF32, 4},
    {"b64", Type::kB64, 8},   {"u64", Type::kU64, 8},     {"s64", Type::kS64, 8},       {"f64", Type::kF64, 8},
};

std::size_t slot_bytes(Width width) {
  switch (width) {
    case Width::kPredicate: return 4;
    case Width::kHalf: return 2 * kLanes;
    case Width::kWord: return 4 * kLanes;
    case Width::kDouble: return 8 * kLanes;
  }
  return 0;
}

std::size_t round_up(std::size_t value, std::size_t to) { return (value + to - 1) / to * to; }

}  // namespace

u32 bytes_of(Type type) {
  for (const TypeFacts& t : kTypes)
    if (t.type == type) return t.bytes;
  return 0;
}

Width slot_of(Type type) {
  if (type == Type::kPred) return Width::kPredicate;
  const u32 bytes = bytes_of(type);
  return bytes <= 2 ? Width::kHalf : bytes == 4 ? Width::kWord : Width::kDouble;
}

bool is_signed(Type t) { return t == Type::kS8 || t == Type::kS16 || t == Type::kS32 || t == Type::kS64; }
bool is_float(Type t) {
  return t == Type::kF16 || t == Type::kBF16 || t == Type::kF32 || t == Type::kF64 || t == Type::kF16x2 ||
         t == Type::kBF16x2 || t == Type::kTF32;
}

Type type_named(std::string_view name) {
  for (const TypeFacts& t : kTypes)
    if (t.name == name) return t.type;
  return Type::kUntyped;
}

void Decoding::fail(const std::string& what) const {
  std::string op;
  for (const auto part : s_.op) op += (op.empty() ? "" : ".") + std::string(part);
  throw SyntaxError("PTX line " + std::to_string(s_.line) + ": " + op + ": " + what);
}

bool Decoding::has(std::string_view modifier) {
  bool found = false;
  for (std::size_t i = 1; i < s_.op.size(); ++i)
    if (s_.op[i] == modifier) used_.insert(i), found = true;
  return found;
}

void Decoding::accept(std::initializer_list<std::string_view> modifiers) {
  for (const std::string_view modifier : modifiers) has(modifier);
}

int Decoding::which(std::initializer_list<std::string_view> choices) {
  int index = 0;
  for (const std::string_view choice : choices) {
    if (has(choice)) return index;
    ++index;
  }
  return -1;
}

Type Decoding::type(std::size_t index) {
  for (std::size_t i = 1; i < s_.op.size(); ++i) {
    const Type t = type_named(s_.op[i]);
    if (t == Type::kUntyped || index-- > 0) continue;
    used_.insert(i);
    return t;
  }
  fail("a type is missing");
}

std::size_t Decoding::types() const {
  std::size_t n = 0;
  for (std::size_t i = 1; i < s_.op.size(); ++i) n += type_named(s_.op[i]) != Type::kUntyped;
  return n;
}

Type Decoding::last_type() { return type(types() - 1); }

void Decoding::finish() const {
  for (std::size_t i = 1; i < s_.op.size(); ++i)
    if (!used_.contains(i)) fail("modifier ." + std::string(s_.op[i]) + " is not covered");
}

const Operand& Decoding::operand(std::size_t i) const {
  if (i >= s_.operands.size()) fail("an operand is missing");
  return s_.operands[i];
}

u32 Decoding::source(const Operand& o, Type type) {
  const Width width = slot_of(type);
  switch (o.kind) {
    case Operand::Kind::kRegister: {
      if (o.width != width) fail("a source register has another width than the type");
      return decoder_.register_offset(o.reg);
    }
    case Operand::Kind::kNumber: {
      u64 bits = static_cast<u64>(o.number);
      if (type == Type::kPred) return decoder_.constant(width, bits != 0 ? kAllLanes : 0);
      if (o.is_double && type == Type::kF32) {
        double d;
        std::memcpy(&d, &o.number, 8);
        const float f = static_cast<float>(d);
        bits = 0;
        std::memcpy(&bits, &f, 4);
      } else if (!o.is_float && (type == Type::kF32 || type == Type::kF64)) {
        fail("an integer constant where a float is expected");
      }
      return decoder_.constant(width, bits);
    }
    case Operand::Kind::kSymbol: try { return decoder_.symbol(o, type);
      } catch (const std::out_of_range& error) { fail(error.what()); }
    default: fail("this kind of operand is not covered here");
  }
}

u32 Decoding::dest(const Operand& o, Type type) {
  if (o.kind == Operand::Kind::kSink) return decoder_.scratch(slot_of(type));
  if (o.kind != Operand::Kind::kRegister) fail("the destination is not a register");
  if (o.width != slot_of(type)) fail("the destination register has another width than the type");
  return decoder_.register_offset(o.reg);
}

u32 Decoding::address_part(const Operand& o) {
  if (o.kind == Operand::Kind::kRegister) {
    if (o.width == Width::kWord) return decoder_.register_offset(o.reg);
    if (o.width != Width::kDouble) fail("an address has 32 or 64 bits");
    return decoder_.register_offset(o.reg);
  }
  return source(o, Type::kU64);
}

void Decoding::address(const Operand& o, Instruction& in) {
  if (o.kind != Operand::Kind::kAddress || o.parts.empty()) fail("expected [address]");
  in.a = address_part(o.parts[0]);
  in.mode[5] = o.parts[0].kind == Operand::Kind::kRegister && o.parts[0].width == Width::kWord;
  in.offset = o.number;
}

void Decoding::append(u32 ref, Instruction& in) {
  std::vector<u32>& all = decoder_.program().operands;
  if (in.count == 0) in.extra = static_cast<u32>(all.size());
  all.push_back(ref);
  ++in.count;
}

void Decoding::append(const Operand& o, Type type, Instruction& in, bool is_dest) {
  if (o.kind == Operand::Kind::kVector)
    for (const Operand& part : o.parts) append(is_dest ? dest(part, type) : source(part, type), in);
  else append(is_dest ? dest(o, type) : source(o, type), in);
}

Space Decoding::space() {
  if (has("global")) return Space::kGlobal;
  if (has("shared") || has("shared::cta")) return Space::kShared;
  if (has("local")) return Space::kLocal;
  if (has("const")) return Space::kConst;
  if (has("param") || has("param::entry")) return Space::kParam;
  return Space::kGeneric;
}

Decoder::Decoder(const Module& module, const Function& function, const std::map<std::string, u64>& symbols)
    : module_(module), function_(function), symbols_(symbols) {}

u32 Decoder::allocate(Width width) {
  next_ = static_cast<u32>(round_up(next_, std::min<std::size_t>(slot_bytes(width), 64)));
  const u32 at = next_;
  next_ += static_cast<u32>(slot_bytes(width));
  return at;
}

u32 Decoder::scratch(Width width) {
  u32& slot = scratch_[static_cast<std::size_t>(width)];
  if (slot == kNone) slot = allocate(width);
  return slot;
}

u32 Decoder::constant(Width width, u64 bits) {
  const auto [at, is_new] = constants_.try_emplace({width, bits}, 0);
  if (!is_new) return at->second;
  std::vector<std::byte>& pool = program_.pool;
  const std::size_t offset = round_up(pool.size(), 64),
                    element = slot_bytes(width) / (width == Width::kPredicate ? 1 : kLanes);
  pool.resize(offset + slot_bytes(width));
  for (std::size_t i = 0; i < slot_bytes(width); i += element) std::memcpy(pool.data() + offset + i, &bits, element);
  return at->second = static_cast<u32>(offset) | kPoolBit;
}

u32 Decoder::symbol(const Operand& o, Type type) {
  const Width width = slot_of(type);
  if (const auto found = frame_->addresses.find(o.name); found != frame_->addresses.end())
    return constant(width, found->second + static_cast<u64>(o.number));
  if (const auto found = symbols_.find(o.name); found != symbols_.end())
    return constant(width, found->second + static_cast<u64>(o.number));
  if (o.name == "WARP_SZ") return constant(width, kLanes);
  const u32 id = special_register(o.name);
  if (id == kNone) throw std::out_of_range("unknown name " + o.name);
  if (width != (special_is_wide(id) ? Width::kDouble : Width::kWord))
    throw std::out_of_range(o.name + " with another type is not covered");
  const auto [at, is_new] = special_.try_emplace(o.name, 0);
  if (is_new) {
    at->second = allocate(width);
    program_.specials.push_back({id, at->second});
  }
  return at->second;
}

void Decoder::place(const Variable& v) {
  std::size_t& at = v.space == Variable::Space::kShared ? shared_ : local_;
  at = round_up(at, std::max<std::size_t>(v.align, 1));
  frame_->addresses[v.name] = at;
  at += v.bytes;
}

bool Decoder::is_call_parameter(const Operand& base) const {
  if (stack_.size() > 1) return true;
  return base.kind == Operand::Kind::kSymbol && std::none_of(function_.params.begin(), function_.params.end(),
                                                             [&](const Variable& v) { return v.name == base.name; });
}

bool Decoding::is_call_parameter(const Operand& base) const { return decoder_.is_call_parameter(base); }

/// Shared variables of the module that the kernel, or what it calls, names: static ones, then the dynamic one.
void Decoder::layout() {
  std::size_t dynamic_align = 16;
  std::vector<std::string> dynamic;
  std::set<std::string> named;
  const std::function<void(const Operand&)> collect = [&](const Operand& o) {
    if (!o.name.empty()) named.insert(o.name);
    for (const Operand& part : o.parts) collect(part);
  };
  for (const Function& f : module_.functions)
    if (&f == &function_ || !f.is_entry)
      for (const Statement& s : f.body)
        for (const Operand& o : s.operands) collect(o);
  for (const Variable& v : module_.variables) {
    if (v.space != Variable::Space::kShared || !named.contains(v.name)) continue;
    if (v.bytes > 0) place(v);
    else dynamic.push_back(v.name), dynamic_align = std::max(dynamic_align, v.align);
  }
  for (const Variable& v : function_.locals)
    if (v.space == Variable::Space::kShared) place(v);
  if (!dynamic.empty()) {
    shared_ = round_up(shared_, dynamic_align);
    for (const std::string& name : dynamic) frame_->addresses[name] = shared_;
    program_.has_dynamic_shared = true;
  }
  program_.shared_bytes = shared_ - kSharedStart;
  for (const Variable& v : function_.params) {
    frame_->addresses[v.name] = v.offset;
    program_.params.push_back({v.offset, v.bytes});
    program_.param_bytes = v.offset + v.bytes;
  }
}

void Decoder::enter(Frame& frame, const Function& function) {
  for (const Function* outer : stack_)
    if (outer == &function) throw SyntaxError(function.name + ": recursion is not covered");
  stack_.push_back(&function);
  frame.function = &function;
  frame_ = &frame;
  std::vector<u32>& offsets = registers_[&function];
  if (offsets.empty()) {
    offsets.resize(function.registers.size());
    for (const Width width : {Width::kPredicate, Width::kHalf, Width::kWord, Width::kDouble})
      for (std::size_t i = 0; i < offsets.size(); ++i)
        if (function.registers[i] == width) offsets[i] = allocate(width);
  }
  frame.offsets = offsets;
  for (const Variable& v : function.locals)
    if (v.space != Variable::Space::kShared) place(v);
}

void Decoder::decode(const Statement& statement) {
  using Decode = bool (*)(Decoding&, Instruction&);
  constexpr Decode kDecoders[] = {decode_memory,  decode_bits,  decode_integer,    decode_float,  decode_compare,
                                  decode_convert, decode_half,  decode_collective, decode_atomic, decode_tensor,
                                  decode_async,   decode_wgmma, decode_fences,     decode_cluster};
  Decoding s(*this, statement);
  Instruction in;
  in.line = statement.line, in.file = statement.file, in.source_line = statement.source_line;
  if (statement.guard.kind == Operand::Kind::kRegister) {
    in.guard = register_offset(statement.guard.reg);
    in.guard_negated = statement.guard.negated;
  }
  bool done = false;
  for (const Decode decode_family : kDecoders)
    if ((done = decode_family(s, in))) break;
  if (!done) s.fail("this instruction is not covered");
  s.finish();
  program_.code.push_back(in);
}

/// call (results), function, (arguments): the function's parameters become other names of the caller's variables.
void Decoder::call(const Statement& statement) {
  const auto fail = [&](const std::string& what) {
    throw SyntaxError("PTX line " + std::to_string(statement.line) + ": call: " + what);
  };
  if (statement.guard.kind == Operand::Kind::kRegister) fail("a guard is not covered");
  const Operand *results = nullptr, *name = nullptr, *arguments = nullptr;
  for (const Operand& o : statement.operands) {
    if (o.kind == Operand::Kind::kVector) (name ? arguments : results) = &o;
    else if (name == nullptr) name = &o;
  }
  if (name == nullptr || name->kind != Operand::Kind::kSymbol) fail("only calls by name are covered");
  const auto address_of = [&](const Operand& o) { return frame_->addresses.at(o.name); };
  if (const Handler handler = system_call(name->name)) {
    Instruction in;
    in.line = statement.line, in.file = statement.file, in.source_line = statement.source_line;
    in.run = handler;
    in.extra = static_cast<u32>(program_.operands.size());
    for (const Operand* list : {results, arguments})
      if (list)
        for (const Operand& o : list->parts) program_.operands.push_back(static_cast<u32>(address_of(o))), ++in.count;
    program_.code.push_back(in);
    return;
  }
  const Function* callee = nullptr;
  for (const Function& f : module_.functions)
    if (!f.is_entry && f.name == name->name) callee = &f;
  if (callee == nullptr) fail("no function " + name->name);
  Frame frame;
  const auto alias = [&](const std::vector<Variable>& formal, const Operand* actual) {
    if (formal.size() != (actual ? actual->parts.size() : 0)) fail("wrong number of parameters");
    for (std::size_t i = 0; i < formal.size(); ++i) frame.addresses[formal[i].name] = address_of(actual->parts[i]);
  };
  alias(callee->returns, results), alias(callee->params, arguments);
  for (const auto& [shared_name, address] : shared_names_) frame.addresses.try_emplace(shared_name, address);
  Frame* const caller = frame_;
  enter(frame, *callee);
  emit(*callee);
  stack_.pop_back();
  frame_ = caller;
}

void Decoder::emit(const Function& function) {
  const bool inside = stack_.size() > 1;
  std::vector<u32> position;
  std::vector<std::pair<std::size_t, std::size_t>> jumps;  // (instruction, statement)
  for (const Statement& statement : function.body) {
    position.push_back(static_cast<u32>(program_.code.size()));
    if (statement.op[0] == "call") {
      call(statement);
      continue;
    }
    decode(statement);
    Instruction& in = program_.code.back();
    if (in.flow == Flow::kBranch) jumps.emplace_back(program_.code.size() - 1, statement.target);
    if (statement.op[0] == "ret" && inside) {
      in.flow = Flow::kBranch;
      jumps.emplace_back(program_.code.size() - 1, function.body.size());
    }
  }
  position.push_back(static_cast<u32>(program_.code.size()));
  for (const auto& [at, statement] : jumps) program_.code[at].target = position[statement];
}

Program Decoder::run() {
  program_.name = function_.name;
  program_.text = module_.text;
  program_.lines = module_.lines;
  program_.files = module_.files;
  program_.max_threads = function_.max_threads;
  program_.min_blocks = function_.min_blocks;
  program_.cluster_blocks = function_.cluster_blocks;
  shared_ = kSharedStart;
  Frame frame;
  frame_ = &frame;
  layout();
  shared_names_ = frame.addresses;
  enter(frame, function_);
  emit(function_);
  Instruction end;
  end.flow = Flow::kExit;
  program_.code.push_back(end);
  program_.register_bytes = round_up(next_, 64);
  program_.local_bytes = round_up(local_, 16);
  return std::move(program_);
}

}  // namespace gan::ptx
