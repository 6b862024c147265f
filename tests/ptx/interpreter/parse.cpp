// PTX text to syntax trees.

#include <cctype>
#include <cstring>

#include "tests/ptx/interpreter/syntax.h"
#include "tests/ptx/interpreter/tokens.h"

namespace gan::ptx {
namespace {

std::vector<std::string_view> split(std::string_view op) {
  std::vector<std::string_view> parts;
  while (true) {
    const std::size_t dot = op.find('.');
    parts.push_back(op.substr(0, dot));
    if (dot == std::string_view::npos) return parts;
    op.remove_prefix(dot + 1);
  }
}

std::size_t type_bytes(std::string_view type) {
  if (type == ".pred") return 0;
  if (type == ".f16x2" || type == ".bf16x2") return 4;
  const std::size_t digits = type.find_first_of("0123456789");
  if (digits == std::string_view::npos) throw SyntaxError("unknown type " + std::string(type));
  return static_cast<std::size_t>(std::stoi(std::string(type.substr(digits)))) / 8;
}

Width width_of(std::string_view type) {
  const std::size_t bytes = type_bytes(type);
  if (bytes > 8) throw SyntaxError("128-bit registers are not covered");
  return bytes == 0 ? Width::kPredicate : bytes <= 2 ? Width::kHalf : bytes == 4 ? Width::kWord : Width::kDouble;
}

class Parser {
 public:
  explicit Parser(std::string text) {
    module_.text = std::make_shared<const std::string>(std::move(text));
    std::string_view rest = *module_.text;
    while (!rest.empty()) {
      const std::size_t end = std::min(rest.find('\n'), rest.size());
      module_.lines.push_back(rest.substr(0, end));
      rest.remove_prefix(std::min(end + 1, rest.size()));
    }
    tokens_ = tokenize(*module_.text);
  }

  Module run() {
    while (peek().kind != TokenKind::kEnd) top_level();
    return std::move(module_);
  }

 private:
  struct Family {
    std::uint32_t first = 0, count = 0;
    Width width = Width::kWord;
  };
  struct Scope {
    int parent = -1;
    std::map<std::string, Family, std::less<>> families;  ///< %r<17>
    std::map<std::string, Family, std::less<>> names;     ///< tmp
    std::map<std::string, std::uint32_t, std::less<>> labels;
  };

  const Token& peek(std::size_t ahead = 0) const { return tokens_[std::min(at_ + ahead, tokens_.size() - 1)]; }
  Token next() { return tokens_[at_ < tokens_.size() - 1 ? at_++ : at_]; }
  bool accept(std::string_view text) {
    if (peek().text != text) return false;
    next();
    return true;
  }
  [[noreturn]] void fail(const std::string& what) const {
    throw SyntaxError("PTX line " + std::to_string(peek().line) + ": " + what + " at \"" + std::string(peek().text) +
                      "\"");
  }
  void expect(std::string_view text) {
    if (!accept(text)) fail("expected \"" + std::string(text) + "\"");
  }
  void skip_line() {
    const std::uint32_t line = peek().line;
    while (peek().kind != TokenKind::kEnd && peek().line == line) next();
  }
  void source_file() {  // .file 1 "kernel.cu"
    next();
    const auto index = static_cast<std::uint32_t>(number());
    std::string name(peek().text);
    if (name.size() >= 2) name = name.substr(1, name.size() - 2);
    module_.files[index] = name;
    skip_line();
  }
  void source_location() {  // .loc 1 23 4, and where it was inlined
    next();
    file_ = static_cast<std::uint32_t>(number());
    source_line_ = static_cast<std::uint32_t>(number());
    skip_line();
  }
  void skip_braces() {
    int depth = 0;
    do {
      if (accept("{")) ++depth;
      else if (accept("}")) --depth;
      else next();
    } while (depth > 0);
  }

