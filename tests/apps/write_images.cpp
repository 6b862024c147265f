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
#include "engine/run/workshop.h"
#include "engine/settings/config.h"

namespace {

using namespace gan;

/// The sampling program, and D on what it made.
Program sample_and_judge(const Workshop& shop, std::int64_t count, std::uint64_t seed) {
  Builder b(shop.model.table, {.name = "sample and judge", .seed = seed});
  b.phase("sample");
  const Tensor z = b.transient("z", {count, shop.model.generator.spec().input.channels});
  b.emit(RandomNormal{.iteration = shop.model.zero, .y = z, .stream = b.next_stream()});
  const Network& g = shop.model.average ? *shop.model.average : shop.model.generator;
  const Tensor images = g.forward(b, z, "G(z)", NormMode::Frozen).output;
  b.output("latents", z);
  b.output("images", images);
  b.output("logits", shop.model.discriminator.forward(b, images, "D(G(z))", NormMode::Frozen).output);
  return b.finish();
}

void write_images(const std::filesystem::path& run, const std::filesystem::path& file) {
  const RunFolder folder = RunFolder::open(run);
  TrainingOptions options;
  apply_toml(folder.config(), options);
  const auto checkpoint = folder.latest_checkpoint();
  if (!checkpoint) throw InputError(fmt::format("{}: no checkpoint", run.string()));
  constexpr std::int64_t kImages = 16;
  const Workshop shop(options, 1, options.channels);
  const Program program = sample_and_judge(shop, kImages, options.seed);
  Runtime runtime(make_cpu_backend(thread_count(options)), shop.table, {program});
  const std::uint64_t zero = 0;
  runtime.upload(shop.model.zero, &zero);
  restore_checkpoint(checkpoint->file, checkpoint->path.string(), shop.model, runtime);
  runtime.run(0);

  SafetensorsFile out;
  for (const Program::Output& output : program.outputs) {
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
