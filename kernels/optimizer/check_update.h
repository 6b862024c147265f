// The checks that the validate() functions of optimisers share.
#pragma once

#include <cmath>

#include "kernels/core/contract/check_operand.h"
#include "kernels/optimizer/learning_rate.h"

namespace gan {

/// Throws Error unless an update has its counters, a gradient with a parameter of its shape, and finite rates. The
/// optimiser's own state is its own business.
template <class Update>
void require_update(const Update& op) {
  require_element_types(op);
  require_scalar(op.kName, "iteration", op.iteration);
  if (op.fault.present()) require_scalar(op.kName, "fault", op.fault);
  require_present(op.kName, "gradient", op.gradient);
  require_operand(op.kName, "parameter", op.parameter, op.gradient.shape);
  require(std::isfinite(op.learning_rate), "{}: learning_rate is finite, got {}", op.kName, op.learning_rate);
  require(op.schedule.kind == LearningRateSchedule::Kind::Constant || op.schedule.iterations >= 1,
          "{}: a falling learning rate needs the run's length, got {} iterations", op.kName, op.schedule.iterations);
  require(std::isfinite(op.weight_decay), "{}: weight_decay is finite, got {}", op.kName, op.weight_decay);
}

}  // namespace gan
