#include "engine/plot/text.h"

#include <cmath>

#include "tests/support/catch.h"
#include "tests/support/error_message.h"

namespace gan::plot {
namespace {

TEST_CASE("what XML would misread is escaped", "[plot]") {
  CHECK(escaped("a < b && c > \"d\" 'e'") == "a &lt; b &amp;&amp; c &gt; &quot;d&quot; &#39;e&#39;");
  CHECK(escaped("最优判别器 ∇ 😀") == "最优判别器 ∇ 😀");
  CHECK(escaped("one\ntwo\x01") == "one\ntwo\uFFFD");
}

// A lone continuation, a cut sequence, an overlong '/', half of a surrogate pair, beyond Unicode.
TEST_CASE("what is no UTF-8 is shown as such", "[plot]") {
  for (const std::string broken : {"\x80", "\xE6\x9C", "\xC0\xAF", "\xED\xA0\x80", "\xF4\x90\x80\x80", "\xFF"}) {
    const std::string text = escaped("a" + broken + "b");
    CHECK(text.starts_with("a\uFFFD"));
    CHECK(text.ends_with("\uFFFDb"));
    CHECK(text_width(broken, 10) > 0);
  }
}

TEST_CASE("longer texts are wider, and Chinese ones by a whole character each", "[plot]") {
  CHECK(text_width("ab", 10) > text_width("a", 10));
  CHECK(text_width("W", 10) > text_width("i", 10));
  CHECK(text_width("判别", 10) >= 20);
  CHECK(text_width("", 10) == 0);
}

TEST_CASE("lines are broken at spaces", "[plot]") {
  const double width = text_width("one two", 10) + 1;
  CHECK(wrapped("one two three", 10, width) == std::vector<std::string>{"one two", "three"});
  CHECK(wrapped("unbreakable", 10, 5) == std::vector<std::string>{"unbreakable"});
  CHECK(wrapped("", 10, 50) == std::vector<std::string>{""});
}

TEST_CASE("positions have one decimal at most", "[plot]") {
  CHECK(px(12.34) == "12.3");
  CHECK(px(12.96) == "13");
  CHECK(px(-0.04) == "0");
  CHECK(px(-7.25) == "-7.3");
  test::require_error<Error>([] { px(std::nan("")); }, {"nan"});
}

}  // namespace
}  // namespace gan::plot
