#include "engine/settings/training_command_line.h"

#include "engine/files/run_folder.h"
#include "engine/settings/command_line.h"
#include "engine/settings/config.h"
#include "engine/settings/presets.h"
#include "engine/settings/training_settings.h"
#include "kernels/core/contract/error.h"

namespace gan {

namespace {

constexpr double kDefaultEpochs = 20;

constexpr std::string_view kOpening = R"(gan_cuda_train: trains a generative adversarial network on images

Usage: gan_cuda_train [options]

A generator G turns random vectors into images, a discriminator D tells them from real ones; each
learns from the other. A run leaves a folder: sample grids, a log, checkpoints, and a config.toml
that repeats it. Ctrl-C saves and says where; a second one stops at once.

Examples:
  gan_cuda_train --data shapes --iterations 2000
      a first try, without any files
  gan_cuda_train --data ~/faces --image-size 64 --channels 3 --flip --minutes 60
      an hour on a folder of photographs
  gan_cuda_train --preset wgan-gp --data ~/faces
      a published recipe; --preset without a name lists them, with their sources
  gan_cuda_train --data ring8 --model mlp --latent 2 --objective wgan-gp --iterations 5000
      points in the plane instead of images: samples show generated ones, blue, over real ones, grey
  gan_cuda_train --resume runs/faces-dcgan-1 --epochs 100
      goes on with that run until it has seen the data 100 times
  gan_cuda_train --config runs/faces-dcgan-1/config.toml --d-steps 2 --out runs/two-d-steps
      the same run with one thing changed
)";

constexpr std::string_view kClosing = R"(
What the numbers mean:
  D(x) is how real D finds real images, D(G(z)) how real it finds generated ones (before / after D's
  update): 1 is real, 0 is fake. The loss of D is that of real and fake images together; 1.39, with
  both at 0.5, says that D is guessing. Neither loss falls as in other training: the two players
  hold each other up. Worry when D(G(z)) stays near 0 and the loss of G climbs (D has won: try
  --d-lr smaller) and judge by the sample grids.
  Of least-squares and hinge D(x) and D(G(z)) are D's mean output, any number: least-squares wants
  1 and 0 there, hinge more than 1 and less than -1. Of relativistic, D(x>G(z)) is how probable D
  finds it that the real image of a pair is the real one (before / after): 0.5 is guessing.
  Of wgan and wgan-gp, W estimates the distance of generated from real images: it should fall.

Exit codes: 0 done, 1 an error inside the program, 2 wrong input, 3 the machine cannot (no GPU,
memory, disk), 4 training diverged, 130 interrupted with a checkpoint.
)";

constexpr ProgramDescription kProgram{.name = "gan_cuda_train", .opening = kOpening, .closing = kClosing};

/// Whether a recipe is asked for without saying which.
bool asks_for_presets(const std::vector<std::string>& arguments) {
  for (std::size_t i = 0; i < arguments.size(); ++i)
    if (arguments[i] == "--preset" && (i + 1 == arguments.size() || arguments[i + 1].starts_with("--"))) return true;
  return false;
}

bool has_length(const TrainingOptions& o) { return o.iterations != 0 || o.epochs != 0 || o.minutes != 0; }

}  // namespace

std::vector<Setting> command_line_settings(TrainingCommandLine& line) {
  constexpr std::string_view kGroup = "The program";
  std::vector<Setting> rows = training_settings(line.options);
  rows.insert(rows.end(),
              {{.name = "preset",
                .group = kGroup,
                .placeholder = "NAME",
                .help = "the settings of a published recipe; options win over it. Without a name: lists them",
                .value = &line.preset,
                .default_note = "none",
                .place = SettingPlace::CommandLineOnly},
               {.name = "config",
                .group = kGroup,
                .placeholder = "FILE.toml",
                .help = "settings from a file, as option = value; the command line wins over it",
                .value = &line.config,
                .place = SettingPlace::CommandLineOnly},
               {.name = "print-schedule",
                .group = kGroup,
                .placeholder = "",
                .help = "print the instructions of one iteration with their work, and exit",
                .value = &line.print_schedule,
                .place = SettingPlace::CommandLineOnly},
               {.name = "plan",
                .group = kGroup,
                .placeholder = "",
                .help = "print the memory plan of one iteration, and exit",
                .value = &line.plan,
                .place = SettingPlace::CommandLineOnly}});
  return rows;
}

TrainingCommandLine parse_training_command_line(const std::vector<std::string>& arguments) {
  TrainingCommandLine line;
  const SettingTable table(line, command_line_settings);
  if (const auto information = requested_information(arguments, kProgram, table)) {
    line.information = *information;
    return line;
  }
  if (asks_for_presets(arguments)) {
    line.information = list_of_presets();
    return line;
  }
  const std::vector<Assignment> typed = read_arguments(arguments, table);
  const std::string* const preset = typed_text(typed, "preset");
  if (preset != nullptr) {
    if (const std::string* const resume = typed_text(typed, "resume"))
      throw InputError(
          fmt::format("--preset {} with --resume {}: a run goes on with its own settings; accepted is one of "
                      "the two",
                      *preset, *resume));
    assign(table, preset_assignments(*preset));
  }
  if (const std::string* const resume = typed_text(typed, "resume")) {
    if (resume->empty()) throw InputError("--resume: is empty; accepted is the folder of a run");
    apply_toml(RunFolder::open(*resume).config(), line.options);
  }
  if (const std::string* const config = typed_text(typed, "config")) apply_toml(*config, line.options);
  assign(table, typed);
  bool length_typed = false;
  for (const Assignment& assignment : typed)
    length_typed = length_typed || !table.find(assignment.name)->alternative_of.empty();
  if (!length_typed && !has_length(line.options)) line.options.epochs = kDefaultEpochs;
  check_options(line.options);
  return line;
}

}  // namespace gan
