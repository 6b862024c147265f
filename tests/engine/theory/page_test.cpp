// The page and the Markdown document of the experiments.
#include "engine/theory/page.h"

#include <regex>

#include "engine/theory/markdown.h"
#include "tests/engine/plot/svg_reader.h"
#include "tests/engine/theory/example_outcome.h"
#include "tests/support/catch.h"
#include "tests/support/temporary_folder.h"

namespace gan::theory {
namespace {

bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

/// A page with a chapter that fails and one that holds.
struct Book {
  std::vector<Experiment> experiments = {test::example_experiment(), test::example_experiment()};
  std::vector<Outcome> outcomes = {test::example_outcome(), test::example_outcome()};
  std::vector<Chapter> chapters;

  Book() {
    experiments[1].name = outcomes[1].name = "figure-1";
    outcomes[1].result.measurements.resize(2);
    outcomes[1].result.pictures[0].svg = plot::to_svg({.title = "another", .panels = {{}}});
    for (std::size_t i = 0; i < 2; ++i) chapters.push_back({experiments[i], outcomes[i]});
  }
};

test::Element parse_page(const std::string& html) {
  const std::string start = "<!DOCTYPE html>\n";
  REQUIRE(html.starts_with(start));
  return test::parse_xml(std::string_view(html).substr(start.size()));
}

TEST_CASE("the page is one well-formed document that fetches and runs nothing", "[theory]") {
  const std::string html = theory_page(Book().chapters);
  const test::Element page = parse_page(html);
  CHECK(page.attribute("lang") == "en");
  CHECK(test::ids_of(page).size() >= 6);  // two articles; titles and clips of two plots
  for (const test::Element* element : page.all()) {
    CHECK(element->name != "script");
    CHECK(element->name != "link");
    for (const auto& [key, value] : element->attributes) {
      INFO(element->name << " " << key << "=" << value);
      CHECK((key == "xmlns" || !contains(value, "http")));
      CHECK_FALSE(key.starts_with("on"));
      CHECK(key != "src");
    }
  }
  CHECK_FALSE(contains(html, "@import"));
  CHECK_FALSE(std::regex_search(html, std::regex(R"(url\([^#])")));
}

TEST_CASE("the page has every claim, number, band, reason and picture", "[theory]") {
  const Book book;
  const std::string html = theory_page(book.chapters);
  const test::Element page = parse_page(html);
  const auto articles = page.all("article");
  REQUIRE(articles.size() == 2);
  for (std::size_t i = 0; i < 2; ++i) {
    CHECK(articles[i]->attribute("id") == book.experiments[i].name);
    CHECK(articles[i]->all("h2")[0]->text == "Lines & <distances> ");
    CHECK(articles[i]->all("h2")[0]->all("span")[0]->text == "平行线");
    CHECK(articles[i]->all("h2")[0]->all("span")[0]->attribute("lang") == "zh");
    CHECK(articles[i]->all("math").size() == 1);
    REQUIRE(articles[i]->all("figure").size() == 1);
    CHECK(articles[i]->all("svg").size() == 1);
    CHECK(articles[i]->all("figcaption")[0]->text == "Blue: D < 1 & rising.");
  }
  for (const char* html_text : {"<em>log 2</em>", "A critic of two layers", "Arjovsky et al. 2017"})
    CHECK(contains(html, html_text));
  const std::vector<std::vector<std::string>> expected = {
      {"mean |D - D*| <b>", "0.01", "at most 0.02", "a bound & its proof", "✓ holds"},
      {"Wasserstein", "3.142·10⁻⁷", "at least 0", "no distance is negative", "✓ holds"},
      {"diverged", "not a number", "from −1 to 1", "\"quotes\"", "✗ does not hold"},
      {"modes found", "8", "8", "all 8", "✓ holds"}};
  std::vector<std::vector<std::string>> found;
  for (const test::Element* row : articles[0]->all("tr")) {
    const auto cells = row->all("td");
    if (cells.empty()) continue;  // the table's head
    REQUIRE(cells.size() == 5);
    found.emplace_back();
    for (std::size_t i = 0; i < 4; ++i) found.back().push_back(cells[i]->text);
    found.back().push_back(cells[4]->all("span")[0]->text);
  }
  CHECK(found == expected);
}

TEST_CASE("the page's contents lead to each experiment and say whether it holds", "[theory]") {
  const test::Element page = parse_page(theory_page(Book().chapters));
  const auto entries = page.all("nav")[0]->all("li");
  REQUIRE(entries.size() == 2);
  CHECK(entries[0]->all("a")[0]->attribute("href") == "#parallel-lines");
  CHECK(entries[0]->all("span")[0]->text == "✗ does not hold");
  CHECK(entries[1]->all("a")[0]->attribute("href") == "#figure-1");
  CHECK(entries[1]->all("span")[0]->text == "✓ holds");
}

TEST_CASE("the Markdown document has claims, numbers and links to the pictures", "[theory]") {
  const std::string text = theory_markdown(Book().chapters, "theory/");
  CHECK(contains(text, "## Lines \\& \\<distances\\> 平行线\n"));
  CHECK(contains(text, "<em>log 2</em>"));
  CHECK(contains(text, R"(| mean \|D - D\*\| \<b\> | **0.01** | at most 0.02 | a bound \& its proof | holds |)"));
  CHECK(contains(text, "| diverged | **not a number** | from −1 to 1 | \"quotes\" | **does not hold** |"));
  CHECK(contains(text, "](theory/parallel-lines/estimates.svg)"));
  CHECK(contains(text, "](theory/figure-1/estimates.svg)"));
  CHECK(text.back() == '\n');
  CHECK_FALSE(text.ends_with("\n\n"));
}

TEST_CASE("page and document are written as they are", "[theory]") {
  const test::TemporaryFolder folder;
  const Book book;
  write_theory_page(folder / "index.html", book.chapters);
  write_theory_markdown(folder / "theory.md", book.chapters, "theory/");
  CHECK(std::filesystem::file_size(folder / "index.html") == theory_page(book.chapters).size());
  CHECK(std::filesystem::file_size(folder / "theory.md") == theory_markdown(book.chapters, "theory/").size());
}

}  // namespace
}  // namespace gan::theory
