#include "engine/sample/sample_command_line.h"

#include "engine/settings/command_line.h"
#include "engine/settings/training_settings.h"
#include "kernels/core/contract/error.h"

namespace gan {

namespace {

using Rows = std::vector<Setting>;

constexpr std::string_view kWhat = "What to draw", kForm = "What to make of it", kMachine = "Machine";

constexpr std::string_view kOpening = R"(gan_cuda_sample: draws images with a trained generator

Usage: gan_cuda_sample --checkpoint FILE [options]

A checkpoint of gan_cuda_train is all it needs: the network's description is inside. Every image is
addressed by a seed, a whole number: seed 7 is the same image whether it is drawn alone or among a
million. (Another device, or another --batch, may round otherwise: a pixel by one step of 255.)

Examples:
  gan_cuda_sample --checkpoint runs/mine/checkpoints/step-1000.safetensors
      a grid of seeds 1 to 64: samples.png
  gan_cuda_sample --checkpoint FILE --seeds 3,7,100-105 --grid 2x4 --out favourites.png
      those eight in two rows of four
  gan_cuda_sample --checkpoint FILE --walk slerp --seeds 3,7,101,3 --frames 40 --out walk.webp
      an animation from image to image and back, 40 frames from each to the next
  gan_cuda_sample --checkpoint FILE --count 50000 --npy --out samples.npy --batch 256
      one array for an evaluation tool: numpy.load gives uint8 (50000, height, width, channels)
  gan_cuda_sample --checkpoint FILE --separate --seeds 1-1000 --truncation 1.5 --out typical
      typical/seed-1.png ... seed-1000.png, less varied and less often broken

What a generator of points (--data ring8 and the like) makes is drawn as one picture: of seeds 1 to
2048, unless said otherwise, in blue over 2048 real points in grey; --npy gives float32 (N, 1 or 2).
--grid, --separate and --walk are for images.
)";

constexpr std::string_view kClosing = R"(
Batch normalisation is in inference form here, so that an image depends on its seed alone; the grids
that training saves take the statistics of their 64 images instead, and look a little different.
The average (--ema yes) brings statistics that were calibrated for it when the checkpoint was
written; the raw generator (--ema no) has the running ones of its last training batches, which trail
behind its weights: expect its images to be rougher.

Files appear under their names when they are whole. Ctrl-C stops after the batch at hand and leaves
no part of one (--separate: the images so far stay); a second one stops at once, and may leave a
file whose name ends in .partial.

Exit codes: 0 done, 1 an error inside the program, 2 wrong input, 3 the machine cannot (no GPU,
memory, disk), 130 interrupted.
)";

constexpr ProgramDescription kProgram{.name = "gan_cuda_sample", .opening = kOpening, .closing = kClosing};

Rows drawing_rows(SampleOptions& o) {
  return {
      {.name = "checkpoint",
       .group = kWhat,
       .placeholder = "FILE",
       .help = "a file of a run's folder checkpoints/",
       .value = &o.checkpoint,
       .default_note = "needed"},
      {.name = "seeds",
       .group = kWhat,
       .placeholder = "LIST",
       .help = "seeds and ranges, as in 1-64 or 3,7,100-199, in this order",
       .value = &o.seeds,
       .default_note = "1 to --count"},
      {.name = "count",
       .group = kWhat,
       .placeholder = "N",
       .help = "draw the seeds 1 to N",
       .value = &o.count,
       .accepted = WholeRange{0, SeedList::kMost},
       .default_note = "the cells of --grid; 8 for --walk; else 64, of points 2048"},
      {.name = "ema",
       .group = kWhat,
       .placeholder = "auto|yes|no",
       .help = "draw with the moving average of the generator's weights; auto: if the run kept one",
       .value = &o.ema,
       .accepted = Choices{{"auto", "yes", "no"}}},
      {.name = "truncation",
       .group = kWhat,
       .placeholder = "T",
       .help =
           "draw latents from the normal distribution cut off at -T and T: 2 to 1 make images more typical and less "
           "varied; 0: do not",
       .value = &o.truncation,
       .accepted = RealRange{.low = 0, .high = 10}},
  };
}

Rows form_rows(SampleOptions& o) {
  const Condition with_walk{[&o] { return o.walk != "no"; }, "--walk slerp or lerp"};
  return {
      {.name = "grid",
       .group = kForm,
       .placeholder = "RxC",
       .help = "one PNG with R rows of C images",
       .value = &o.grid,
       .default_note = "as square as can be"},
      {.name = "separate",
       .group = kForm,
       .placeholder = "",
       .help = "a PNG an image in the folder --out: seed-1.png ...",
       .value = &o.separate},
      {.name = "npy",
       .group = kForm,
       .placeholder = "",
       .help =
           "one NumPy array, uint8 (N, height, width, channels), or of points float32 (N, 1 or 2), in the order of the "
           "seeds",
       .value = &o.npy},
      {.name = "walk",
       .group = kForm,
       .placeholder = "no|slerp|lerp",
       .help =
           "an animation from seed to seed, endlessly repeated; slerp: along the arc between two latents, lerp: along "
           "the straight line, which comes nearer to the middle, where latents are rare",
       .value = &o.walk,
       .accepted = Choices{{"no", "slerp", "lerp"}}},
      {.name = "frames",
       .group = kForm,
       .placeholder = "N",
       .help = "of the animation, from each seed to the next; the last seed adds one",
       .value = &o.frames,
       .accepted = WholeRange{1, 100'000},
       .only_with = with_walk},
      {.name = "fps",
       .group = kForm,
       .placeholder = "N",
       .help = "frames a second",
       .value = &o.fps,
       .accepted = WholeRange{1, 50},
       .only_with = with_walk},
      {.name = "out",
       .group = kForm,
       .placeholder = "PATH",
       .help = "where to; a file that is there is replaced. An animation is what its name ends in: .webp keeps every "
               "pixel, .gif has 256 colours a frame",
       .value = &o.out,
       .default_note = "samples.png, samples/, samples.npy or walk.webp"},
  };
}

Rows machine_rows(SampleOptions& o) {
  Rows rows = pick(training_settings(o.training), {"device", "threads"});
  rows.push_back({.name = "batch",
                  .group = kMachine,
                  .placeholder = "N",
                  .help = "images drawn at once: more is faster on a GPU and takes more memory",
                  .value = &o.batch,
                  .accepted = WholeRange{1, 65536}});
  return rows;
}

void check(const SampleOptions& o) {
  constexpr double kLeastTruncation = 0.01;
  if (o.checkpoint.empty())
    throw InputError("--checkpoint: is missing; accepted is a file of a run's folder checkpoints/");
  if (o.truncation > 0 && o.truncation < kLeastTruncation)
    throw InputError(fmt::format("--truncation: {} leaves next to nothing; accepted are 0 (none) and {} to 10",
                                 o.truncation, kLeastTruncation));
  plan_samples(o, DataKind::Images);  // what the generator makes is known with the checkpoint only
}

}  // namespace

std::vector<Setting> sample_settings(SampleOptions& o) {
  Rows all;
  for (const auto group : {drawing_rows, form_rows, machine_rows})
    for (Setting& row : group(o)) all.push_back(std::move(row));
  return all;
}

SampleCommandLine parse_sample_command_line(const std::vector<std::string>& arguments) {
  SampleCommandLine line;
  const SettingTable table(line.options, sample_settings);
  if (const auto information = requested_information(arguments, kProgram, table)) {
    line.information = *information;
    return line;
  }
  assign(table, read_arguments(arguments, table));
  check_values(table);
  check(line.options);
  return line;
}

}  // namespace gan
