// A program: the flat list of instructions that a device executes.
#pragma once

#include <string>
#include <vector>

#include "engine/program/instruction.h"
#include "engine/program/reading.h"
#include "engine/program/storage_table.h"

namespace gan {

/// An instruction and where in the schedule it stands.
struct Step {
  int phase = 0;  ///< index into Program::phases
  Instruction instruction;
};

/// Straight-line code over the storages of a run and transients of its own: no branches, no host in the loop. A value
/// that can be copied and rewritten; `run`, the table of the run's storages, outlives it.
struct Program {
  std::string name;
  const StorageTable* run = nullptr;
  StorageTable transients{Owner::Program};
  std::vector<std::string> phases;
  std::vector<Step> steps;
  /// Results that somebody reads when the program has run: their storages live to its end.
  struct Output {
    std::string name;
    Tensor tensor;
  };
  std::vector<Output> outputs;
  Readings readings;

  /// The table that has the tensor's storage.
  const StorageTable& table_of(const Tensor& tensor) const { return tensor.owner == Owner::Run ? *run : transients; }
  /// The storage and the name of what `tensor` is a view of.
  const Storage& storage_of(const Tensor& tensor) const { return table_of(tensor)[tensor.storage]; }
  const std::string& name_of(const Tensor& tensor) const { return table_of(tensor).name_of(tensor); }
  /// The output of that name; throws Error if there is none.
  const Tensor& output(const std::string& name) const;
};

/// Throws Error, naming step, instruction and operand, unless the program is well formed: every instruction is valid by
/// its own rules, every operand lies within a storage of its own element type, every transient is written before it is
/// read, every step belongs to a phase, and outputs are there. A pass from program to program ends with it.
void validate(const Program& program);

/// The sum over all instructions.
Cost total_cost(const Program& program);

}  // namespace gan
