#include "engine/program/builder.h"

#include <algorithm>
#include <utility>

#include "kernels/core/contract/error.h"

namespace gan {

Builder::Builder(const StorageTable& run, Options options) : options_(std::move(options)) {
  program_.name = options_.name;
  program_.run = &run;
}

Tensor Builder::transient(std::string name, const Shape& shape, DType dtype) {
  return program_.transients.add({.name = std::move(name), .shape = shape, .dtype = dtype});
}

Tensor Builder::workspace(std::int64_t count) {
  if (count == 0) return {};
  return transient("workspace", {count}, DType::F32);
}

Tensor Builder::reading(const std::string& name) {
  Readings& readings = program_.readings;
  int index = readings.index_of(name);
  if (index < 0) {
    index = static_cast<int>(readings.names.size());
    readings.names.push_back(name);
    if (index == 0) readings.values = transient("readings", {1});
    else program_.transients.grow(readings.values, {index + 1});
    program_.transients.view(readings.values, index, {1}, name);
  }
  Tensor scalar = readings.values;
  scalar.offset = index;
  scalar.shape = {1};
  return scalar;
}

void Builder::gauge(Gauge gauge) {
  std::vector<Gauge>& gauges = program_.readings.gauges;
  const auto same = std::find_if(gauges.begin(), gauges.end(), [&](const Gauge& g) { return g.label == gauge.label; });
  if (same != gauges.end()) *same = std::move(gauge);
  else gauges.push_back(std::move(gauge));
}

void Builder::append(const Instruction& instruction) {
  require(!program_.phases.empty(), "program '{}': an instruction before the first phase", program_.name);
  program_.steps.push_back({.phase = static_cast<int>(program_.phases.size()) - 1, .instruction = instruction});
}

Program Builder::finish() {
  validate(program_);
  return std::move(program_);
}

}  // namespace gan
