// The kinds of iterations that a run is made of, and which comes when.
#pragma once

#include <cstdint>

#include "engine/settings/options.h"

namespace gan {

/// What distinguishes one iteration from another.
struct IterationKind {
  bool early = false;      ///< with the discriminator updates of early iterations
  bool penalised = false;  ///< with the zero-centred penalties, which a run may apply now and then only

  bool operator==(const IterationKind&) const = default;
};

/// Tells of any iteration what kind it is, and how many discriminator updates came before it: pure arithmetic, so that a
/// resumed run goes on as if it had never stopped.
///
/// Early iterations are the first `early_iterations`, and then every kEarlyAgainEvery-th, as in the code of Arjovsky et al.
/// 2017: there the critic is brought near its optimum. Penalties are applied in every `penalty_every`-th iteration, the
/// last of each group, so that it is in the log where --log-every is a multiple (Karras et al. 2020, "lazy
/// regularisation").
class IterationKinds {
 public:
  explicit IterationKinds(const TrainingOptions& options);

  IterationKind of(std::int64_t iteration) const;
  /// Discriminator updates in an iteration of that kind.
  int d_steps(const IterationKind& kind) const { return kind.early ? early_d_steps_ : d_steps_; }
  /// Whether that is not the same number for all.
  bool d_steps_vary() const { return early_d_steps_ != d_steps_; }
  /// Whether there are penalties in some iterations but not in all.
  bool is_lazy() const { return penalised_ && penalty_every_ > 1; }
  /// The kind that is not early: with the penalties where all have them.
  IterationKind usual() const { return {.penalised = penalised_ && penalty_every_ == 1}; }

  /// Discriminator updates of the first `iterations` iterations.
  std::int64_t updates_before(std::int64_t iterations) const;
  /// The fewest iterations with at least so many discriminator updates.
  std::int64_t iterations_with(double updates) const;

  static constexpr std::int64_t kEarlyAgainEvery = 500;

 private:
  int d_steps_, early_d_steps_;
  std::int64_t early_iterations_;
  bool penalised_;
  std::int64_t penalty_every_;
};

}  // namespace gan
