#include "engine/optimizer/optimizer.h"

namespace gan {

namespace {

class AdamOptimizer final : public Optimizer {
 public:
  AdamOptimizer(const Network& network, StorageTable& table, const OptimizerOptions& options)
      : network_(network), options_(options) {
    states_ = {{"exp_avg", network.declare_like_parameters(table, "adam_m")},
               {"exp_avg_sq", network.declare_like_parameters(table, "adam_v")}};
  }

  std::string name() const override { return "adam"; }

  void update(Builder& b, const TrainingCounters& counters, const UpdateNumber& number) const override {
    b.emit(FiniteCheck{.iteration = counters.iteration, .x = network_.gradient_slab(), .fault = counters.fault});
    b.emit(Adam{.iteration = counters.iteration,
                .updates = number.before,
                .fault = counters.fault,
                .gradient = network_.gradient_slab(),
                .parameter = network_.parameter_slab(),
                .m = states_[0].slab,
                .v = states_[1].slab,
                .learning_rate = options_.learning_rate,
                .beta1 = options_.beta1,
                .beta2 = options_.beta2,
                .weight_decay = options_.weight_decay,
                .updates_per_iteration = static_cast<std::uint32_t>(number.per_iteration),
                .update_index = static_cast<std::uint32_t>(number.index),
                .schedule = options_.schedule});
  }

 private:
  const Network& network_;
  OptimizerOptions options_;
};

}  // namespace

std::unique_ptr<Optimizer> make_adam(const Network& network, StorageTable& table, const OptimizerOptions& options) {
  return std::make_unique<AdamOptimizer>(network, table, options);
}

}  // namespace gan
