// The sweeps over a network's graph: see network.h.
#include <algorithm>

#include "engine/network/network.h"
#include "kernels/core/contract/error.h"

namespace gan {

namespace {

/// What a node is called in the names of tensors: "3" for "main.3", so that a chain's are G(z).0, G(z).1 ...
std::string short_name(const std::string& name) {
  constexpr std::string_view kChain = "main.";
  return name.starts_with(kChain) ? name.substr(kChain.size()) : name;
}

/// Adds `part` to the gradient of a value, which may be absent still.
void accumulate(Builder& b, Tensor& sum, const Tensor& part) {
  if (!part.present()) return;
  if (!sum.present()) {
    sum = part;
    return;
  }
  const Tensor total = b.transient(b.name_of(sum), sum.shape);
  b.emit(Sum{.x = sum, .y = part.reshaped(sum.shape), .z = total});
  sum = total;
}

/// The node that writes the memory of the graph's output: views come after it.
std::size_t writer_of_output(const NetworkGraph& graph) {
  std::size_t node = graph.nodes().size() - 1;
  while (graph.nodes()[node].layer->is_view()) {
    require(graph.nodes()[node].inputs[0] != graph.input(), "{}: consists of views only", graph.name());
    node = static_cast<std::size_t>(graph.nodes()[node].inputs[0].node);
  }
  return node;
}

}  // namespace

Pass Pass::rows(std::int64_t first, std::int64_t count) const {
  Pass part{.name = name, .input = input.rows(first, count), .nodes = {}, .output = output.rows(first, count)};
  for (const NodeRecord& node : nodes) part.nodes.push_back(node.rows(first, count, name));
  return part;
}

InputGradients InputGradients::rows(std::int64_t first, std::int64_t count) const {
  InputGradients part{.outputs = {}, .input = {}, .input_first = 0};
  for (const Tensor& dy : outputs) part.outputs.push_back(dy.present() ? dy.rows(first, count) : Tensor{});
  if (input.present() && first >= input_first && first + count <= input_first + input.shape[0])
    part.input = input.rows(first - input_first, count);
  return part;
}

WeightTerm weight_term(const Pass& pass, const InputGradients& gradients) {
  WeightTerm term{.x = {}, .dy = gradients.outputs};
  for (const NodeRecord& node : pass.nodes) term.x.push_back(node.inputs[0]);
  return term;
}

WeightTerm weight_term(const Tangents& tangents, const InputGradients& gradients) {
  WeightTerm term{.x = {}, .dy = gradients.outputs, .bias = false};
  for (const std::vector<Tensor>& v : tangents.inputs) term.x.push_back(v.empty() ? Tensor{} : v[0]);
  return term;
}

Pass Network::forward(Builder& b, const Tensor& input, const std::string& name, const ForwardOptions& options) const {
  Pass pass{.name = name, .input = input, .nodes = {}, .output = {}};
  const std::size_t writer = options.output.present() ? writer_of_output(graph_) : graph_.nodes().size();
  for (std::size_t i = 0; i < graph_.nodes().size(); ++i) {
    const Node& node = graph_.nodes()[i];
    std::vector<Tensor> inputs;
    for (const Value& value : node.inputs)
      inputs.push_back(value == graph_.input() ? input : pass.nodes[static_cast<std::size_t>(value.node)].output);
    ForwardOptions here = options;
    if (i != writer) here.output = {};
    pass.nodes.push_back(
        node.layer->forward(context(b, i, fmt::format("{}.{}", name, short_name(node.name))), inputs, here));
  }
  pass.output = pass.nodes.back().output;
  return pass;
}

/// What one sweep backwards does: it starts with gradients at the output, or at any value.
struct Network::BackwardSweep {
  Tensor doutput;                       ///< absent: zero
  std::span<const Tensor> beside = {};  ///< further gradients of each node's output; empty: none
  const char* name_format = "d({})";    ///< of gradients, after what they belong to
  ParamGrad mode = ParamGrad::Skip;
  bool products = false;  ///< weight gradients on the way
  bool to_input = true;
  InputGradientOptions only = {};
};

InputGradients Network::sweep_back(Builder& b, const Pass& pass, const BackwardSweep& sweep) const {
  require(sweep.mode == ParamGrad::Skip || gradients_.present(), "network {} has no gradients to write", prefix());
  const std::size_t count = graph_.nodes().size();
  const Rows wanted = sweep.only.input_rows.value_or(Rows{0, pass.output.shape[0]});
  InputGradients made{.outputs = std::vector<Tensor>(count), .input = {}, .input_first = wanted.first};
  if (sweep.doutput.present()) made.outputs.back() = sweep.doutput;
  for (std::size_t i = count; i-- > 0;) {
    const Node& node = graph_.nodes()[i];
    if (!sweep.beside.empty()) accumulate(b, made.outputs[i], sweep.beside[i]);
    if (!made.outputs[i].present()) continue;
    const bool inner = std::any_of(node.inputs.begin(), node.inputs.end(),
                                   [&](const Value& value) { return value != graph_.input(); });
    const std::vector<Tensor> gradients = sweep.mode == ParamGrad::Skip ? std::vector<Tensor>{} : gradients_of(i);
    const GradientRequest request{.mode = sweep.mode,
                                  .gradients = gradients,
                                  .products = sweep.products,
                                  .input_gradient = sweep.to_input || inner,
                                  .parameter_rows = sweep.only.parameter_rows};
    const std::string name = fmt::format(fmt::runtime(sweep.name_format), b.name_of(pass.nodes[i].inputs[0]));
    const NodeRecord& record = pass.nodes[i];
    // Above the input alone, the other rows need not be computed: unless a parameter's gradient falls out of them.
    const bool cut =
        sweep.only.input_rows && !inner && !sweep.products && record.statistics.empty() && record.of_samples.empty();
    const std::vector<Tensor> dx =
        cut ? node.layer->backward(context(b, i, name), record.rows(wanted.first, wanted.count, name),
                                   made.outputs[i].rows(wanted.first, wanted.count), request)
            : node.layer->backward(context(b, i, name), record, made.outputs[i], request);
    for (std::size_t k = 0; k < dx.size(); ++k) {
      const Value& value = node.inputs[k];
      if (value == graph_.input()) accumulate(b, made.input, cut ? dx[k] : dx[k].rows(wanted.first, wanted.count));
      else accumulate(b, made.outputs[static_cast<std::size_t>(value.node)], dx[k]);
    }
  }
  return made;
}

Tensor Network::backward(Builder& b, const Pass& pass, const Tensor& doutput, ParamGrad mode,
                         bool input_gradient) const {
  return sweep_back(b, pass, {.doutput = doutput, .mode = mode, .products = true, .to_input = input_gradient}).input;
}

InputGradients Network::input_gradients(Builder& b, const Pass& pass, const Tensor& doutput, ParamGrad mode,
                                        const InputGradientOptions& options) const {
  return sweep_back(b, pass, {.doutput = doutput, .mode = mode, .only = options});
}

void Network::weight_gradients(Builder& b, std::span<const WeightTerm> terms, ParamGrad mode) const {
  const auto has_pair = [](const WeightTerm& term, std::size_t node) {
    return term.x[node].present() && term.dy[node].present();
  };
  for (std::size_t i = 0; i < graph_.nodes().size(); ++i) {
    const auto first = std::find_if(terms.begin(), terms.end(), [&](const WeightTerm& t) { return has_pair(t, i); });
    require(mode == ParamGrad::Accumulate || first == terms.end() || first->bias,
            "network {}: the term of a tangent sweep can only be added, as it leaves the biases' gradients alone",
            prefix());
  }
  for (std::size_t i = 0; i < graph_.nodes().size(); ++i) {
    const std::vector<Tensor> gradients = gradients_of(i);
    ParamGrad here = mode;
    for (const WeightTerm& term : terms) {
      if (!has_pair(term, i)) continue;
      graph_.nodes()[i].layer->weight_gradients(context(b, i, graph_.nodes()[i].name), term.x[i], term.dy[i],
                                                {.mode = here, .gradients = gradients, .bias = term.bias});
      here = ParamGrad::Accumulate;
    }
  }
}

Tangents Network::tangent(Builder& b, const Pass& pass, const InputGradients& gradients, const Tensor& v,
                          ParamGrad mode) const {
  const std::size_t count = graph_.nodes().size();
  Tangents made{.inputs = std::vector<std::vector<Tensor>>(count), .second_order = std::vector<Tensor>(count)};
  std::vector<Tensor> pushed(count);  // d(P)/d(dy), by node
  for (std::size_t i = 0; i < count; ++i) {
    const Node& node = graph_.nodes()[i];
    for (const Value& value : node.inputs)
      made.inputs[i].push_back(value == graph_.input() ? v : pushed[static_cast<std::size_t>(value.node)]);
    const bool all_zero =
        std::none_of(made.inputs[i].begin(), made.inputs[i].end(), [](const Tensor& t) { return t.present(); });
    if (all_zero || !gradients.outputs[i].present()) continue;
    const std::vector<Tensor> parameter_gradients = mode == ParamGrad::Skip ? std::vector<Tensor>{} : gradients_of(i);
    const NodeTangent tangent =
        node.layer->tangent(context(b, i, fmt::format("v({})", b.name_of(pass.nodes[i].output))), pass.nodes[i],
                            gradients.outputs[i], made.inputs[i], {.mode = mode, .gradients = parameter_gradients});
    pushed[i] = tangent.output;
    for (std::size_t k = 0; k < tangent.inputs.size(); ++k)
      if (const Value& value = node.inputs[k]; value != graph_.input())
        accumulate(b, made.second_order[static_cast<std::size_t>(value.node)], tangent.inputs[k]);
  }
  return made;
}

InputGradients Network::second_order(Builder& b, const Pass& pass, const Tangents& tangents, const Tensor& doutput,
                                     ParamGrad mode) const {
  return sweep_back(
      b, pass,
      {.doutput = doutput, .beside = tangents.second_order, .name_format = "e({})", .mode = mode, .to_input = false});
}

}  // namespace gan
