// What a kind of layer is: sizes, parameters, and the instructions of its sweeps. One file in layers/ holds one kind.
//
// Vocabulary of the sweeps (engine/network/sweeps.h): y = f(x; w) is the forward; dy, dx are gradients of a loss with respect
// to y and x (dx = J^T dy); a tangent is pushed the other way, from x to y, through the layer's linearisation (J v).
#pragma once

#include <limits>
#include <nlohmann/json_fwd.hpp>  // whoever calls describe() includes the whole: half of the compile time
#include <span>
#include <string>
#include <vector>

#include "engine/network/feature_shape.h"
#include "engine/program/builder.h"

namespace gan {

/// How a weight starts out.
struct Initializer {
  enum class Kind { Constant, Normal, Uniform };
  Kind kind = Kind::Constant;
  float mean = 0;                ///< the constant, or the middle of the distribution
  float standard_deviation = 0;  ///< of Normal
  float bound = 0;               ///< of Uniform: from mean - bound to mean + bound

  static Initializer constant(float value) { return {.kind = Kind::Constant, .mean = value}; }
  static Initializer normal(float mean, float standard_deviation) {
    return {.kind = Kind::Normal, .mean = mean, .standard_deviation = standard_deviation};
  }
  static Initializer uniform(float bound) { return {.kind = Kind::Uniform, .bound = bound}; }
};

/// Where a parameter lies in a file: PyTorch's order. The memory order `memory_shape`, permuted by `permutation` (file
/// axis i is memory axis permutation[i]) and viewed as `file_shape`.
struct FileLayout {
  Shape memory_shape;
  std::vector<int> permutation;
  std::vector<std::int64_t> file_shape;

  /// The same order in file and memory.
  static FileLayout same(const Shape& shape);
};

/// A parameter (or running statistic) that a kind of layer has.
struct ParameterSpec {
  std::string name;  ///< "weight": PyTorch's name within the module
  FileLayout layout;
  Initializer initializer;
  /// Of a weight that layers see divided by its largest singular value (Network::normalize_weights): how many of its
  /// leading memory axes are the rows of the matrix that it is; 0: of no other.
  int spectral_row_axes = 0;
};

/// How norm layers behave in a forward pass.
enum class NormMode {
  Training,   ///< statistics of the batch; running statistics move with momentum 0.1
  Frozen,     ///< statistics of the batch; running statistics stay
  Calibrate,  ///< statistics of the batch; running ones become the mean over the `calibration_batch` passes so far
  Inference   ///< running statistics
};

/// What a forward pass depends on beside its input.
struct ForwardOptions {
  NormMode norm = NormMode::Training;
  int calibration_batch = 1;  ///< number of this pass among those of a calibration, from 1
  /// Sizes of the sub-batches (real images, fakes ...) that the batch consists of, in order: batch norm takes statistics
  /// of each by itself, as if each had a pass of its own. Empty: the batch is one.
  std::vector<std::int64_t> groups;
  Tensor output = {};  ///< where the last layer writes; absent: a transient of its own
};

/// Where a node stands while one of its sweeps is being emitted.
struct NodeContext {
  Builder& builder;
  std::string name;                    ///< of the tensor that the sweep makes here
  std::span<const Tensor> parameters;  ///< in the order of Layer::parameters()
  std::span<const Tensor> statistics;  ///< in the order of Layer::statistics()
};

/// One node's part of a forward pass: what its other sweeps read.
struct NodeRecord {
  /// Statistics of one sub-batch, as a norm layer's forward left them.
  struct Statistics {
    std::int64_t first = 0, count = 0;  ///< rows of the batch
    Tensor mean, inverse_std;
  };
  std::vector<Tensor> inputs;
  Tensor output;
  std::vector<Statistics> statistics;  ///< batch norm only
  std::vector<Tensor> of_samples;      ///< what else the forward left, one row a sample: group norm's statistics

