// The means to write a program.
#pragma once

#include <cstdint>
#include <string>

#include "engine/program/program.h"

namespace gan {

/// Writes a program. Every instruction is checked as it is appended.
class Builder {
 public:
  /// What holds for all of the program.
  struct Options {
    std::string name;
    DType real = DType::F32;         ///< element type of activations: F64 in tests of whole schedules
    std::uint64_t seed = 0;          ///< of every random draw
    std::uint32_t first_stream = 0;  ///< random streams are numbered from here on, one a draw
  };
  /// `run` declares the persistent storages and outlives the program.
  Builder(const StorageTable& run, Options options);

  /// Starts a phase: "D step", "G step". Instructions belong to the latest.
  void phase(std::string name) { program_.phases.push_back(std::move(name)); }

  /// Declares a transient tensor of the program's real type.
  Tensor transient(std::string name, const Shape& shape) { return transient(std::move(name), shape, options_.real); }
  /// The same, of another element type.
  Tensor transient(std::string name, const Shape& shape, DType dtype);
  /// Scratch memory of `count` floats; no tensor when `count` is 0.
  Tensor workspace(std::int64_t count);

  /// Checks the instruction and appends it.
  template <class SomeInstruction>
  void emit(const SomeInstruction& instruction) {
    validate(instruction);
    append(instruction);
  }

  /// A random stream nobody else uses.
  RandomStream next_stream() { return {.seed = options_.seed, .stream = options_.first_stream + streams_++}; }

  /// Keeps `tensor` to the end of the program, readable under `name`.
  void output(std::string name, const Tensor& tensor) { program_.outputs.push_back({std::move(name), tensor}); }

  /// The scalar (1) in which the program leaves the number `name` for the log, declared by the first call; a later one
  /// gives the same scalar, so that the last of several steps is what remains. Readings are logged in the order of their
  /// declaration.
  Tensor reading(const std::string& name);
  /// Declares what the progress line makes of readings; see Gauge. A label that is there already is replaced.
  void gauge(Gauge gauge);

  const std::string& name_of(const Tensor& tensor) const { return program_.name_of(tensor); }

  /// The finished, validated program; the builder is spent.
  Program finish();

 private:
  void append(const Instruction& instruction);

  Options options_;
  Program program_;
  std::uint32_t streams_ = 0;
};

}  // namespace gan