  void top_level() {
    const std::string_view word = peek().text;
    if (word == ".version" || word == ".target" || word == ".address_size") return skip_line();
    if (word == ".file") return source_file();
    if (word == ".pragma") return skip_line();
    if (word == ".section") {
      next(), next();
      return skip_braces();
    }
    bool is_extern = false;
    while (accept(".visible") || accept(".weak") || accept(".common") ||
           (peek().text == ".extern" && (is_extern = true)))
      if (peek().text == ".extern") next();
    if (peek().text == ".entry" || peek().text == ".func") return function(is_extern);
    if (peek().text == ".global" || peek().text == ".const" || peek().text == ".shared") {
      module_.variables.push_back(variable());
      expect(";");
      return;
    }
    fail("not understood");
  }

  Variable variable() {
    Variable v;
    const std::string_view space = next().text;
    v.space = space.starts_with(".shared") ? Variable::Space::kShared
              : space == ".local"          ? Variable::Space::kLocal
              : space == ".const"          ? Variable::Space::kConst
              : space == ".param"          ? Variable::Space::kParam
                                           : Variable::Space::kGlobal;
    std::size_t element = 0;
    int vector = 1;
    while (peek().text.starts_with(".")) {
      if (accept(".align")) v.align = static_cast<std::size_t>(number());
      else if (accept(".v2")) vector = 2;
      else if (accept(".v4")) vector = 4;
      else if (accept(".ptr") || accept(".global") || accept(".attribute") || accept(".shared") || accept(".const"))
        continue;
      else element = type_bytes(next().text) * static_cast<std::size_t>(vector);
      if (peek().text == "(")
        while (!accept(")")) next();
    }
    v.align = std::max(v.align, element);
    if (peek().kind == TokenKind::kWord) v.name = next().text;
    v.bytes = element;
    while (accept("[")) {
      v.bytes = peek().text == "]" ? 0 : v.bytes * static_cast<std::size_t>(number());
      expect("]");
    }
    if (accept("=")) initialise(v, element);
    return v;
  }

  void initialise(Variable& v, std::size_t element) {
    v.initial.assign(v.bytes, 0);
    std::size_t offset = 0;
    int depth = 0;
    do {
      if (accept("{")) ++depth;
      else if (accept("}")) --depth;
      else if (accept(",")) continue;
      else if (peek().kind == TokenKind::kWord) {
        std::string name(next().text);
        if (accept("(")) name = next().text, expect(")");
        if (accept("+")) fail("a symbol plus a number in an initialiser is not covered");
        v.pointers.emplace_back(offset, name);
        offset += element;
      } else {
        const std::int64_t value = number();
        std::memcpy(v.initial.data() + offset, &value, element);
        offset += element;
      }
    } while (depth > 0);
  }

  std::int64_t number(Operand* into = nullptr) {
    const bool minus = accept("-");
    const std::string text(next().text);
    Operand local;
    Operand& o = into ? *into : local;
    o.kind = Operand::Kind::kNumber;
    if (text.size() > 2 && text[0] == '0' && (text[1] == 'f' || text[1] == 'F')) {
      o.is_float = true;
      o.number = static_cast<std::int64_t>(std::stoull(text.substr(2), nullptr, 16));
    } else if (text.size() > 2 && text[0] == '0' && (text[1] == 'd' || text[1] == 'D')) {
      o.is_float = o.is_double = true;
      o.number = static_cast<std::int64_t>(std::stoull(text.substr(2), nullptr, 16));
    } else if (text.size() > 2 && text[0] == '0' && text[1] == 'b') {
      o.number = static_cast<std::int64_t>(std::stoull(text.substr(2), nullptr, 2));
    } else if (text.find('.') != std::string::npos) {
      const double value = std::stod(text) * (minus ? -1 : 1);
      std::memcpy(&o.number, &value, sizeof value);
      o.is_float = o.is_double = true;
      return o.number;
    } else {
      if (text.empty() || !std::isdigit(static_cast<unsigned char>(text[0]))) fail("expected a number");
      o.number = static_cast<std::int64_t>(std::stoull(text, nullptr, 0));
    }
    if (minus) o.number = -o.number;
    return o.number;
  }

