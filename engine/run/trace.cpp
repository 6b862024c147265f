#include "engine/run/trace.h"

#include <map>

#include "engine/run/checkpoint.h"
#include "kernels/core/contract/error.h"

namespace gan {

namespace {

/// Writes down what each instruction did.
class Recorder {
 public:
  Recorder(const Players& players, Runtime& runtime, const Program& program)
      : players_(players), runtime_(runtime), program_(program) {}

  void observe(const Step& step) {
    if (step.phase != phase_) losses_ = 0;
    phase_ = step.phase;
    prefix_ = program_.phases[static_cast<std::size_t>(step.phase)] + "/";
    std::visit([this](const auto& instruction) { record(instruction); }, step.instruction);
  }

  SafetensorsFile take() { return std::move(file_); }

 private:
  void record(const AssembleBatch& i) { store_images("x", i.y); }
  void record(const GatherRows& i) { store_images("x", i.y); }
  void record(const RandomNormal& i) { store(program_.name_of(i.y), i.y); }
  void record(const RandomUniform& i) { store(program_.name_of(i.y), i.y); }

  void record(const RelativisticLoss& i) {
    store("logits.0", i.real);
    store("logits.1", i.fake);
    store("loss.0", i.loss);
    if (i.dreal.present()) store("dlogits.0", i.dreal);
    store("dlogits.1", i.dfake);
    store("mean_sigmoid.0", i.mean_sigmoid);
  }

  /// Whatever else an instruction is: a loss has logits, a loss and their gradient; an update moves a parameter.
  template <class Other>
  void record(const Other& i) {
    if constexpr (requires { i.logits, i.loss, i.dlogits; }) record_loss(i);
    if constexpr (requires { i.gradient, i.parameter; }) record_update(i.parameter);
  }

  template <class Loss>
  void record_loss(const Loss& i) {
    const std::string suffix = fmt::format(".{}", losses_++);
    store("logits" + suffix, i.logits);
    store("loss" + suffix, i.loss);
    store("dlogits" + suffix, i.dlogits);
    if constexpr (requires { i.mean_sigmoid; }) store("mean_sigmoid" + suffix, i.mean_sigmoid);
    if constexpr (requires { i.mean_logit; }) store("mean_logit" + suffix, i.mean_logit);
  }

  /// All that an update read and wrote of the network whose parameters are `slab`.
  void record_update(const Tensor& slab) {
    players_.for_each_network([&](const Network& network, const Optimizer* optimizer) {
      if (optimizer == nullptr || !network.parameter_slab().shares_storage_with(slab)) return;
      for (std::size_t p = 0; p < network.parameters().size(); ++p) {
        const Parameter& parameter = network.parameters()[p];
        const auto keep = [&](const std::string& kind, const Tensor& kept) {
          file_.tensors.push_back(store_parameter(prefix_ + kind + "/" + network.prefix() + "." + parameter.name,
                                                  network.view_of(kept, p), parameter.layout, runtime_));
        };
        keep("gradient", network.gradient_slab());
        keep("parameter", network.parameter_slab());
        for (const Optimizer::State& state : optimizer->states()) keep(state.name, state.slab);
      }
    });
  }

  void store(const std::string& name, const Tensor& tensor) {
    std::vector<std::int64_t> shape(tensor.shape.extent.begin(), tensor.shape.extent.begin() + tensor.shape.rank);
    file_.tensors.push_back(StoredTensor::of<float>(prefix_ + name, std::move(shape), runtime_.read<float>(tensor)));
  }
  /// Images go to files as (N, C, H, W).
  void store_images(const std::string& name, const Tensor& images) {
    const Shape& s = images.shape;
    const FileLayout layout{.memory_shape = s, .permutation = {0, 3, 1, 2}, .file_shape = {s[0], s[3], s[1], s[2]}};
    file_.tensors.push_back(store_parameter(prefix_ + name, images, layout, runtime_));
  }

  const Players& players_;
  Runtime& runtime_;
  const Program& program_;
  SafetensorsFile file_;
  std::string prefix_;
  int phase_ = -1;
  int losses_ = 0;
};

}  // namespace

SafetensorsFile trace_iteration(const Players& players, Runtime& runtime, Runtime::ProgramId iteration) {
  Recorder recorder(players, runtime, runtime.program(iteration));
  runtime.run_stepwise(iteration, [&](const Step& step) { recorder.observe(step); });
  return recorder.take();
}

}  // namespace gan
