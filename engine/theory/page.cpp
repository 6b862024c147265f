#include "engine/theory/page.h"

#include <fmt/format.h>

#include <algorithm>

#include "engine/files/atomic_file.h"
#include "engine/plot/number_text.h"
#include "engine/plot/text.h"
#include "engine/theory/page_style.h"

namespace gan::theory {
namespace {

using plot::escaped;

std::string chinese(const std::string& term) {
  return term.empty() ? "" : fmt::format(R"( <span lang="zh">{}</span>)", escaped(term));
}

/// Said in a word as well as in a colour.
std::string mark(bool holds) {
  return holds ? R"(<span class="mark holds">✓ holds</span>)" : R"(<span class="mark fails">✗ does not hold</span>)";
}

std::string title(const Experiment& experiment) { return escaped(experiment.title) + chinese(experiment.chinese); }

std::string section(const char* name, const std::string& html) {
  return html.empty() ? "" : fmt::format("<h3>{}</h3>\n<div>{}</div>\n", name, html);
}

std::string heading(std::span<const Chapter> chapters) {
  const auto good = std::count_if(chapters.begin(), chapters.end(),
                                  [](const Chapter& chapter) { return chapter.outcome.result.holds(); });
  std::string html = R"(<header class="column">
<h1>The theory of GANs, as experiments)";
  html += chinese("生成对抗网络的理论与实验") + R"(</h1>
<p class="lead">Two networks play against each other, and on paper one can say how the game goes: what the best
discriminator answers, what the generator then really minimises, when its gradient vanishes, and what another distance between
distributions changes.</p>
<p>Here each of those sentences is tried out. A claim is followed by the equation, by what was trained to see it, by what came
out as a picture, and by numbers. Each number has a band that the theory says it must lie in, fixed before the experiment and
with the reason beside it; a claim holds when all its numbers do. The networks were trained by <code>gan_cuda</code>,
whose program <code>gan_cuda_theory</code> repeats all of it.</p>
)";
  const bool all = good == std::ssize(chapters);
  html += fmt::format("<p class=\"verdict\"><span class=\"mark {}\">{} {} of {}</span> {} as the theory says.</p>\n",
                      all ? "holds" : "fails", all ? "✓" : "✗", good, chapters.size(),
                      chapters.size() == 1 ? "experiment comes out" : "experiments come out");
  return html + "</header>\n";
}

std::string contents(std::span<const Chapter> chapters) {
  std::string html = "<div class=\"column\"><nav aria-label=\"Contents\">\n<h2>Contents</h2>\n<ol>\n";
  for (const Chapter& chapter : chapters)
    html += fmt::format("<li>{} <a href=\"#{}\">{}</a></li>\n", mark(chapter.outcome.result.holds()),
                        escaped(chapter.experiment.name), title(chapter.experiment));
  return html + "</ol>\n</nav></div>\n";
}

/// A document of its own has a line that says so, which has no place within another.
std::string_view inline_svg(std::string_view svg) { return svg.substr(std::min(svg.find("<svg"), svg.size())); }

std::string figures(const Result& result) {
  std::string html;
  for (const Picture& picture : result.pictures)
    html += fmt::format("<figure>\n{}<figcaption>{}</figcaption>\n</figure>\n", inline_svg(picture.svg),
                        escaped(picture.caption));
  return html;
}

std::string numbers(const Result& result) {
  std::string html =
      "<h3>Numbers</h3>\n<div class=\"scroll\"><table>\n<thead><tr><th scope=\"col\">what</th>"
      "<th scope=\"col\">measured</th><th scope=\"col\">has to be</th><th scope=\"col\">because</th>"
      "<th scope=\"col\">verdict</th></tr></thead>\n<tbody>\n";
  for (const Measurement& m : result.measurements)
    html += fmt::format(
        "<tr><td>{}</td><td class=\"value\">{}</td><td class=\"band\">{}</td><td "
        "class=\"because\">{}</td><td>{}</td></tr>\n",
        escaped(m.name), plot::significant(m.value), band_text(m), escaped(m.because), mark(m.holds()));
  return html + "</tbody>\n</table></div>\n";
}

std::string facts(const Outcome& outcome) {
  return fmt::format("<p class=\"facts\">Seed {}, {:.1f} s{}. Again: <code>gan_cuda_theory {}</code></p>\n",
                     outcome.conditions.seed, outcome.seconds,
                     outcome.conditions.quick ? ", the fast form with fewer steps" : "", escaped(outcome.name));
}

std::string article(const Chapter& chapter) {
  const Experiment& experiment = chapter.experiment;
  std::string html = fmt::format("<article class=\"column\" id=\"{}\">\n<h2>{}</h2>\n<div class=\"claim\">{}</div>\n",
                                 escaped(experiment.name), title(experiment), experiment.claim);
  if (!experiment.formula.empty()) html += fmt::format("<div class=\"formula\">{}</div>\n", experiment.formula);
  html += section("Set-up", experiment.setup);
  html += figures(chapter.outcome.result) + numbers(chapter.outcome.result);
  html += section("Source", experiment.source) + facts(chapter.outcome);
  return html + "</article>\n";
}

}  // namespace

std::string theory_page(std::span<const Chapter> chapters) {
  std::string html = R"(<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8"/>
<meta name="viewport" content="width=device-width, initial-scale=1"/>
<title>The theory of GANs, as experiments</title>
<style>
)";
  html += page_style();
  html += "</style>\n</head>\n<body>\n" + heading(chapters) + contents(chapters) + "<main>\n";
  for (const Chapter& chapter : chapters) html += article(chapter);
  html +=
      "</main>\n<div class=\"column\"><footer>Written by <code>gan_cuda_theory</code>. Bands are derived, not fitted; "
      "no seed is chosen.</footer></div>\n</body>\n</html>\n";
  return html;
}

void write_theory_page(const std::filesystem::path& path, std::span<const Chapter> chapters) {
  write_atomically(path, theory_page(chapters));
}

}  // namespace gan::theory
