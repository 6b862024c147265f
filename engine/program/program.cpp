#include "engine/program/program.h"

#include <set>

#include "kernels/core/contract/error.h"

namespace gan {

namespace {

/// Checks operands one by one, in the order of execution.
class Checker {
 public:
  explicit Checker(const Program& program) : program_(program) {}

  void check_step(std::size_t index) {
    const Step& step = program_.steps[index];
    place_ = fmt::format("program '{}', step {} ({})", program_.name, index, gan::name_of(step.instruction));
    require(step.phase >= 0 && step.phase < static_cast<int>(program_.phases.size()), "{}: there is no phase {}",
            place_, step.phase);
    std::visit([](const auto& instruction) { validate(instruction); }, step.instruction);
    for_each_operand(step.instruction, [&](const char* operand, const Tensor& tensor, Access access) {
      check_place(operand, tensor);
      const bool reads = access == Access::Read || access == Access::ReadWrite;
      require(!reads || is_written(tensor), "{} reads {} before anything wrote it", place_, program_.name_of(tensor));
      if (tensor.owner == Owner::Program) written_.insert(tensor.storage);
    });
  }

  void check_result(const std::string& name, const Tensor& tensor) {
    place_ = fmt::format("program '{}', result '{}'", program_.name, name);
    check_place("", tensor);
    require(is_written(tensor), "{}: nothing writes it", place_);
  }

 private:
  bool is_written(const Tensor& tensor) const {
    return tensor.owner == Owner::Run || written_.contains(tensor.storage);
  }

  void check_place(const char* operand, const Tensor& tensor) const {
    require(tensor.storage >= 0 && tensor.storage < program_.table_of(tensor).size(), "{}: operand {} has no storage",
            place_, operand);
    const Storage& storage = program_.storage_of(tensor);
    require(tensor.dtype == storage.dtype, "{}: operand {} is {}, its storage {} is {}", place_, operand,
            gan::name_of(tensor.dtype), storage.name, gan::name_of(storage.dtype));
    require(tensor.offset >= 0 && tensor.offset + tensor.count() <= storage.shape.count(),
            "{}: operand {}, elements {} to {}, lies outside its storage {} of {}", place_, operand, tensor.offset,
            tensor.offset + tensor.count(), storage.name, storage.shape.count());
  }

  const Program& program_;
  std::set<int> written_;  ///< transients, by their storage
  std::string place_;
};

}  // namespace

int Readings::index_of(const std::string& name) const {
  for (std::size_t i = 0; i < names.size(); ++i)
    if (names[i] == name) return static_cast<int>(i);
  return -1;
}

const Tensor& Program::output(const std::string& wanted) const {
  for (const Output& output : outputs)
    if (output.name == wanted) return output.tensor;
  throw Error(fmt::format("program '{}' has no output '{}'", name, wanted));
}

void validate(const Program& program) {
  require(program.run != nullptr, "program '{}' stands over no table", program.name);
  Checker checker(program);
  for (std::size_t i = 0; i < program.steps.size(); ++i) checker.check_step(i);
  for (const Program::Output& output : program.outputs) checker.check_result(output.name, output.tensor);
  if (!program.readings.names.empty()) checker.check_result("readings", program.readings.values);
}

Cost total_cost(const Program& program) {
  Cost total;
  for (const Step& step : program.steps) total += cost_of(step.instruction);
  return total;
}

}  // namespace gan
