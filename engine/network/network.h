// A network on the storages of a run: its parameters in one slab, and the sweeps over its graph.
//
// The five sweeps, with which every update is scheduled by hand:
//   forward            y_l = f_l(x_l; w_l), from the input on
//   input gradients    dx_l = J_l^T dy_l, from the output back; every dy is kept
//   weight gradients   dw_l = sum over pairs (x_l, dy_l), of one or several passes
//   tangent            v_l pushed forward through the linearisation: the backward of the input-gradient sweep
//   second order       the input-gradient sweep again, for what the tangent sweep left at every input
// `backward` is the second and the third together, node by node, for a pass whose dy nobody else needs: less is alive at once.
//
// A gradient penalty P(dx_0) on the gradient of the output with respect to the input (Gulrajani et al. 2017, equation 3,
// written out) is: forward; input gradients dy for a seed; v_0 = d(P)/d(dx_0); tangent; second order;
// weight gradients over the pairs (v_l, dy_l) and (x_l, e_l), where e_l is what the second-order sweep made.
//
// Spectrally normalised weights (Miyato et al. 2018) are divided by their largest singular values once an update and not
// once a forward: normalize_weights() fills a second slab with W / sigma, which is what layers see in every sweep until the
// next call, and finish_gradients() turns the sum of all gradients by W / sigma into that by W. No sweep knows of it.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "engine/network/graph.h"

namespace gan {

/// One parameter (or running statistic) of a network.
struct Parameter {
  std::string name;  ///< "main.0.weight", as PyTorch would call it
  Tensor value;      ///< view into the network's slab
  std::int64_t slab_offset = 0;
  FileLayout layout;
  Initializer initializer;
};

/// A weight that layers see divided by its largest singular value, and what that takes. PyTorch's names for the module's
/// "weight" then are "weight_orig", and "weight_u" and "weight_v" for the two vectors, as torch.nn.utils.spectral_norm has
/// them.
struct SpectralWeight {
  std::size_t parameter = 0;  ///< index of "weight_orig" among the parameters
  std::size_t u = 0, v = 0;   ///< indices of the vectors among the statistics
  Shape matrix;               ///< (rows, columns) of the weight as a matrix
  Tensor normalized;          ///< W / sigma, in the shape of the parameter
  Tensor sigma;               ///< (1)
};

/// A forward pass: what it made, and what its other sweeps have to read.
struct Pass {
  std::string name;
  Tensor input;
  std::vector<NodeRecord> nodes;
  Tensor output;

  /// The pass of `count` rows of the batch from `first` on. Sub-batches of norm layers lie inside or outside as a whole;
  /// throws Error otherwise.
  Pass rows(std::int64_t first, std::int64_t count) const;
};

/// The gradients of one input-gradient (or second-order) sweep: of the loss with respect to each node's output, and the
/// graph's input. Absent where they are zero or were not asked for.
struct InputGradients {
  std::vector<Tensor> outputs;   ///< by node: dy
  Tensor input;                  ///< d(loss)/d(input)
  std::int64_t input_first = 0;  ///< the row of the batch that `input` begins with

  /// The gradients of `count` rows of the batch from `first` on; `input` is absent where it does not cover them.
  InputGradients rows(std::int64_t first, std::int64_t count) const;
};

/// `count` rows of a batch from `first` on.
struct Rows {
  std::int64_t first = 0, count = 0;
};

/// What an input-gradient sweep over a batch made of several parts leaves out.
struct InputGradientOptions {
  /// Only the first so many rows count for the parameter gradients of norm layers.
  std::int64_t parameter_rows = std::numeric_limits<std::int64_t>::max();
  std::optional<Rows> input_rows = {};  ///< the rows that go on to the graph's input; absent: all
};

/// What a tangent sweep leaves: `inputs[l]` holds v for every input of node l, and `second_order` d(P)/d(value) for the
/// outputs of all nodes (absent: zero), where the second-order sweep starts.
struct Tangents {
  std::vector<std::vector<Tensor>> inputs;
  std::vector<Tensor> second_order;
};

/// A term of weight gradients: for every node the pair of its input x and the gradient dy of its output. Absent: no term.
struct WeightTerm {
  std::vector<Tensor> x, dy;
  bool bias =
      true;  ///< whether it has a part for biases; not so of a tangent sweep: dx = J^T dy does not depend on them
};
/// The pairs (x_l, dy_l) of a pass and its gradients; (v_l, dy_l) of a tangent sweep.
WeightTerm weight_term(const Pass& pass, const InputGradients& gradients);
WeightTerm weight_term(const Tangents& tangents, const InputGradients& gradients);

/// A network on the storages of a table.
class Network {
 public:
  /// How a network stands in its table.
  struct Options {
    std::string prefix;       ///< of its tensors' names
    bool trained = true;      ///< with gradients
    DType real = DType::F32;  ///< F64 in tests
  };
  /// Declares the slabs.
  Network(NetworkGraph graph, StorageTable& table, Options options);

