#include "engine/evaluation/evaluation_command_line.h"

#include <algorithm>
#include <string_view>

#include "engine/evaluation/two_sample.h"
#include "engine/settings/command_line.h"
#include "engine/settings/nearest_match.h"
#include "engine/settings/training_settings.h"
#include "kernels/core/contract/error.h"

namespace gan {

namespace {

using Settings = std::vector<Setting>;

constexpr std::string_view kSets = "The sets", kClassifier = "The classifier", kTest = "The test",
                           kDensity = "The density", kMachine = "Machine and output";
constexpr std::int64_t kMostImages = 1'000'000;

constexpr std::string_view kSources = R"(
A set is a folder of PNG, JPEG and WebP images, a zip archive of them, an IDX file (gzipped or not),
a NumPy .npy file of bytes, CIFAR-10's binary batches, fashion-mnist, shapes, or a checkpoint
(NAME.safetensors) of gan_cuda_train, from which images are drawn with normalisation in inference
form. Two sets that are the same files are split into halves that share no image: what a comparison
gives when nothing differs.

Exit codes: 0 done, whatever the numbers say; 1 an error inside the program, 2 wrong input, 3 the
machine cannot (no GPU, memory, disk), 4 training diverged, 130 interrupted, nothing written.
)";

constexpr ProgramDescription kProgram{.name = "gan_cuda_eval",
                                      .opening = R"(gan_cuda_eval: compares sets of images by numbers

Usage: gan_cuda_eval two-sample A B [options]
           whether A and B come from one distribution: trains a classifier, tests whether it guesses
       gan_cuda_eval parzen SAMPLES TEST [options]
           how probable test images are under a density fitted to samples, in nats

`gan_cuda_eval two-sample --help` and `gan_cuda_eval parzen --help` explain each with its options.
)",
                                      .closing = kSources};

constexpr std::string_view kTwoSampleOpening =
    R"(gan_cuda_eval two-sample: do two sets of images come from one distribution?

Usage: gan_cuda_eval two-sample A B [options]

Trains a discriminator to tell half of A from half of B and tests it on the other halves. If both
come from one distribution it can only guess, and is right about half of the time. How often it is
right, and how probable that would be by guessing, is the answer (Lopez-Paz & Oquab 2017). The
pictures that it is surest of show where the sets differ.

Examples:
  gan_cuda_eval two-sample ~/faces runs/faces/checkpoints/step-20000.safetensors
      photographs against what a generator makes of them
  gan_cuda_eval two-sample train-images-idx3-ubyte.gz t10k-images-idx3-ubyte.gz --image-size 28
      is the test set like the training set?
  gan_cuda_eval two-sample old.safetensors new.safetensors --iterations 3000 --seed 7
      two generators, a longer training, another split
)";

constexpr std::string_view kTwoSampleClosing = R"(
What the numbers mean:
  accuracy: of the images that the classifier was not trained on, as many of A as of B, the share
  that it told right: 0.5 is guessing, 1 tells every image. Binomial p: how probable it is that
  guessing is right at least that often. Permutation p: how often the classifier's mean output
  separates two random halves of all those images as well as it separates A from B; it is never
  below 1 / (permutations + 1). A p below --alpha says that the sets differ, and is wrong once in
  1 / alpha times when they do not. A p above it does not say that they are equal: more images, more
  --iterations or another --model may find what this classifier did not.
  The sets should not share images, or the classifier knows some answers by heart.

telling.png shows the held-out images whose estimated density ratio p_A / p_B, exp(logit), is most
one-sided: the upper half A's that look least like B's, the lower half B's that look least like A's.
result.json has all numbers.
)";

constexpr std::string_view kParzenOpening =
    R"(gan_cuda_eval parzen: the log-likelihood of test images under a Parzen window

Usage: gan_cuda_eval parzen SAMPLES TEST [options]

