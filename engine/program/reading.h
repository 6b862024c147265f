// The numbers that a program leaves behind for whoever watches a run.
#pragma once

#include <string>
#include <vector>

#include "kernels/core/contract/tensor.h"

namespace gan {

/// How one entry of the progress line is made of readings: `loss D 1.318`, `D(G(z)) 0.31/0.28`.
struct Gauge {
  enum class Joined { Summed, NegatedSum, SideBySide };

  std::string label;        ///< "loss D"
  std::string short_label;  ///< "D", for narrow terminals
  std::vector<std::string> readings;
  Joined joined = Joined::Summed;
  int decimals = 3, short_decimals = 2;
  std::string logged_as = {};  ///< the sum's own name in the log; empty: it is only shown
  int rank = 5;  ///< which entry goes first where the line is too narrow: the highest; 1 to 8 are for readings
};

/// A program's readings: names in the order of the log, all scalars in one tensor, and what is shown of them.
struct Readings {
  std::vector<std::string> names;
  Tensor
      values;  ///< (names.size()), of the program's real type; written while the program runs, valid until another does
  std::vector<Gauge> gauges;

  /// Position of `name` in `values`; -1 if there is no such reading.
  int index_of(const std::string& name) const;
};

}  // namespace gan
