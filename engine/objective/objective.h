// The losses of the game: what the discriminator and the generator minimise, as functions of logits.
#pragma once

#include <memory>
#include <string>

#include "engine/program/program.h"

namespace gan {

/// Where a loss term leaves its two numbers.
struct LossReadings {
  Tensor loss;          ///< (1)
  Tensor mean_sigmoid;  ///< (1): D(x) or D(G(z))
};

/// One player's game. Each function emits the loss of the given logits and returns d(loss)/d(logits).
class Objective {
 public:
  virtual ~Objective() = default;
  /// As make_objective() takes it.
  virtual std::string name() const = 0;

  /// The discriminator's loss on real images.
  virtual Tensor d_real(Builder& b, const Tensor& logits, const LossReadings& readings) const = 0;
  /// The discriminator's loss on generated images.
  virtual Tensor d_fake(Builder& b, const Tensor& logits, const LossReadings& readings) const = 0;
  /// The generator's loss.
  virtual Tensor g_fake(Builder& b, const Tensor& logits, const LossReadings& readings) const = 0;
};

/// "non-saturating" or "minimax"; InputError for any other name. `label_smoothing` S moves the discriminator's target
/// for real images to 1 - S (one-sided: Salimans et al. 2016, section 3.4).
std::unique_ptr<Objective> make_objective(const std::string& name, double label_smoothing);

}  // namespace gan