Puts a Gaussian of width sigma around each of SAMPLES, usually a generator's, and says how probable
that density finds the images of TEST: log p in nats an image, pixels in 0 to 1. Sigma is the one of
--sigmas that finds the images of --validation most probable. This is the measure, and the protocol,
of the 2014 paper (Goodfellow et al., section 5, table 1): 10,000 samples of 28x28.

Examples:
  gan_cuda_eval parzen runs/mine/checkpoints/step-20000.safetensors t10k-images-idx3-ubyte.gz
      sigma chosen on a tenth of the test images, which are then left out
  gan_cuda_eval parzen samples.npy test.npy --validation validation.npy --sigmas 0.1,0.15,0.2,0.25
      all three sets, and the grid, by hand
)";

constexpr std::string_view kParzenClosing = R"(
What the numbers mean:
  Higher is better. The error behind +- is the standard error over the test images; it says nothing
  of how the samples fell. Compare numbers of one image size, one TEST and one --count only. In many
  dimensions the estimate is far below the true log-likelihood, and it can prefer a model that looks
  worse (Theis et al. 2016): it is here to be compared with the paper's, not to be believed alone.
result.json has all numbers.
)";

void append(Settings& rows, const Settings& more) { rows.insert(rows.end(), more.begin(), more.end()); }

Settings in_group(std::string_view group, Settings rows) {
  for (Setting& row : rows) row.group = group;
  return rows;
}

Settings machine_rows(TrainingOptions& o, std::filesystem::path& out, std::string_view files) {
  Settings rows = pick(training_settings(o), {"seed", "device", "threads"});
  append(rows, {{.name = "out", .placeholder = "DIR", .help = files, .value = &out, .accepted = NotEmpty{"folders"}}});
  return in_group(kMachine, rows);
}

Settings set_rows(TrainingOptions& o, std::int64_t& count, std::string_view count_help, WholeRange sides) {
  Settings rows = pick(training_settings(o), {"image-size", "channels", "skip-damaged"});
  rows[0].help = "pixels a side, or width x height; images are resized to cover it and cropped at the centre";
  rows[0].accepted = sides;
  rows[2].help = "leave out images of a folder or an archive that cannot be decoded, naming each";
  append(rows, {{.name = "count",
                 .placeholder = "N",
                 .help = count_help,
                 .value = &count,
                 .accepted = WholeRange{kFewestForTest, kMostImages}}});
  return in_group(kSets, rows);
}

