// The matrix product of bf16 factors on the CPU, by oneDNN.

#include <array>
#include <dnnl.hpp>
#include <map>

#include "kernels/core/contract/error.h"
#include "kernels/core/cpu/cpu_device.h"
#include "kernels/core/cpu/library_threads.h"
#include "kernels/core/cpu/scratch_layout.h"
#include "kernels/linear/gemm.h"

namespace gan {

namespace {

using dnnl::memory;

/// A compiled product. Both factors are rounded into copies of oneDNN's layout first.
struct Product {
  dnnl::matmul compute;
  dnnl::reorder round_a, round_b;
  memory a, b, c;               ///< fp32, bound at each call
  memory rounded_a, rounded_b;  ///< in the device's scratch memory, as the scratchpad is
  memory scratchpad;
  std::size_t offset_a = 0, offset_b = 0, offset_scratchpad = 0;  ///< of the three, in bytes
  std::size_t scratch_bytes = 0;
};

using Key = std::array<std::int64_t, 9>;

struct Products {
  dnnl::engine engine{dnnl::engine::kind::cpu, 0};
  dnnl::stream stream{engine};
  std::map<Key, Product> by_shape;
};

/// A row-major fp32 matrix, or the transpose of one.
memory::desc matrix(std::int64_t rows, std::int64_t columns, std::int64_t leading, bool transposed) {
  const memory::dims strides = transposed ? memory::dims{1, leading} : memory::dims{leading, 1};
  return {{rows, columns}, memory::data_type::f32, strides};
}

Product compile(const GemmArguments& g, const dnnl::engine& engine) {
  const auto rounded = [](std::int64_t rows, std::int64_t columns) {
    return memory::desc({rows, columns}, memory::data_type::bf16, memory::format_tag::any);
  };
  dnnl::primitive_attr attributes;
  attributes.set_scratchpad_mode(dnnl::scratchpad_mode::user);
  if (g.beta != 0) {
    dnnl::post_ops sum;
    sum.append_sum(g.beta);
    attributes.set_post_ops(sum);
  }
  const memory::desc c = matrix(g.m, g.n, g.ldc, false);
  const dnnl::matmul::primitive_desc product({rounded(g.m, g.k), rounded(g.k, g.n), c}, attributes, engine);

  Product made;
  made.compute = dnnl::matmul(product);
  made.a = memory(matrix(g.m, g.k, g.lda, g.transpose_a), engine, nullptr);
  made.b = memory(matrix(g.k, g.n, g.ldb, g.transpose_b), engine, nullptr);
  made.c = memory(c, engine, nullptr);
  made.rounded_a = memory(product.src_desc(), engine, nullptr);
  made.rounded_b = memory(product.weights_desc(), engine, nullptr);
  made.scratchpad = memory(product.scratchpad_desc(), engine, nullptr);
  made.round_a = dnnl::reorder(made.a, made.rounded_a);
  made.round_b = dnnl::reorder(made.b, made.rounded_b);
  ScratchLayout scratch;
  made.offset_a = scratch.take(product.src_desc().get_size());
  made.offset_b = scratch.take(product.weights_desc().get_size());
  made.offset_scratchpad = scratch.take(product.scratchpad_desc().get_size());
  made.scratch_bytes = scratch.bytes();
  return made;
}

Product& product_for(Products& products, const GemmArguments& g) {
  const Key key = {g.m, g.n, g.k, g.lda, g.ldb, g.ldc, g.transpose_a, g.transpose_b, g.beta != 0};
  const auto found = products.by_shape.find(key);
  if (found != products.by_shape.end()) return found->second;
  return products.by_shape.emplace(key, compile(g, products.engine)).first->second;
}

}  // namespace

void gemm_of_bf16(const GemmArguments& g, CpuDevice& device) {
  validate(g);
  require(g.beta == 0 || g.beta == 1, "gemm: beta is 0 or 1, got {}", g.beta);
  const LibraryThreads threads(device.threads());
  auto& products = device.state<Products>();
  try {
    Product& product = product_for(products, g);
    auto* scratch = static_cast<std::byte*>(device.scratch(product.scratch_bytes));
    product.a.set_data_handle(const_cast<float*>(g.a));  // read only
    product.b.set_data_handle(const_cast<float*>(g.b));
    product.c.set_data_handle(g.c);
    product.rounded_a.set_data_handle(scratch + product.offset_a);
    product.rounded_b.set_data_handle(scratch + product.offset_b);
    product.scratchpad.set_data_handle(scratch + product.offset_scratchpad);
    product.round_a.execute(products.stream, product.a, product.rounded_a);
    product.round_b.execute(products.stream, product.b, product.rounded_b);
    product.compute.execute(products.stream, {{DNNL_ARG_SRC, product.rounded_a},
                                              {DNNL_ARG_WEIGHTS, product.rounded_b},
                                              {DNNL_ARG_DST, product.c},
                                              {DNNL_ARG_SCRATCHPAD, product.scratchpad}});
  } catch (const dnnl::error& error) {
    throw Error(fmt::format("gemm: oneDNN: {} (m {}, n {}, k {})", error.what(), g.m, g.n, g.k));
  }
}

}  // namespace gan
