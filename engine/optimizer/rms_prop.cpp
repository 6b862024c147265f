#include "engine/optimizer/optimizer.h"

namespace gan {

namespace {

class RmsPropOptimizer final : public Optimizer {
 public:
  RmsPropOptimizer(const Network& network, StorageTable& table, const OptimizerOptions& options)
      : network_(network), options_(options) {
    states_ = {{"square_avg", network.declare_like_parameters(table, "square_average")}};
  }

  std::string name() const override { return "rmsprop"; }

  void update(Builder& b, const TrainingCounters& counters, const UpdateNumber&) const override {
    b.emit(FiniteCheck{.iteration = counters.iteration, .x = network_.gradient_slab(), .fault = counters.fault});
    b.emit(RmsProp{.iteration = counters.iteration,
                   .fault = counters.fault,
                   .gradient = network_.gradient_slab(),
                   .parameter = network_.parameter_slab(),
                   .square_average = states_[0].slab,
                   .learning_rate = options_.learning_rate,
                   .alpha = options_.beta2,
                   .weight_decay = options_.weight_decay,
                   .schedule = options_.schedule});
  }

 private:
  const Network& network_;
  OptimizerOptions options_;
};

}  // namespace

std::unique_ptr<Optimizer> make_rms_prop(const Network& network, StorageTable& table, const OptimizerOptions& options) {
  return std::make_unique<RmsPropOptimizer>(network, table, options);
}

}  // namespace gan