  /// Emits the forward pass of `input` (N, H, W, C) or (N, features); tensors are named `name`.N.
  Pass forward(Builder& b, const Tensor& input, const std::string& name, const ForwardOptions& options = {}) const;

  /// Emits the backward of `pass` for d(loss)/d(output) = `doutput`. Parameter gradients go to the gradient slab as
  /// `mode` says; returns d(loss)/d(input), or nothing when `input_gradient` is not wanted.
  Tensor backward(Builder& b, const Pass& pass, const Tensor& doutput, ParamGrad mode, bool input_gradient) const;

  /// Emits the input-gradient sweep of `pass` for d(loss)/d(output) = `doutput`, down to the input. Weight gradients that
  /// are matrix products are left to weight_gradients(); those of norm layers go where `mode` says.
  InputGradients input_gradients(Builder& b, const Pass& pass, const Tensor& doutput, ParamGrad mode,
                                 const InputGradientOptions& options = {}) const;

  /// Emits the weight gradients that are matrix products, summed over all terms; the first is written as `mode` says. Throws
  /// Error where that is the term of a tangent sweep and the mode is not Accumulate: biases have no part in it and would
  /// stay as they were.
  void weight_gradients(Builder& b, std::span<const WeightTerm> terms, ParamGrad mode) const;

  /// Emits the tangent sweep: for a function P of the `gradients.input` that input_gradients() made of `pass`, and `v` =
  /// d(P)/d(gradients.input), what P's gradient is at every dy and every value. Norm layers' parameter gradients go where
  /// `mode` says. Throws Error for a layer without double backward.
  Tangents tangent(Builder& b, const Pass& pass, const InputGradients& gradients, const Tensor& v,
                   ParamGrad mode) const;

  /// Emits the second-order sweep: the input gradients for `doutput` (absent: zero) and, beside it, what `tangents` left at
  /// every value. Emits nothing where all of it is zero, as in networks of straight lines.
  InputGradients second_order(Builder& b, const Pass& pass, const Tangents& tangents, const Tensor& doutput,
                              ParamGrad mode) const;

  /// Emits one power iteration for every spectrally normalised weight and its division by what that found: what layers see
  /// until the next call. To be emitted before the first pass of every update. Emits nothing where there are no such weights.
  ///
  /// PyTorch's spectral_norm does this at every forward in training mode, so that the real and the generated images of one
  /// update are judged with different sigmas, and each is to be differentiated with its own. Once an update, all of an
  /// update's passes (a gradient penalty's, too) go through the same critic, its gradient is one formula applied to the sum,
  /// and the singular vectors still follow weights that move by a learning rate between two calls.
  void normalize_weights(Builder& b) const;

  /// Emits what turns the gradients by the normalised weights, which sweeps have left in the gradient slab, into those by the
  /// weights themselves. To be emitted once an update, between the last sweep and the optimiser.
  void finish_gradients(Builder& b) const;

  /// Emits the random initialisation of all parameters and the start values of statistics. `counter` is a U64 that is 0:
  /// the draws do not depend on the iteration.
  void initialize(Builder& b, const Tensor& counter) const;

  const NetworkGraph& graph() const { return graph_; }
  const std::string& prefix() const { return options_.prefix; }
  const std::vector<Parameter>& parameters() const { return parameters_; }
  /// Running statistics of norm layers, and the singular vectors of spectral normalisation.
  const std::vector<Parameter>& statistics() const { return statistics_; }
  const std::vector<SpectralWeight>& spectral_weights() const { return spectral_; }
  /// Numbers in all parameters.
  std::int64_t parameter_count() const;

  /// All of one kind in one piece, parameter after parameter; statistics likewise. Gradients are absent where the network
  /// is not trained.
  Tensor parameter_slab() const { return values_; }
  Tensor gradient_slab() const { return gradients_; }
  Tensor statistics_slab() const { return statistics_values_; }
  /// The view of `slab` (the parameters', gradients', or another of the same layout) that belongs to parameter `index`.
  Tensor view_of(const Tensor& slab, std::size_t index) const;
  /// Declares a slab laid out as the parameters', with named views: "generator.adam_m.main.0.weight".
  Tensor declare_like_parameters(StorageTable& table, const std::string& name) const;

 private:
  /// A sweep backwards over the graph: see sweeps.cpp.
  struct BackwardSweep;

  void append_singular_vectors();
  void declare_normalized_weights(StorageTable& table);
  NodeContext context(Builder& b, std::size_t node, std::string name) const;
  std::vector<Tensor> gradients_of(std::size_t node) const;
  InputGradients sweep_back(Builder& b, const Pass& pass, const BackwardSweep& sweep) const;

  NetworkGraph graph_;
  Options options_;
  std::vector<Parameter> parameters_, statistics_;
  std::vector<SpectralWeight> spectral_;
  std::vector<std::size_t> first_parameter_, first_statistic_;  ///< by node, and one past the end
  std::vector<Tensor> parameter_values_, statistic_values_;     ///< as layers see them
  Tensor values_, gradients_, statistics_values_;
};

}  // namespace gan
