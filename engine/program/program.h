// A program: the flat list of instructions that a device executes, and the means to write one.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/program/instruction.h"
#include "engine/program/storage_table.h"

namespace gan {

/// An instruction and where in the schedule it stands.
struct Step {
  int phase = 0;  ///< index into Program::phases
  Instruction instruction;
};

/// Straight-line code over the storages of a table: no branches, no host in the loop.
struct Program {
  std::string name;
  std::vector<std::string> phases;
  std::vector<Step> steps;
  /// Results that somebody reads when the program has run: their storages live to its end.
  struct Output {
    std::string name;
    Tensor tensor;
  };
  std::vector<Output> outputs;
};

/// Writes a program. Every instruction is checked as it is appended, so that a program that exists is well formed.
class Builder {
 public:
  /// What holds for all of the program.
  struct Options {
    std::string name;
    DType real = DType::F32;         ///< element type of activations: F64 in tests of whole schedules
    std::uint64_t seed = 0;          ///< of every random draw
    std::uint32_t first_stream = 0;  ///< random streams are numbered from here on, one a draw
  };
  /// Transient storages are declared in `table`, which outlives the builder.
  Builder(StorageTable& table, Options options) : table_(table), options_(std::move(options)) {
    program_.name = options_.name;
  }

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

  DType real() const { return options_.real; }
  StorageTable& table() { return table_; }

  /// The finished program; the builder is spent.
  Program finish() { return std::move(program_); }

 private:
  void append(const Instruction& instruction);

  StorageTable& table_;
  Options options_;
  Program program_;
  std::uint32_t streams_ = 0;
};

/// The sum over all instructions.
Cost total_cost(const Program& program);

}  // namespace gan
