// A strict reader of the XML that plots and pages are made of: what it takes is well-formed.
#pragma once

#include <cctype>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "kernels/core/contract/error.h"

namespace gan::test {

struct Element {
  std::string name;
  std::map<std::string, std::string> attributes;
  std::string text;  ///< its own, entities resolved
  std::vector<Element> children;

  std::string attribute(const std::string& key) const {
    const auto found = attributes.find(key);
    return found == attributes.end() ? "" : found->second;
  }
  double number(const std::string& key) const { return std::stod(attribute(key)); }

  /// This element and all below it of that name ("" for any), in the order of the document.
  std::vector<const Element*> all(const std::string& wanted = "") const {
    std::vector<const Element*> found;
    if (wanted.empty() || name == wanted) found.push_back(this);
    for (const Element& child : children)
      for (const Element* below : child.all(wanted)) found.push_back(below);
    return found;
  }
};

class XmlReader {
 public:
  explicit XmlReader(std::string_view text) : text_(text) {}

  /// The root element; Error where the document is not well-formed.
  Element read() {
    skip_space();
    Element root = element();
    skip_space();
    require(at_ == text_.size(), "something after the root element: '{}'", rest());
    return root;
  }

 private:
  std::string_view rest() const { return text_.substr(at_, 60); }
  bool next_is(std::string_view expected) const { return text_.substr(at_).starts_with(expected); }
  void take(std::string_view expected) {
    require(next_is(expected), "'{}' expected before '{}'", expected, rest());
    at_ += expected.size();
  }
  void skip_space() {
    while (at_ < text_.size() && std::string_view(" \t\r\n").find(text_[at_]) != std::string_view::npos) ++at_;
  }

  std::string word() {
    const std::size_t begin = at_;
    while (at_ < text_.size() && (std::isalnum(static_cast<unsigned char>(text_[at_])) != 0 ||
                                  std::string_view("-_:").find(text_[at_]) != std::string_view::npos))
      ++at_;
    require(at_ > begin, "a name expected before '{}'", rest());
    return std::string(text_.substr(begin, at_ - begin));
  }

  /// Text up to one of `ends`, entities resolved.
  std::string content(std::string_view ends) {
    static const std::map<std::string, std::string, std::less<>> kEntities = {
        {"amp", "&"}, {"lt", "<"}, {"gt", ">"}, {"quot", "\""}, {"#39", "'"}};
    std::string result;
    while (true) {
      require(at_ < text_.size(), "the document ends within a text");
      const char c = text_[at_];
      if (ends.find(c) != std::string_view::npos) return result;
      require(c != '<', "'<' in an attribute before '{}'", rest());
      require(static_cast<unsigned char>(c) >= 0x20 || c == '\n' || c == '\t' || c == '\r', "a control character");
      ++at_;
      if (c != '&') {
        result += c;
        continue;
      }
      const std::size_t end = text_.find(';', at_);
      const auto entity = kEntities.find(text_.substr(at_, end - at_));
      require(end != std::string_view::npos && entity != kEntities.end(), "no entity: '{}'", rest());
      result += entity->second;
      at_ = end + 1;
    }
  }

  Element element() {
    take("<");
    Element result{.name = word()};
    for (skip_space(); !next_is(">") && !next_is("/>"); skip_space()) {
      const std::string key = word();
      take("=\"");
      require(result.attributes.emplace(key, content("\"")).second, "attribute {} twice", key);
      take("\"");
    }
    if (next_is("/>")) {
      take("/>");
      return result;
    }
    take(">");
    while (true) {
      result.text += content("<");
      if (next_is("</")) break;
      result.children.push_back(element());
    }
    take("</");
    take(result.name);
    take(">");
    return result;
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

inline Element parse_xml(std::string_view text) { return XmlReader(text).read(); }

}  // namespace gan::test
