// What came out of an experiment, as files: `result.json` and its pictures.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "engine/theory/outcome.h"

namespace gan::theory {

/// The outcome as JSON, for people and programs:
///
///   {"name": "parallel-lines", "seed": 1, "quick": false, "pass": true, "seconds": 12.5,
///    "numbers": [{"name": ..., "value": 0.69, "low": 0.6, "high": null, "because": ..., "holds": true}, ...],
///    "pictures": [{"name": "estimates", "file": "estimates.svg", "caption": ...}, ...]}
///
/// An open end of a band is null; a value that JSON has no number for is "nan", "inf" or "-inf". Numbers read back as the
/// same doubles.
std::string result_json(const Outcome& outcome);

/// The outcome that result_json wrote, without the pictures' drawings. Whether bands hold is judged anew. InputError (names
/// `where` and what is wrong) when it is something else.
Outcome parse_result_json(std::string_view json, const std::string& where);

/// The name of the file of a picture, beside result.json: "estimates.svg". Error unless the picture's name consists of
/// letters, digits, '-' and '_'.
std::string picture_file(const Picture& picture);

/// Writes the pictures and then result.json into `folder`, which is created where it is missing; each atomically. MachineError
/// (path, reason) when the system refuses.
void write_outcome(const std::filesystem::path& folder, const Outcome& outcome);

/// Whether there is an outcome in `folder`.
bool has_outcome(const std::filesystem::path& folder);

/// What write_outcome wrote, with its pictures. InputError (path, reason) when a file is missing or holds something else.
Outcome read_outcome(const std::filesystem::path& folder);

}  // namespace gan::theory