  void function(bool is_extern) {
    Function f;
    f.is_entry = next().text == ".entry";
    f.returns = parameters();  // of a .func
    f.name = next().text;
    f.params = parameters();
    while (peek().text.starts_with(".")) {  // .maxntid 256, 1, 1
      const std::string_view directive = next().text;
      std::uint32_t product = 1;
      while (peek().kind == TokenKind::kNumber || peek().text == ",")
        if (!accept(",")) product *= static_cast<std::uint32_t>(number());
      if (directive == ".maxntid" || directive == ".reqntid") f.max_threads = product;
      else if (directive == ".minnctapersm") f.min_blocks = product;
      else if (directive == ".reqnctapercluster") f.cluster_blocks = product;
      else if (directive != ".noreturn" && directive != ".explicitcluster")
        fail("the directive " + std::string(directive) + " is not covered");
    }
    if (accept(";")) return;
    if (is_extern) fail("a body of an extern function");
    function_ = &f;
    file_ = source_line_ = 0;
    scopes_.assign(1, {});
    scope_ = 0;
    branches_.clear();
    expect("{");
    int depth = 1;
    while (depth > 0) {
      if (accept("{")) {
        scopes_.push_back({scope_, {}, {}, {}});
        scope_ = static_cast<int>(scopes_.size()) - 1;
        ++depth;
      } else if (accept("}")) {
        scope_ = scopes_[static_cast<std::size_t>(scope_)].parent;
        --depth;
      } else {
        statement();
      }
    }
    for (const auto& [index, scope] : branches_) resolve_label(f.body[index], scope);
    module_.functions.push_back(std::move(f));
  }

  std::vector<Variable> parameters() {
    std::vector<Variable> all;
    if (!accept("(")) return all;
    std::size_t offset = 0;
    while (!accept(")")) {
      if (peek().text == ".reg") fail("register parameters are not covered");
      Variable v = variable();
      offset = (offset + v.align - 1) / v.align * v.align;
      v.offset = offset;
      offset += v.bytes;
      all.push_back(std::move(v));
      accept(",");
    }
    return all;
  }

  void resolve_label(Statement& s, int scope) {
    const std::string& name = s.operands.at(0).name;
    for (; scope >= 0; scope = scopes_[static_cast<std::size_t>(scope)].parent) {
      const auto& labels = scopes_[static_cast<std::size_t>(scope)].labels;
      if (const auto found = labels.find(name); found != labels.end()) {
        s.target = found->second;
        return;
      }
    }
    throw SyntaxError("PTX line " + std::to_string(s.line) + ": no label " + name);
  }

  Scope& scope() { return scopes_[static_cast<std::size_t>(scope_)]; }

  void registers() {
    std::string_view type = next().text;  // .reg .b32, or .reg.b32
    if (type == ".reg") type = next().text;
    else type.remove_prefix(4);
    const Width width = width_of(type);
    do {
      const std::string name(next().text);
      Family family{static_cast<std::uint32_t>(function_->registers.size()), 1, width};
      if (accept("<")) {
        family.count = static_cast<std::uint32_t>(number());
        expect(">");
        scope().families[name] = family;
      } else {
        scope().names[name] = family;
      }
      function_->registers.insert(function_->registers.end(), family.count, width);
    } while (accept(","));
    expect(";");
  }

