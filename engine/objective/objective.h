// The losses of the game: what the discriminator and the generator minimise, as functions of logits.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "engine/program/builder.h"

namespace gan {

/// What D makes of real and of generated images: logits, or gradients with respect to them. Either may be absent.
struct Logits {
  Tensor real, fake;
};

/// One game with its options.
class Objective {
 public:
  virtual ~Objective() = default;
  /// As make_objective() takes it.
  virtual std::string name() const = 0;

  /// Declares the numbers that the losses leave for the log, in its order, and what the progress line makes of them.
  virtual void declare_readings(Builder& b) const = 0;

  /// Whether the losses look at the logits of real and generated images together. If not, d_loss() may be called for one
  /// after the other, and g_loss() reads those of generated images only.
  virtual bool is_paired() const { return false; }

  /// Emits D's loss of the given logits; returns its gradients with respect to those that are present, which are written
  /// to `into` where that is present, else to transients of their own.
  virtual Logits d_loss(Builder& b, const Logits& logits, const Logits& into = {}) const = 0;
  /// Emits G's loss; returns the gradient with respect to the logits of generated images. Of real ones, which a paired
  /// objective reads too, none is needed: they do not depend on G.
  virtual Tensor g_loss(Builder& b, const Logits& logits) const = 0;

 protected:
  /// Where the gradient with respect to `logits` goes: `into`, or a transient named after them.
  static Tensor gradient_of(Builder& b, const Tensor& logits, const Tensor& into);
};

/// What the user asks of an objective.
struct ObjectiveOptions {
  std::string name = "non-saturating";
  double label_smoothing =
      0;  ///< D's target for real images is 1 minus this (one-sided: Salimans et al. 2016, section 3.4)
};

/// "non-saturating", "minimax", "least-squares", "hinge", "relativistic", "wgan", "wgan-gp".
std::vector<std::string> objective_names();

/// The objective of that name. Throws Error for any other name and for options out of range, which the table of settings
/// has refused before.
std::unique_ptr<Objective> make_objective(const ObjectiveOptions& options);

/// Goodfellow et al. 2014, sections 3 and 4; see cross_entropy.cpp.
std::unique_ptr<Objective> make_non_saturating(const ObjectiveOptions& options);
std::unique_ptr<Objective> make_minimax(const ObjectiveOptions& options);
/// Mao et al. 2017; see least_squares.cpp.
std::unique_ptr<Objective> make_least_squares(const ObjectiveOptions& options);
/// Lim & Ye 2017, Miyato et al. 2018; see hinge.cpp.
std::unique_ptr<Objective> make_hinge(const ObjectiveOptions& options);
/// Jolicoeur-Martineau 2019, as Huang et al. 2024 (R3GAN) play it; see relativistic.cpp.
std::unique_ptr<Objective> make_relativistic(const ObjectiveOptions& options);
/// Arjovsky, Chintala & Bottou 2017, and with the gradient penalty of Gulrajani et al. 2017; see wasserstein.cpp.
std::unique_ptr<Objective> make_wgan(const ObjectiveOptions& options);
std::unique_ptr<Objective> make_wgan_gp(const ObjectiveOptions& options);

}  // namespace gan
