#include <array>
#include <cstring>
#include <dnnl.hpp>
#include <map>

#include "kernels/conv/conv_cpu.h"
#include "kernels/core/cpu/cpu_device.h"
#include "kernels/core/cpu/library_threads.h"

namespace gan {

namespace {

using dnnl::memory;

enum class Direction { Fprop, Dgrad, Wgrad };

/// A compiled convolution. The layouts of activations are ours, that of the filter is oneDNN's choice: `copy_filter`
/// goes from ours to it, or back for the weight gradient, where `add_filter` adds to what was there.
struct Plan {
  dnnl::primitive compute;  ///< empty: oneDNN would run its reference, a hundred times slower than `run_im2col`
  dnnl::primitive copy_filter, add_filter;
  memory x, y;                        ///< (N, H, W, C) and (N, P, Q, K), bound at each call
  memory our_filter;                  ///< (K, R, S, C), bound at each call
  memory filter, scratchpad;          ///< in the device's scratch memory, bound at each call
  std::size_t scratchpad_offset = 0;  ///< bytes from the start of the scratch memory, where `filter` lies
  std::size_t scratch_bytes = 0;
};

/// The compiled convolutions of a device, by shape and direction.
struct Plans {
  dnnl::engine engine{dnnl::engine::kind::cpu, 0};
  dnnl::stream stream{engine};
  std::map<std::array<std::int64_t, 12>, Plan> by_shape;
};

struct Layouts {
  memory::desc x, w, y;
  memory::dims strides, pads;
};

Layouts layouts_of(const ConvShape& g, memory::format_tag filter) {
  constexpr auto f32 = memory::data_type::f32;
  return {.x = {{g.n, g.c, g.h, g.w}, f32, memory::format_tag::nhwc},
          .w = {{g.k, g.c, g.r, g.s}, f32, filter},
          .y = {{g.n, g.k, g.p(), g.q()}, f32, memory::format_tag::nhwc},
          .strides = {g.stride_h, g.stride_w},
          .pads = {g.pad_h, g.pad_w}};
}

bool is_reference(const dnnl::primitive_desc_base& description) {
  return std::strncmp(description.impl_info_str(), "ref", 3) == 0;
}

/// Fills in what all directions share. `filter` is the layout that oneDNN chose.
template <class Description>
void finish(Plan& plan, const ConvShape& shape, const Description& description, const memory::desc& filter,
            Direction direction, const dnnl::engine& engine) {
  constexpr std::size_t kAlignment = 64;
  const Layouts ours = layouts_of(shape, memory::format_tag::ohwi);
  plan.x = memory(ours.x, engine, nullptr);
  plan.y = memory(ours.y, engine, nullptr);
  plan.our_filter = memory(ours.w, engine, nullptr);
  plan.filter = memory(filter, engine, nullptr);
  plan.scratchpad = memory(description.scratchpad_desc(), engine, nullptr);
  plan.scratchpad_offset = (filter.get_size() + kAlignment - 1) / kAlignment * kAlignment;
  plan.scratch_bytes = plan.scratchpad_offset + description.scratchpad_desc().get_size();
  if (direction == Direction::Wgrad) {
    dnnl::post_ops sum;
    sum.append_sum(1.0f);
    dnnl::primitive_attr adding;
    adding.set_post_ops(sum);
    plan.copy_filter = dnnl::reorder(plan.filter, plan.our_filter);
    plan.add_filter = dnnl::reorder(plan.filter, plan.our_filter, adding);
  } else {
    plan.copy_filter = dnnl::reorder(plan.our_filter, plan.filter);
  }
}

Plan compile(const ConvShape& shape, Direction direction, const dnnl::engine& engine) {
  const Layouts l = layouts_of(shape, memory::format_tag::any);
  dnnl::primitive_attr attributes;
  attributes.set_scratchpad_mode(dnnl::scratchpad_mode::user);
  constexpr auto kDirect = dnnl::algorithm::convolution_direct;
  Plan plan;
  try {
    const dnnl::convolution_forward::primitive_desc forward(
        {dnnl::prop_kind::forward_training, kDirect, l.x, l.w, l.y, l.strides, l.pads, l.pads}, attributes, engine);
    if (direction == Direction::Fprop && !is_reference(forward)) {
      finish(plan, shape, forward, forward.weights_desc(), direction, engine);
      plan.compute = dnnl::convolution_forward(forward);
    } else if (direction == Direction::Dgrad) {
      const dnnl::convolution_backward_data::primitive_desc backward(
          {kDirect, l.x, l.w, l.y, l.strides, l.pads, l.pads}, attributes, engine, forward);
      if (is_reference(backward)) return plan;
      finish(plan, shape, backward, backward.weights_desc(), direction, engine);
      plan.compute = dnnl::convolution_backward_data(backward);
    } else if (direction == Direction::Wgrad) {
      const dnnl::convolution_backward_weights::primitive_desc backward(
          {kDirect, l.x, l.w, l.y, l.strides, l.pads, l.pads}, attributes, engine, forward);
      if (is_reference(backward)) return plan;
      finish(plan, shape, backward, backward.diff_weights_desc(), direction, engine);
      plan.compute = dnnl::convolution_backward_weights(backward);
    }
  } catch (const dnnl::error& error) {
    if (error.status != dnnl_unimplemented) throw Error(fmt::format("oneDNN, {}: {}", to_string(shape), error.what()));
  }
  return plan;
}

/// The compiled convolution for the shape, made at its first use.
Plan& plan_for(Plans& plans, const ConvShape& g, Direction direction) {
  const std::array<std::int64_t, 12> key = {g.n, g.h,        g.w,        g.c,     g.k,     g.r,
                                            g.s, g.stride_h, g.stride_w, g.pad_h, g.pad_w, static_cast<int>(direction)};
  const auto found = plans.by_shape.find(key);
  if (found != plans.by_shape.end()) return found->second;
  return plans.by_shape.emplace(key, compile(g, direction, plans.engine)).first->second;
}

void bind(Plan& plan, const Tensor& x, const Tensor& w, const Tensor& y, CpuDevice& device) {
  auto* scratch = static_cast<std::byte*>(device.scratch(plan.scratch_bytes));
  plan.x.set_data_handle(x.data);
  plan.y.set_data_handle(y.data);
  plan.our_filter.set_data_handle(w.data);
  plan.filter.set_data_handle(scratch);
  plan.scratchpad.set_data_handle(scratch + plan.scratchpad_offset);
}

/// Below this many channels oneDNN's input gradient wastes most of its 16-wide vectors.
constexpr std::int64_t kFewestChannels = 8;

}  // namespace

bool run_onednn(const ConvFprop& op, CpuDevice& device) {
  const LibraryThreads threads(device.threads());
  Plans& plans = device.state<Plans>();
  Plan& plan = plan_for(plans, op.shape, Direction::Fprop);
  if (!plan.compute) return false;
  bind(plan, op.x, op.w, op.y, device);
  plan.copy_filter.execute(plans.stream, {{DNNL_ARG_FROM, plan.our_filter}, {DNNL_ARG_TO, plan.filter}});
  plan.compute.execute(plans.stream, {{DNNL_ARG_SRC, plan.x},
                                      {DNNL_ARG_WEIGHTS, plan.filter},
                                      {DNNL_ARG_DST, plan.y},
                                      {DNNL_ARG_SCRATCHPAD, plan.scratchpad}});
  return true;
}

bool run_onednn(const ConvDgrad& op, CpuDevice& device) {
  if (op.shape.c < kFewestChannels) return false;
  const LibraryThreads threads(device.threads());
  Plans& plans = device.state<Plans>();
  Plan& plan = plan_for(plans, op.shape, Direction::Dgrad);
  if (!plan.compute) return false;
  bind(plan, op.dx, op.w, op.dy, device);
  plan.copy_filter.execute(plans.stream, {{DNNL_ARG_FROM, plan.our_filter}, {DNNL_ARG_TO, plan.filter}});
  plan.compute.execute(plans.stream, {{DNNL_ARG_DIFF_DST, plan.y},
                                      {DNNL_ARG_WEIGHTS, plan.filter},
                                      {DNNL_ARG_DIFF_SRC, plan.x},
                                      {DNNL_ARG_SCRATCHPAD, plan.scratchpad}});
  return true;
}

bool run_onednn(const ConvWgrad& op, CpuDevice& device) {
  const LibraryThreads threads(device.threads());
  Plans& plans = device.state<Plans>();
  Plan& plan = plan_for(plans, op.shape, Direction::Wgrad);
  if (!plan.compute) return false;
  bind(plan, op.x, op.dw, op.dy, device);
  plan.compute.execute(plans.stream, {{DNNL_ARG_SRC, plan.x},
                                      {DNNL_ARG_DIFF_DST, plan.y},
                                      {DNNL_ARG_DIFF_WEIGHTS, plan.filter},
                                      {DNNL_ARG_SCRATCHPAD, plan.scratchpad}});
  const dnnl::primitive& write = op.mode == ParamGrad::Accumulate ? plan.add_filter : plan.copy_filter;
  write.execute(plans.stream, {{DNNL_ARG_FROM, plan.filter}, {DNNL_ARG_TO, plan.our_filter}});
  return true;
}

}  // namespace gan
