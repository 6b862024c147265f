#include "engine/optimizer/optimizer.h"

namespace gan {

namespace {

class SgdOptimizer final : public Optimizer {
 public:
  SgdOptimizer(const Network& network, StorageTable& table, const OptimizerOptions& options)
      : network_(network), options_(options) {
    if (options.momentum > 0)
      states_ = {{"momentum_buffer", network.declare_like_parameters(table, "momentum_buffer")}};
  }

  std::string name() const override { return "sgd"; }

  void update(Builder& b, const TrainingCounters& counters, const UpdateNumber&) const override {
    b.emit(FiniteCheck{.iteration = counters.iteration, .x = network_.gradient_slab(), .fault = counters.fault});
    b.emit(Sgd{.iteration = counters.iteration,
               .fault = counters.fault,
               .gradient = network_.gradient_slab(),
               .parameter = network_.parameter_slab(),
               .momentum_buffer = states_.empty() ? Tensor{} : states_[0].slab,
               .learning_rate = options_.learning_rate,
               .momentum = options_.momentum,
               .weight_decay = options_.weight_decay,
               .schedule = options_.schedule});
  }

 private:
  const Network& network_;
  OptimizerOptions options_;
};

}  // namespace

std::unique_ptr<Optimizer> make_sgd(const Network& network, StorageTable& table, const OptimizerOptions& options) {
  return std::make_unique<SgdOptimizer>(network, table, options);
}

}  // namespace gan
