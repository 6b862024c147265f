// A network: layers in a row, their parameters in one slab, and the instructions that run them forwards and backwards.
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "engine/program/program.h"

namespace gan {

/// Height, width and channels of one image or feature map; a plain vector is 1 x 1 x features.
struct ImageShape {
  std::int64_t height = 1, width = 1, channels = 1;

  /// Numbers in it.
  std::int64_t count() const { return height * width * channels; }
  bool operator==(const ImageShape&) const = default;
};

/// How a weight starts out.
struct Initializer {
  float mean = 0, standard_deviation = 0;  ///< a normal distribution; a constant where the deviation is 0
};

/// features(in) -> features(out), with bias.
struct LinearLayer {
  ImageShape in, out;  ///< more than 1 x 1 where the layer reads or makes an image: matters for the file layout only
};
/// A convolution, or, `transposed`, its input gradient. No bias: where one is wanted a BiasLayer follows.
struct ConvLayer {
  ImageShape in, out;
  std::int64_t kernel_h = 4, kernel_w = 4;
  std::int64_t stride_h = 2, stride_w = 2;
  std::int64_t pad_h = 1, pad_w = 1;
  bool transposed = false;
};
/// Batch normalisation of every channel, with gamma and beta.
struct BatchNormLayer {
  std::int64_t channels = 1;
};
/// A pointwise function.
struct ActivationLayer {
  ActivationKind kind = ActivationKind::Relu;
  float slope = 0;  ///< of LeakyReLU, where x < 0
};
/// Image to vector or back: nothing moves in memory, but PyTorch has a module here, and modules are counted in names.
struct ReshapeLayer {
  ImageShape out;
};
using Layer = std::variant<LinearLayer, ConvLayer, BatchNormLayer, ActivationLayer, ReshapeLayer>;

/// What a network is made of; sizes agree from layer to layer (checked when the network is built).
struct NetworkSpec {
  std::string name;  ///< "generator", "discriminator": prefix of its tensors' names
  ImageShape input, output;
  std::vector<Layer> layers;
  Initializer weight{.mean = 0, .standard_deviation = 0.02f};
  Initializer gamma{.mean = 1, .standard_deviation = 0.02f};
  /// Weights ~ N(0, 1 / fan_in) instead of `weight` where set: for networks without normalisation.
  bool scale_weight_by_fan_in = false;
};

/// Where a parameter lies in a file: PyTorch's order. The memory order `memory_shape`, permuted by `permutation` (file
/// axis i is memory axis permutation[i]) and viewed as `file_shape`.
struct FileLayout {
  Shape memory_shape;
  std::vector<int> permutation;
  std::vector<std::int64_t> file_shape;
};

/// One parameter (or running statistic) of a network.
struct Parameter {
  std::string name;  ///< "main.0.weight", as PyTorch's Sequential would call it
  Tensor value;      ///< view into the network's slab
  std::int64_t slab_offset = 0;
  FileLayout layout;
  Initializer initializer;
};

/// A forward pass: what it made, and what its backward has to read.
struct Pass {
  /// One layer's part of it.
  struct LayerRecord {
    Tensor input, output;
    Tensor mean, inverse_std;  ///< batch norm only
  };
  std::string name;
  std::vector<LayerRecord> layers;
  Tensor output;
};

/// How batch norm behaves in a forward pass.
enum class NormMode {
  Training,   ///< batch statistics; running statistics move with momentum 0.1
  Frozen,     ///< batch statistics; running statistics stay
  Calibrate,  ///< batch statistics; running statistics become the mean over the `calibration_batches` passes so far
  Inference   ///< running statistics
};

/// A network on the storages of a table.
class Network {
 public:
  /// How a network stands in its table.
  struct Options {
    std::string prefix;       ///< of its tensors' names
    bool trained = true;      ///< with gradients and Adam's moments
    DType real = DType::F32;  ///< F64 in tests
  };
  /// Declares the slabs. Throws Error when the layers' sizes do not fit together.
  Network(const NetworkSpec& spec, StorageTable& table, Options options);

  /// Emits the forward pass of `input` (N, H, W, C) or (N, features); tensors are named `name`.N.
  Pass forward(Builder& b, const Tensor& input, const std::string& name, NormMode mode = NormMode::Training,
               int calibration_batch = 1) const;

  /// Emits the backward of `pass` for d(loss)/d(output) = `doutput`. Parameter gradients go to the gradient slab as
  /// `mode` says; returns d(loss)/d(input), or nothing when `input_gradient` is not wanted.
  Tensor backward(Builder& b, const Pass& pass, const Tensor& doutput, ParamGrad mode, bool input_gradient) const;

  /// Emits the random initialisation of all parameters and the start values of statistics and moments. `counter` is a
  /// U64 that is 0: the draws do not depend on the iteration.
  void initialize(Builder& b, const Tensor& counter) const;

  const NetworkSpec& spec() const { return spec_; }
  const std::string& prefix() const { return options_.prefix; }
  const std::vector<Parameter>& parameters() const { return parameters_; }
  const std::vector<Parameter>& statistics() const { return statistics_; }
  /// Numbers in all parameters.
  std::int64_t parameter_count() const;

  /// All of one kind in one piece, parameter after parameter: (parameter_count), statistics likewise. Gradients and
  /// moments are absent where the network is not trained.
  Tensor parameter_slab() const { return values_; }
  Tensor gradient_slab() const { return gradients_; }
  Tensor adam_m() const { return adam_m_; }
  Tensor adam_v() const { return adam_v_; }
  Tensor statistics_slab() const { return statistics_values_; }
  /// The view of `slab` (the parameters', gradients' or a moment's) that belongs to parameter `index`.
  Tensor view_of(const Tensor& slab, std::size_t index) const;

 private:
  NetworkSpec spec_;
  Options options_;
  std::vector<Parameter> parameters_, statistics_;
  std::vector<std::size_t> first_parameter_, first_statistic_;  ///< by layer
  Tensor values_, gradients_, adam_m_, adam_v_, statistics_values_;
};

}  // namespace gan