  bool find_register(std::string_view name, Operand& o) const {
    const std::size_t digits = name.find_last_not_of("0123456789") + 1;
    for (int s = scope_; s >= 0; s = scopes_[static_cast<std::size_t>(s)].parent) {
      const Scope& in = scopes_[static_cast<std::size_t>(s)];
      if (const auto found = in.names.find(name); found != in.names.end()) {
        o.reg = found->second.first, o.width = found->second.width;
        return true;
      }
      if (digits == name.size()) continue;
      if (const auto found = in.families.find(name.substr(0, digits)); found != in.families.end()) {
        const auto number = static_cast<std::uint32_t>(std::stoul(std::string(name.substr(digits))));
        if (number >= found->second.count) continue;
        o.reg = found->second.first + number, o.width = found->second.width;
        return true;
      }
    }
    return false;
  }

  Operand simple_operand() {
    Operand o;
    if (accept("!")) o.negated = true;
    if (peek().kind == TokenKind::kNumber || peek().text == "-") {
      number(&o);
      return o;
    }
    if (peek().kind != TokenKind::kWord) fail("expected an operand");
    const std::string_view name = next().text;
    if (name == "_") return o;
    if (find_register(name, o)) {
      o.kind = Operand::Kind::kRegister;
      return o;
    }
    o.kind = Operand::Kind::kSymbol;
    o.name = name;
    return o;
  }

  Operand list(std::string_view end) {
    Operand o;
    o.kind = Operand::Kind::kVector;
    while (!accept(end)) {
      o.parts.push_back(operand());
      accept(",");
    }
    return o;
  }

  Operand operand() {
    if (accept("{")) return list("}");
    if (accept("(")) return list(")");
    if (accept("[")) {
      Operand o;
      o.kind = Operand::Kind::kAddress;
      while (!accept("]")) {
        if (accept("{")) o.parts.push_back(list("}"));
        else o.parts.push_back(simple_operand());
        if (accept("+")) o.number += number();
        else if (peek().text == "-") o.number += number();
        accept(",");
      }
      return o;
    }
    Operand o = simple_operand();
    if (accept("+")) o.number += number();
    if (accept("|")) {
      Operand pair;
      pair.kind = Operand::Kind::kVector;
      pair.parts = {o, simple_operand()};
      return pair;
    }
    return o;
  }

  void statement() {
    const Token token = peek();
    if (token.text == ".pragma") return skip_line();
    if (token.text == ".file") return source_file();
    if (token.text == ".loc") return source_location();
    if (token.text == ".reg" || token.text.starts_with(".reg.")) return registers();
    if (token.text == ".shared" || token.text == ".local" || token.text == ".param" || token.text == ".global" ||
        token.text == ".const") {
      Variable v = variable();
      expect(";");
      (v.space == Variable::Space::kGlobal || v.space == Variable::Space::kConst ? module_.variables
                                                                                 : function_->locals)
          .push_back(std::move(v));
      return;
    }
    if (token.kind == TokenKind::kWord && peek(1).text == ":") {
      next(), next();
      scope().labels[std::string(token.text)] = static_cast<std::uint32_t>(function_->body.size());
      if (peek().text == ".branchtargets" || peek().text == ".callprototype") fail("not covered");
      return;
    }
    Statement s;
    s.line = token.line;
    if (accept("@")) {
      s.guard = simple_operand();
      if (s.guard.kind != Operand::Kind::kRegister) fail("expected a predicate");
    }
    if (accept(";")) return;
    s.line = peek().line, s.file = file_, s.source_line = source_line_;
    s.op = split(next().text);
    while (!accept(";")) {
      s.operands.push_back(operand());
      if (peek().text != ";") expect(",");
    }
    if (s.op[0] == "bra") branches_.emplace_back(function_->body.size(), scope_);
    function_->body.push_back(std::move(s));
  }

  Module module_;
  std::vector<Token> tokens_;
  std::size_t at_ = 0;
  std::uint32_t file_ = 0, source_line_ = 0;  ///< what the last .loc said
  Function* function_ = nullptr;
  std::vector<Scope> scopes_;
  int scope_ = 0;
  std::vector<std::pair<std::size_t, int>> branches_;
};

}  // namespace

Module parse(std::string text) { return Parser(std::move(text)).run(); }

}  // namespace gan::ptx