  /// The record of `count` rows of the batch from `first` on. Sub-batches lie inside or outside as a whole; throws Error,
  /// with `name`, otherwise.
  NodeRecord rows(std::int64_t first, std::int64_t count, const std::string& name) const;
};

/// What a backward is asked for.
struct GradientRequest {
  ParamGrad mode = ParamGrad::Skip;
  std::span<const Tensor> gradients;  ///< of the parameters, in their order; empty for Skip
  /// Whether weight gradients that are matrix products are wanted now; else weight_gradients() is called later. Those
  /// that fall out of the input gradient's own sums (norm layers) are written in any case.
  bool products = true;
  /// Whether biases get their gradient with the products; a pair (v, dy) of a tangent sweep has none for them.
  bool bias = true;
  bool input_gradient = true;  ///< whether d(loss)/d(inputs) are wanted
  /// Only the first so many rows of the batch count for the parameter gradients of norm layers; the others hold another
  /// function's seeds. A sub-batch counts or does not as a whole.
  std::int64_t parameter_rows = std::numeric_limits<std::int64_t>::max();
};

/// What a tangent sweep makes of a node: see Network::tangent.
struct NodeTangent {
  Tensor output;               ///< d(P)/d(dy): absent where it is zero
  std::vector<Tensor> inputs;  ///< d(P)/d(x) of each input; absent where zero; empty: all zero
};

/// A kind of layer with its options. Immutable; knows nothing of where it stands in a network.
class Layer {
 public:
  virtual ~Layer() = default;

  /// PyTorch's module of this kind as JSON: {"type": "conv2d", ...}; tools/pytorch_networks.py rebuilds it.
  virtual nlohmann::json describe(std::span<const FeatureShape> inputs) const = 0;

  /// The size of the output for inputs of these sizes. Throws Error where they do not fit.
  virtual FeatureShape output_shape(std::span<const FeatureShape> inputs) const = 0;

  virtual std::vector<ParameterSpec> parameters() const { return {}; }
  virtual std::vector<ParameterSpec> statistics() const { return {}; }
  /// Whether the output is the input's memory under another shape.
  virtual bool is_view() const { return false; }
  /// Whether the layer makes images of a batch depend on each other (batch norm).
  virtual bool mixes_batch() const { return false; }

  /// Emits y = f(x). `options.output` is where y goes, if present.
  virtual NodeRecord forward(const NodeContext&, std::span<const Tensor> inputs, const ForwardOptions&) const = 0;

  /// Emits the backward for `dy`; returns d(loss)/d(x) for every input, or nothing where that was not asked for.
  virtual std::vector<Tensor> backward(const NodeContext&, const NodeRecord&, const Tensor& dy,
                                       const GradientRequest&) const = 0;

  /// Emits the weight gradients of the pair (x, dy) that are matrix products. Layers without any have nothing to do.
  virtual void weight_gradients(const NodeContext&, const Tensor& x, const Tensor& dy, const GradientRequest&) const;

  /// Emits the backward of the backward: for P a function of the dx that `backward` made of `dy`, and `v` = d(P)/d(dx) for
  /// every input (absent: zero), d(P)/d(dy) and d(P)/d(x). Parameter gradients of norm layers go where `request` says.
  /// They have no part at beta, so that they can only be added: throws Error for Overwrite. Throws Error for layers that
  /// have no double backward; a new kind starts so.
  virtual NodeTangent tangent(const NodeContext&, const NodeRecord&, const Tensor& dy, std::span<const Tensor> v,
                              const GradientRequest& request) const;

 protected:
  /// `options.output` under the shape wanted, or a new transient named after the node.
  static Tensor result(const NodeContext&, const ForwardOptions& options, const Shape& shape);
  /// Throws Error where a norm layer's tangent is to overwrite parameter gradients: beta's would stay as it was.
  static void refuse_overwriting(const NodeContext&, const GradientRequest& request);
};

}  // namespace gan
