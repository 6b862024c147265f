#include "engine/run/trace.h"

#include <map>

#include "engine/run/checkpoint.h"
#include "kernels/core/contract/error.h"

namespace gan {

namespace {

/// Writes down what each instruction did.
class Recorder {
 public:
  Recorder(const Model& model, Runtime& runtime, const Program& program)
      : model_(model), runtime_(runtime), program_(program) {}

  void observe(const Step& step) {
    if (step.phase != phase_) losses_ = 0;
    phase_ = step.phase;
    prefix_ = program_.phases[static_cast<std::size_t>(step.phase)] + "/";
    std::visit([this](const auto& instruction) { record(instruction); }, step.instruction);
  }

  SafetensorsFile take() { return std::move(file_); }

 private:
  void record(const AssembleBatch& i) { store_images("x", i.y); }
  void record(const RandomNormal& i) { store(model_.table.name_of(i.y), i.y); }
  void record(const SigmoidCrossEntropy& i) {
    const std::string suffix = fmt::format(".{}", losses_++);
    store("logits" + suffix, i.logits);
    store("loss" + suffix, i.loss);
    store("dlogits" + suffix, i.dlogits);
    store("mean_sigmoid" + suffix, i.mean_sigmoid);
  }
  void record(const Adam& i) {
    const Network& network =
        i.parameter.storage == model_.generator.parameter_slab().storage ? model_.generator : model_.discriminator;
    for (std::size_t p = 0; p < network.parameters().size(); ++p) {
      const Parameter& parameter = network.parameters()[p];
      const auto keep = [&](const char* kind, const Tensor& slab) {
        file_.tensors.push_back(store_parameter(prefix_ + kind + "/" + network.prefix() + "." + parameter.name,
                                                network.view_of(slab, p), parameter.layout, runtime_));
      };
      keep("gradient", network.gradient_slab());
      keep("parameter", network.parameter_slab());
      keep("exp_avg", network.adam_m());
      keep("exp_avg_sq", network.adam_v());
    }
  }
  template <class Other>
  void record(const Other&) {}

  void store(const std::string& name, const Tensor& tensor) {
    std::vector<std::int64_t> shape(tensor.shape.extent.begin(), tensor.shape.extent.begin() + tensor.shape.rank);
    file_.tensors.push_back(StoredTensor::of<float>(prefix_ + name, std::move(shape), download(tensor)));
  }
  /// Images go to files as (N, C, H, W).
  void store_images(const std::string& name, const Tensor& images) {
    const Shape& s = images.shape;
    const FileLayout layout{.memory_shape = s, .permutation = {0, 3, 1, 2}, .file_shape = {s[0], s[3], s[1], s[2]}};
    file_.tensors.push_back(store_parameter(prefix_ + name, images, layout, runtime_));
  }
  std::vector<float> download(const Tensor& tensor) {
    std::vector<float> values(static_cast<std::size_t>(tensor.count()));
    runtime_.download(tensor, values.data());
    return values;
  }

  const Model& model_;
  Runtime& runtime_;
  const Program& program_;
  SafetensorsFile file_;
  std::string prefix_;
  int phase_ = -1;
  int losses_ = 0;
};

}  // namespace

SafetensorsFile trace_iteration(const Model& model, Runtime& runtime, Runtime::ProgramId iteration) {
  Recorder recorder(model, runtime, runtime.program(iteration));
  runtime.run_stepwise(iteration, [&](const Step& step) { recorder.observe(step); });
  return recorder.take();
}

}  // namespace gan
