// What an experiment of gan_cuda_theory is: a claim of the theory, what is done to see it, numbers with the bands they have
// to lie in, and pictures.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace gan::theory {

/// A number that the claim makes a statement about.
struct Measurement {
  std::string name;     ///< "mean |D - D*|", unique within the experiment
  double value = 0;     ///< NaN lies in no band
  double low = 0;       ///< the band that it has to lie in; infinite where that side is open
  double high = 0;      ///< not below `low`
  std::string because;  ///< where the band comes from: a closed form, a bound, the spread of an estimate

  bool holds() const { return value >= low && value <= high; }
};

/// A picture of a result.
struct Picture {
  std::string name;     ///< of its file, without ending: "discriminator"
  std::string svg;      ///< a whole SVG document
  std::string caption;  ///< what is to be seen in it, one or two sentences, plain text
};

/// What came out.
struct Result {
  std::vector<Measurement> measurements;
  std::vector<Picture> pictures;

  bool holds() const {
    for (const Measurement& m : measurements)
      if (!m.holds()) return false;
    return !measurements.empty();
  }
};

/// How an experiment is to be done.
struct Conditions {
  std::uint64_t seed =
      1;               ///< all random numbers follow from it; an experiment of several seeds takes this and the next
  bool quick = false;  ///< the fast form, for tests: fewer steps, fewer seeds, the same claims
};

/// One experiment. All texts are English; `chinese` is what the series calls it.
struct Experiment {
  std::string name;     ///< what the command line calls it: "optimal-discriminator"
  std::string title;    ///< "The best discriminator"
  std::string chinese;  ///< "最优判别器"
  std::string summary;  ///< one sentence for the list that gan_cuda_theory prints
  std::string claim;    ///< HTML: what the theory says, a paragraph
  std::string formula;  ///< HTML or MathML: the equation
  std::string setup;    ///< HTML: what is trained on what, how long, what is measured
  std::string source;   ///< HTML: paper and equation, figure or theorem
  std::function<Result(const Conditions&)> run;
};

/// All experiments, in the order of the page.
const std::vector<Experiment>& experiments();

}  // namespace gan::theory
