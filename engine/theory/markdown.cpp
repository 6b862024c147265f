#include "engine/theory/markdown.h"

#include <fmt/format.h>

#include "engine/files/atomic_file.h"
#include "engine/plot/number_text.h"
#include "engine/theory/result_json.h"

namespace gan::theory {
namespace {

/// Plain text for one line of Markdown: every character that could mean something else is said to be itself.
std::string escaped(std::string_view text) {
  constexpr std::string_view kSpecial = R"(\`*_{}[]<>|#~$&!)";
  std::string result;
  for (const char c : text) {
    if (kSpecial.find(c) != std::string_view::npos) result += '\\';
    result += c == '\n' ? ' ' : c;
  }
  return result;
}

std::string chapter_markdown(const Chapter& chapter, std::string_view pictures) {
  const Experiment& experiment = chapter.experiment;
  const Result& result = chapter.outcome.result;
  std::string text =
      fmt::format("## {} {}\n\n{}\n\n", escaped(experiment.title), escaped(experiment.chinese), experiment.claim);
  text += "| what | measured | has to be | because | |\n|---|---|---|---|---|\n";
  for (const Measurement& m : result.measurements)
    text += fmt::format("| {} | **{}** | {} | {} | {} |\n", escaped(m.name), plot::significant(m.value), band_text(m),
                        escaped(m.because), m.holds() ? "holds" : "**does not hold**");
  for (const Picture& picture : result.pictures)
    text += fmt::format("\n![{}]({}{}/{})\n\n{}\n", escaped(picture.caption), pictures, experiment.name,
                        picture_file(picture), escaped(picture.caption));
  return text + fmt::format("\nAgain: `gan_cuda_theory {}` (seed {}, {:.1f} s{}).\n\n", experiment.name,
                            chapter.outcome.conditions.seed, chapter.outcome.seconds,
                            chapter.outcome.conditions.quick ? ", fast form" : "");
}

}  // namespace

std::string theory_markdown(std::span<const Chapter> chapters, std::string_view pictures) {
  std::string text =
      "# The theory, as experiments\n\nWhat `gan_cuda_theory all` measured: each claim with its numbers, the "
      "bands that they have to lie in, and pictures. The page that it writes, `index.html`, tells more.\n\n";
  for (const Chapter& chapter : chapters) text += chapter_markdown(chapter, pictures);
  while (text.ends_with("\n\n")) text.pop_back();
  return text;
}

void write_theory_markdown(const std::filesystem::path& path, std::span<const Chapter> chapters,
                           std::string_view pictures) {
  write_atomically(path, theory_markdown(chapters, pictures));
}

}  // namespace gan::theory
