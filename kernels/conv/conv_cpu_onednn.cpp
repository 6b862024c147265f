#include <algorithm>
#include <array>
#include <cstring>
#include <dnnl.hpp>
#include <map>

#include "kernels/conv/conv_cpu.h"
#include "kernels/core/cpu/cpu_device.h"
#include "kernels/core/cpu/library_threads.h"
#include "kernels/core/cpu/scratch_layout.h"

namespace gan {

namespace {

using dnnl::memory;

enum class Direction { Fprop, Dgrad, Wgrad };

/// An operand as we keep it and as a kernel takes it.
struct Operand {
  memory ours;              ///< bound at each call
  memory theirs;            ///< `ours` again, or a copy in the device's scratch memory
  std::size_t offset = 0;   ///< of the copy, in bytes from the start of the scratch memory
  dnnl::primitive copy_in;  ///< ours to theirs; empty without a copy, and of a result
};

/// A compiled convolution. The layouts of activations are ours, that of the filter is oneDNN's choice. A weight gradient is
/// copied from its layout to ours by `copy_filter`, or by `add_filter`, which adds to what was there. A product of bf16 reads
/// rounded copies of its factors.
struct Plan {
  dnnl::primitive compute;  ///< empty: oneDNN would run its reference, a hundred times slower than `run_im2col`
  Operand x, filter, y;     ///< (N, H, W, C), (K, R, S, C) and (N, P, Q, K)
  dnnl::primitive copy_filter, add_filter;
  memory scratchpad;
  std::size_t scratchpad_offset = 0;
  std::size_t scratch_bytes = 0;
};

/// The compiled convolutions of a device, by shape and direction.
struct Plans {
  dnnl::engine engine{dnnl::engine::kind::cpu, 0};
  dnnl::stream stream{engine};
  std::map<std::array<std::int64_t, 12>, Plan> by_shape;
};

/// Layouts and types of the operands.
struct Descriptions {
  memory::desc x, filter, y;
};

constexpr auto kF32 = memory::data_type::f32;

Descriptions descriptions(const ConvShape& g, memory::format_tag filter, memory::data_type x_type,
                          memory::data_type filter_type, memory::data_type y_type) {
  return {.x = {{g.n, g.c, g.h, g.w}, x_type, memory::format_tag::nhwc},
          .filter = {{g.k, g.c, g.r, g.s}, filter_type, filter},
          .y = {{g.n, g.k, g.p(), g.q()}, y_type, memory::format_tag::nhwc}};
}

bool is_reference(const dnnl::primitive_desc_base& description) {
  return std::strncmp(description.impl_info_str(), "ref", 3) == 0;
}

/// Places the operands and the scratchpad. `theirs` is what oneDNN's kernel takes.
void place(Plan& plan, const ConvShape& shape, const Descriptions& theirs, const memory::desc& scratchpad,
           Direction direction, const dnnl::engine& engine) {
  ScratchLayout scratch;
  const Descriptions ours = descriptions(shape, memory::format_tag::ohwi, kF32, kF32, kF32);
  const auto settle = [&](Operand& operand, const memory::desc& kept, const memory::desc& taken, bool copied) {
    operand.ours = memory(kept, engine, nullptr);
    operand.theirs = copied ? memory(taken, engine, nullptr) : operand.ours;
    if (copied) operand.offset = scratch.take(taken.get_size());
  };
  settle(plan.x, ours.x, theirs.x, ours.x != theirs.x);
  settle(plan.y, ours.y, theirs.y, ours.y != theirs.y);
  settle(plan.filter, ours.filter, theirs.filter, true);
  plan.scratchpad = memory(scratchpad, engine, nullptr);
  plan.scratchpad_offset = scratch.take(scratchpad.get_size());
  plan.scratch_bytes = scratch.bytes();

  for (Operand* factor : {&plan.x, &plan.y})
    if (factor->theirs != factor->ours) factor->copy_in = dnnl::reorder(factor->ours, factor->theirs);
  if (direction == Direction::Wgrad) {
    dnnl::post_ops sum;
    sum.append_sum(1.0f);
    dnnl::primitive_attr adding;
    adding.set_post_ops(sum);
    plan.copy_filter = dnnl::reorder(plan.filter.theirs, plan.filter.ours);
    plan.add_filter = dnnl::reorder(plan.filter.theirs, plan.filter.ours, adding);
  } else {
    plan.filter.copy_in = dnnl::reorder(plan.filter.ours, plan.filter.theirs);
  }
}

/// `factors`: the type that products take. Results are F32.
Plan compile(const ConvShape& g, Direction direction, memory::data_type factors, const dnnl::engine& engine) {
  const auto types = [&](memory::data_type x, memory::data_type filter, memory::data_type y) {
    return descriptions(g, memory::format_tag::any, x, filter, y);
  };
  const memory::dims strides = {g.stride_h, g.stride_w}, pads = {g.pad_h, g.pad_w};
  dnnl::primitive_attr attributes;
  attributes.set_scratchpad_mode(dnnl::scratchpad_mode::user);
  constexpr auto kDirect = dnnl::algorithm::convolution_direct;
  const auto forward_of = [&](const Descriptions& d) {
    return dnnl::convolution_forward::primitive_desc(
        {dnnl::prop_kind::forward_training, kDirect, d.x, d.filter, d.y, strides, pads, pads}, attributes, engine);
  };
  Plan plan;
  try {
    if (direction == Direction::Fprop) {
      const auto forward = forward_of(types(factors, factors, kF32));
      if (is_reference(forward)) return plan;
      place(plan, g, {forward.src_desc(), forward.weights_desc(), forward.dst_desc()}, forward.scratchpad_desc(),
            direction, engine);
      plan.compute = dnnl::convolution_forward(forward);
    } else if (direction == Direction::Dgrad) {
      const Descriptions d = types(kF32, factors, factors);
      const dnnl::convolution_backward_data::primitive_desc backward({kDirect, d.x, d.filter, d.y, strides, pads, pads},
                                                                     attributes, engine,
                                                                     forward_of(types(factors, factors, factors)));
      if (is_reference(backward)) return plan;
      place(plan, g, {backward.diff_src_desc(), backward.weights_desc(), backward.diff_dst_desc()},
            backward.scratchpad_desc(), direction, engine);
      plan.compute = dnnl::convolution_backward_data(backward);
    } else {
      const Descriptions d = types(factors, kF32, factors);
      const dnnl::convolution_backward_weights::primitive_desc backward(
          {kDirect, d.x, d.filter, d.y, strides, pads, pads}, attributes, engine,
          forward_of(types(factors, factors, factors)));
      if (is_reference(backward)) return plan;
      place(plan, g, {backward.src_desc(), backward.diff_weights_desc(), backward.diff_dst_desc()},
            backward.scratchpad_desc(), direction, engine);
      plan.compute = dnnl::convolution_backward_weights(backward);
    }
  } catch (const dnnl::error& error) {
    if (error.status != dnnl_unimplemented) throw Error(fmt::format("oneDNN, {}: {}", to_string(g), error.what()));
  }
  return plan;
}

/// Below this many channels oneDNN's kernels waste most of their 16-wide vectors: of the input gradient in fp32, of all
/// directions in bf16, which has nothing to win there.
constexpr std::int64_t kFewestChannels = 8;

Plan compile(const ConvShape& g, Direction direction, Precision products, const dnnl::engine& engine) {
  if (products == Precision::Bf16 && std::min(g.c, g.k) >= kFewestChannels) {
    Plan plan = compile(g, direction, memory::data_type::bf16, engine);
    if (plan.compute) return plan;
  }
  return compile(g, direction, kF32, engine);
}

/// The compiled convolution for the shape, made at its first use.
Plan& plan_for(Plans& plans, const ConvShape& g, Direction direction, Precision products) {
  const std::array<std::int64_t, 12> key = {g.n, g.h,        g.w,        g.c,     g.k,     g.r,
                                            g.s, g.stride_h, g.stride_w, g.pad_h, g.pad_w, static_cast<int>(direction)};
  const auto found = plans.by_shape.find(key);
  if (found != plans.by_shape.end()) return found->second;
  return plans.by_shape.emplace(key, compile(g, direction, products, plans.engine)).first->second;
}

/// Binds the plan to the operands and brings the factors into the form that its kernel takes.
void bind(Plan& plan, const Tensor& x, const Tensor& w, const Tensor& y, CpuDevice& device, dnnl::stream& stream) {
  auto* scratch = static_cast<std::byte*>(device.scratch(plan.scratch_bytes));
  const auto bind_one = [&](Operand& operand, void* data) {
    operand.ours.set_data_handle(data);
    if (operand.theirs != operand.ours) operand.theirs.set_data_handle(scratch + operand.offset);
    if (operand.copy_in)
      operand.copy_in.execute(stream, {{DNNL_ARG_FROM, operand.ours}, {DNNL_ARG_TO, operand.theirs}});
  };
  bind_one(plan.x, x.data);
  bind_one(plan.filter, w.data);
  bind_one(plan.y, y.data);
  plan.scratchpad.set_data_handle(scratch + plan.scratchpad_offset);
}

}  // namespace

bool run_onednn(const ConvFprop& op, CpuDevice& device) {
  const LibraryThreads threads(device.threads());
  Plans& plans = device.state<Plans>();
  Plan& plan = plan_for(plans, op.shape, Direction::Fprop, device.products());
  if (!plan.compute) return false;
  bind(plan, op.x, op.w, op.y, device, plans.stream);
  plan.compute.execute(plans.stream, {{DNNL_ARG_SRC, plan.x.theirs},
                                      {DNNL_ARG_WEIGHTS, plan.filter.theirs},
                                      {DNNL_ARG_DST, plan.y.theirs},
                                      {DNNL_ARG_SCRATCHPAD, plan.scratchpad}});
  return true;
}

bool run_onednn(const ConvDgrad& op, CpuDevice& device) {
  if (op.shape.c < kFewestChannels) return false;
  const LibraryThreads threads(device.threads());
  Plans& plans = device.state<Plans>();
  Plan& plan = plan_for(plans, op.shape, Direction::Dgrad, device.products());
  if (!plan.compute) return false;
  bind(plan, op.dx, op.w, op.dy, device, plans.stream);
  plan.compute.execute(plans.stream, {{DNNL_ARG_DIFF_DST, plan.y.theirs},
                                      {DNNL_ARG_WEIGHTS, plan.filter.theirs},
                                      {DNNL_ARG_DIFF_SRC, plan.x.theirs},
                                      {DNNL_ARG_SCRATCHPAD, plan.scratchpad}});
  return true;
}

bool run_onednn(const ConvWgrad& op, CpuDevice& device) {
  const LibraryThreads threads(device.threads());
  Plans& plans = device.state<Plans>();
  Plan& plan = plan_for(plans, op.shape, Direction::Wgrad, device.products());
  if (!plan.compute) return false;
  bind(plan, op.x, op.dw, op.dy, device, plans.stream);
  plan.compute.execute(plans.stream, {{DNNL_ARG_SRC, plan.x.theirs},
                                      {DNNL_ARG_DIFF_DST, plan.y.theirs},
                                      {DNNL_ARG_DIFF_WEIGHTS, plan.filter.theirs},
                                      {DNNL_ARG_SCRATCHPAD, plan.scratchpad}});
  const dnnl::primitive& write = op.mode == ParamGrad::Accumulate ? plan.add_filter : plan.copy_filter;
  write.execute(plans.stream, {{DNNL_ARG_FROM, plan.filter.theirs}, {DNNL_ARG_TO, plan.filter.ours}});
  return true;
}

}  // namespace gan
