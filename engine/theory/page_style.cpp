#include "engine/theory/page_style.h"

namespace gan::theory {

std::string_view page_style() {
  return R"(:root { color-scheme: light; --ink: #1c1e21; --soft: #5a6068; --line: #d9dde2; --link: #005a8f; --paper: #f6f8fa; }
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; scroll-behavior: smooth; }
body { margin: 0; background: #fff; color: var(--ink); font: 1.0625rem/1.65 Charter, "Bitstream Charter", "Iowan Old Style",
  Georgia, "Noto Serif", "Songti SC", "Noto Serif CJK SC", serif; }
.column { display: grid; grid-template-columns:
  [full-start] minmax(1.1rem, 1fr) [wide-start] minmax(0, 11rem) [text-start] min(46rem, 100% - 2.2rem) [text-end]
  minmax(0, 11rem) [wide-end] minmax(1.1rem, 1fr) [full-end]; }
.column > * { grid-column: text; }
.column > figure { grid-column: wide; }
h1, h2, h3, nav, table, .verdict, .facts, figcaption { font-family: system-ui, -apple-system, "Segoe UI", "Helvetica Neue",
  Arial, "PingFang SC", "Noto Sans CJK SC", sans-serif; }
h1, h2 { line-height: 1.2; letter-spacing: -0.01em; margin: 0; }
h1 { font-size: 2.1rem; margin-top: 3.5rem; }
h2 { font-size: 1.55rem; }
h3 { font-size: 0.82rem; text-transform: uppercase; letter-spacing: 0.07em; color: var(--soft); margin: 1.6rem 0 0; }
p { margin: 0.7rem 0; }
a { color: var(--link); text-underline-offset: 0.15em; text-decoration-thickness: 0.06em; }
code { font: 0.88em ui-monospace, "SF Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace; background: var(--paper);
  padding: 0.1em 0.3em; border-radius: 0.2em; }
[lang="zh"] { font-weight: 400; color: var(--soft); display: inline-block; }
header .lead { font-size: 1.15rem; }
nav { margin: 1.5rem 0 0; border-top: 1px solid var(--line); border-bottom: 1px solid var(--line); padding: 1rem 0; font-size: 0.95rem; }
nav h2 { font-size: 1rem; margin-bottom: 0.4rem; }
nav ol { margin: 0; padding-left: 1.7rem; }
nav li { padding: 0.12rem 0; }
nav li .mark { float: right; }
article { margin-top: 3.5rem; padding-top: 2.2rem; border-top: 1px solid var(--line); }
.mark { font-weight: 600; white-space: nowrap; }
.holds { color: #00664b; }
.fails { color: #a83c00; }
.claim { font-size: 1.08rem; }
.formula { overflow-x: auto; margin: 1rem 0; padding: 0.9rem 1.1rem; background: var(--paper); border-left: 3px solid #0072b2; }
.formula p { margin: 0; }
math { font-size: 1.1em; }
figure { margin: 1.5rem 0; overflow-x: auto; }
figure svg { display: block; max-width: 100%; height: auto; margin: 0 auto; }
figcaption { max-width: 46rem; margin: 0.6rem auto 0; font-size: 0.9rem; line-height: 1.5; color: var(--soft); }
.scroll { overflow-x: auto; margin: 0.6rem 0; }
table { border-collapse: collapse; width: 100%; font-size: 0.9rem; line-height: 1.45; font-variant-numeric: tabular-nums; }
th, td { text-align: left; vertical-align: top; padding: 0.45rem 0.9rem 0.45rem 0; border-bottom: 1px solid var(--line); }
th { font-weight: 600; color: var(--soft); border-bottom-color: #9aa2ab; }
td:last-child, th:last-child { padding-right: 0; }
td.value { font-weight: 600; white-space: nowrap; }
td:first-child { min-width: 9rem; }
td.band { white-space: nowrap; }
td.because { color: var(--soft); }
.facts { font-size: 0.85rem; color: var(--soft); }
footer { margin: 4rem 0 3rem; color: var(--soft); font-size: 0.9rem; }
@media (max-width: 36rem) { body { font-size: 1rem; } h1 { font-size: 1.7rem; margin-top: 2rem; } td.because { min-width: 12rem; } }
@media print {
  body { font-size: 10.5pt; }
  .column { display: block; }
  article { break-before: page; border: 0; margin: 0; padding: 0; }
  figure, tr, .formula { break-inside: avoid; }
  h2, h3 { break-after: avoid; }
  a { color: inherit; text-decoration: none; }
}
)";
}

}  // namespace gan::theory
