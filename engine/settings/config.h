// config.toml: a run's settings as a file that repeats it.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "engine/settings/options.h"

namespace gan {

/// A commented config.toml with every setting that makes the run what it is; keys are the options' names without
/// dashes. Of --iterations, --epochs and --minutes only the one that counts is written. --out, --resume and
/// --allow-config-change are about one call of the program and left out: `--config FILE` repeats the run elsewhere.
std::string to_toml(const TrainingOptions& options);

/// Sets what `text` says and leaves the rest. `source` names it in messages. InputError, with the line: what
/// parse_toml() refuses, an unknown key (with the nearest known one), a value of the wrong type. A length
/// (`iterations`, `epochs`, `minutes`) replaces the one that `options` had. On an error `options` is unchanged. A pure
/// function of its arguments.
void apply_toml_text(std::string_view text, std::string_view source, TrainingOptions& options);

/// The same from a file of at most 1 MB. InputError when it cannot be read.
void apply_toml(const std::filesystem::path& path, TrainingOptions& options);

}  // namespace gan
