// write_images RUN FILE: draws the sample grid of a run's newest checkpoint again and writes, as safetensors, "latents"
// (N, latent), "images" (N, C, H, W), and "logits" (N, 1), D's verdict on these images as one batch. For comparing with
// other software that loads the checkpoint.
#include <fmt/format.h>

#include <cstdio>
#include <exception>
#include <vector>

#include "engine/files/run_folder.h"
#include "engine/files/safetensors.h"
#include "engine/network/file_layout.h"
#include "engine/run/checkpoint.h"
#include "engine/run/training_programs.h"
#include "engine/settings/config.h"

namespace {

using namespace gan;

/// The sampling program, and D on what it made.
Program sample_and_judge(const Players& players, std::int64_t count, std::uint64_t seed) {
  Builder b(players.table, {.name = "sample and judge", .seed = seed});
  b.phase("sample");
  const Tensor z = b.transient("z", {count, players.generator.graph().input_shape().channels});
  b.emit(RandomNormal{.iteration = players.counters.zero, .y = z, .stream = b.next_stream()});
  const ForwardOptions frozen{.norm = NormMode::Frozen};
  const Tensor images = players.shown_generator().forward(b, z, "G(z)", frozen).output;
  b.output("latents", z);
  b.output("images", images);
  b.output("logits", players.discriminator.forward(b, images, "D(G(z))", frozen).output);
  return b.finish();
}

void write_images(const std::filesystem::path& run, const std::filesystem::path& file) {
  const RunFolder folder = RunFolder::open(run);
  TrainingOptions options;
  apply_toml(folder.config(), options);
  const auto checkpoint = folder.latest_checkpoint();
  if (!checkpoint) throw InputError(fmt::format("{}: no checkpoint", run.string()));
  constexpr std::int64_t kImages = 16;
  const TrainingPrograms programs(options, 1, options.channels);
  Runtime runtime(make_cpu_backend(thread_count(options.threads)),
                  PlannedPrograms(programs.table, {sample_and_judge(programs.players, kImages, options.seed)}));
  restore_checkpoint(checkpoint->file, checkpoint->path.string(), programs.players, runtime);
  runtime.run(0);

  SafetensorsFile out;
  for (const Program::Output& output : runtime.program(0).outputs) {
    const Shape& s = output.tensor.shape;
    const bool is_image = output.name == "images";
    const FileLayout layout = is_image ? FileLayout{s, {0, 3, 1, 2}, {s[0], s[3], s[1], s[2]}}
                                       : FileLayout{{s[0], s.count() / s[0]}, {0, 1}, {s[0], s.count() / s[0]}};
    out.tensors.push_back(store_parameter(output.name, output.tensor, layout, runtime));
  }
  save_safetensors(file, out);
}

}  // namespace

int main(int count, char** arguments) {
  if (count != 3) {
    std::fprintf(stderr, "usage: write_images RUN FILE\n");
    return 2;
  }
  try {
    write_images(arguments[1], arguments[2]);
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "write_images: %s\n", error.what());
    return 1;
  }
}