Settings classifier_rows(TrainingOptions& o) {
  Settings rows = pick(training_settings(o), {"model", "width", "batch", "lr"});
  rows[0].help =
      "whose discriminator classifies, without normalisation: dcgan, mlp, resnet ...; "
      "gan_cuda_train --help describes them";
  rows[2].help = "images of each set in a batch";
  rows[3].help = "learning rate, of Adam";
  append(rows, {{.name = "iterations",
                 .placeholder = "N",
                 .help = "updates of the classifier",
                 .value = &o.iterations,
                 .accepted = WholeRange{1, 1'000'000'000}}});
  return in_group(kClassifier, rows);
}

Settings test_rows(TwoSampleOptions& o) {
  constexpr RealRange::End kExcluded = RealRange::End::Excluded;
  return {{.name = "alpha",
           .group = kTest,
           .placeholder = "P",
           .help = "level: how often a difference may be found where there is none",
           .value = &o.alpha,
           .accepted = RealRange{.low = 0, .high = 0.5, .at_low = kExcluded, .at_high = kExcluded}},
          {.name = "permutations",
           .group = kTest,
           .placeholder = "N",
           .help = "of the permutation test",
           .value = &o.permutations,
           .accepted = WholeRange{19, 1'000'000}}};
}

Settings density_rows(ParzenOptions& o) {
  return {{.name = "validation",
           .group = kDensity,
           .placeholder = "SET",
           .help = "what sigma is chosen on",
           .value = &o.validation,
           .default_note = "a tenth of TEST, chosen at random and then left out"},
          {.name = "sigmas",
           .group = kDensity,
           .placeholder = "LIST",
           .help = "widths to choose from, with commas between",
           .value = &o.sigmas,
           .default_note = "ten from 0.1 to 1, each 1.29 times the one before"}};
}

template <class Options>
EvaluationCommandLine parse(const std::vector<std::string>& arguments, const ProgramDescription& program,
                            Settings (*rows)(Options&), std::string Options::*first, std::string Options::*second,
                            void (*check)(const Options&)) {
  EvaluationCommandLine line;
  Options options;
  const SettingTable table(options, rows);
  if (const auto information = requested_information(arguments, program, table)) {
    line.information = *information;
    return line;
  }
  constexpr std::size_t kBefore = 3;  // the command and two sets
  for (std::size_t i = 1; i < kBefore; ++i)
    if (i >= arguments.size() || arguments[i].empty() || arguments[i].starts_with("--"))
      throw InputError(fmt::format("{}: two sets come first, before any option: {} {} [options]; see {} --help",
                                   arguments[0], program.name, arguments[0] == "parzen" ? "SAMPLES TEST" : "A B",
                                   program.name));
  options.*first = arguments[1];
  options.*second = arguments[2];
  assign(table, read_arguments({arguments.begin() + kBefore, arguments.end()}, table));
  check_values(table);
  check(options);
  line.options = options;
  return line;
}

void check_two_sample(const TwoSampleOptions& o) {
  if (const std::string trouble = misfit(model_options(o.training, o.training.channels)); !trouble.empty())
    throw InputError(trouble);
}

void check_parzen(const ParzenOptions& o) { sigmas_of(o); }

Settings no_settings(std::monostate&) { return {}; }

}  // namespace

std::vector<Setting> two_sample_settings(TwoSampleOptions& o) {
  Settings rows = set_rows(o.training, o.count,
                           "images of each set that take part, at most, chosen at random; half of them train. So many "
                           "are drawn of a checkpoint, or as many as the other set has",
                           WholeRange{16, 256});
  append(rows, classifier_rows(o.training));
  append(rows, test_rows(o));
  append(rows,
         machine_rows(o.training, o.out, "folder for result.json and telling.png; such files there are replaced"));
  return rows;
}

std::vector<Setting> parzen_settings(ParzenOptions& o) {
  Settings rows =
      set_rows(o.training, o.count, "images of each set at most, chosen at random, and drawn of a checkpoint",
               WholeRange{1, 256});
  append(rows, density_rows(o));
  append(rows, machine_rows(o.training, o.out, "folder for result.json; one that is there is replaced"));
  return rows;
}

EvaluationCommandLine parse_evaluation_command_line(const std::vector<std::string>& arguments) {
  const std::string command = arguments.empty() ? "" : arguments[0];
  if (command == "two-sample") {
    const std::string closing = fmt::format("{}{}", kTwoSampleClosing, kSources);
    return parse<TwoSampleOptions>(
        arguments, {.name = "gan_cuda_eval two-sample", .opening = kTwoSampleOpening, .closing = closing},
        two_sample_settings, &TwoSampleOptions::a, &TwoSampleOptions::b, check_two_sample);
  }
  if (command == "parzen") {
    const std::string closing = fmt::format("{}{}", kParzenClosing, kSources);
    return parse<ParzenOptions>(arguments,
                                {.name = "gan_cuda_eval parzen", .opening = kParzenOpening, .closing = closing},
                                parzen_settings, &ParzenOptions::samples, &ParzenOptions::test, check_parzen);
  }
  std::monostate nothing;
  const SettingTable table(nothing, no_settings);
  if (const auto information = requested_information(arguments, kProgram, table)) return {.information = *information};
  if (command.empty()) throw InputError("a command is missing; accepted are two-sample and parzen, see --help");
  throw InputError(fmt::format("'{}' is no command; accepted are two-sample and parzen{}", command,
                               did_you_mean(command, {"two-sample", "parzen"}, "")));
}

}  // namespace gan
