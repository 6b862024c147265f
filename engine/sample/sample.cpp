#include "engine/sample/sample.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <functional>
#include <system_error>
#include <vector>

#include "engine/data/points.h"
#include "engine/files/animation.h"
#include "engine/files/npy_header.h"
#include "engine/files/png.h"
#include "engine/files/points_picture.h"
#include "engine/sample/checkpoint_generator.h"
#include "kernels/core/contract/error.h"

namespace gan {

namespace {

/// Leaves the writer of a file, which then removes it.
struct Interrupted {};

GeneratorChoice choice_of(const std::string& ema) {
  if (ema == "yes") return GeneratorChoice::Average;
  return ema == "no" ? GeneratorChoice::Raw : GeneratorChoice::Automatic;
}

class Sampler {
 public:
  Sampler(const SampleOptions& options, SampleObserver& observer, const std::atomic<int>& stop)
      : options_(options),
        observer_(observer),
        stop_(stop),
        generator_({.checkpoint = options.checkpoint,
                    .choice = choice_of(options.ema),
                    .batch = options.batch,
                    .device = options.training.device,
                    .threads = options.training.threads}),
        plan_(plan_samples(options, generator_.kind())),
        image_(generator_.image()) {}

  SampleResult execute();

 private:
  using Clock = std::chrono::steady_clock;
  /// Takes image number `index`, counted from 0.
  using Take = std::function<void(std::int64_t index, const Image& image)>;

  double elapsed_seconds() const { return std::chrono::duration<double>(Clock::now() - start_).count(); }

  /// The latent of image number `index`: of a seed, or of a frame between two.
  void latent(std::int64_t index, std::span<float> z) const;
  /// Draws everything in batches and hands over the numbers of each, in order. Throws Interrupted.
  void for_each_batch(const std::function<void(const std::vector<float>& values)>& take);
  /// The same, image by image.
  void for_each_image(const Take& take);

  /// InputError for a grid that would be too large a sheet.
  void check_sheet() const;
  void write_grid();
  void write_separate_files();
  void write_array();
  void write_walk();
  /// Points, over as many of those that the generator has learnt from.
  void write_picture();

  const SampleOptions& options_;
  SampleObserver& observer_;
  const std::atomic<int>& stop_;
  CheckpointGenerator generator_;
  SamplePlan plan_;
  FeatureShape image_;
  std::int64_t drawn_ = 0;
  Clock::time_point start_;
};

void Sampler::latent(std::int64_t index, std::span<float> z) const {
  if (plan_.form != SampleForm::Walk) {
    draw_latent(plan_.seeds[index], options_.truncation, z);
    return;
  }
  const std::int64_t stretch = std::min(index / options_.frames, plan_.seeds.count() - 2);
  std::vector<float> from(z.size()), to(z.size());
  draw_latent(plan_.seeds[stretch], options_.truncation, from);
  draw_latent(plan_.seeds[stretch + 1], options_.truncation, to);
  const std::int64_t frame = index - stretch * options_.frames;
  walk_between(plan_.walk, from, to, static_cast<double>(frame) / static_cast<double>(options_.frames), z);
}

void Sampler::for_each_batch(const std::function<void(const std::vector<float>& values)>& take) {
  const auto length = static_cast<std::size_t>(generator_.latent());
  std::vector<float> latents;
  while (drawn_ < plan_.images) {
    if (stop_ != 0) throw Interrupted{};
    const std::int64_t count = std::min(generator_.batch(), plan_.images - drawn_);
    latents.resize(static_cast<std::size_t>(count) * length);
    for (std::int64_t i = 0; i < count; ++i)
      latent(drawn_ + i, std::span(latents).subspan(static_cast<std::size_t>(i) * length, length));
    take(generator_.draw(latents));
    drawn_ += count;
    observer_.on_progress(drawn_, plan_.images, static_cast<double>(drawn_) / std::max(elapsed_seconds(), 1e-9));
  }
}

void Sampler::for_each_image(const Take& take) {
  Image image{.height = image_.height, .width = image_.width, .channels = image_.channels, .pixels = {}};
  image.pixels.resize(static_cast<std::size_t>(image_.count()));
  std::int64_t index = 0;
  for_each_batch([&](const std::vector<float>& values) {
    for (auto first = values.begin(); first != values.end(); first += image_.count(), ++index) {
      std::transform(first, first + image_.count(), image.pixels.begin(), to_pixel);
      take(index, image);
    }
  });
}

void Sampler::check_sheet() const {
  constexpr std::int64_t kMostPixels = std::int64_t{1} << 28;
  const GridLayout& grid = plan_.grid;
  const std::int64_t height = grid.rows * (image_.height + grid.gap), width = grid.columns * (image_.width + grid.gap);
  if (plan_.form != SampleForm::Grid || height * width <= kMostPixels) return;
  throw InputError(
      fmt::format("--grid: a sheet of {} x {} pixels; accepted are up to {} in all; --npy and --separate have no limit",
                  width, height, kMostPixels));
}

void Sampler::write_grid() {
  const GridLayout& grid = plan_.grid;
  Image sheet = empty_sheet(grid, image_.height, image_.width, image_.channels);
  for_each_image([&](std::int64_t index, const Image& image) { place_on_sheet(sheet, grid, index, image); });
  write_png(plan_.out, sheet);
}

void Sampler::write_separate_files() {
  std::error_code error;
  std::filesystem::create_directories(plan_.out, error);
  if (error)
    throw InputError(fmt::format("--out: cannot make the folder '{}': {}", plan_.out.string(), error.message()));
  for_each_image([&](std::int64_t index, const Image& image) {
    write_png(plan_.out / fmt::format("seed-{}.png", plan_.seeds[index]), image);
  });
}

void Sampler::write_array() {
  write_atomically(plan_.out, [&](FileWriter& writer) {
    if (generator_.kind() == DataKind::Points) {
      writer.write(npy_header(std::array{plan_.images, image_.channels}, DType::F32));
      for_each_batch([&](const std::vector<float>& points) { writer.write(std::as_bytes(std::span(points))); });
      return;
    }
    writer.write(npy_header(std::array{plan_.images, image_.height, image_.width, image_.channels}, DType::U8));
    for_each_image([&](std::int64_t, const Image& image) { writer.write(std::as_bytes(std::span(image.pixels))); });
  });
}

void Sampler::write_walk() {
  write_atomically(plan_.out, [&](FileWriter& writer) {
    const auto encoder = make_animation_encoder(*animation_format(plan_.out),
                                                {.height = image_.height,
                                                 .width = image_.width,
                                                 .channels = image_.channels,
                                                 .frames_per_second = options_.fps},
                                                writer);
    for_each_image([&](std::int64_t, const Image& image) { encoder->add(image); });
    encoder->finish();
  });
}

void Sampler::write_picture() {
  std::vector<float> made;
  for_each_batch([&](const std::vector<float>& points) { made.insert(made.end(), points.begin(), points.end()); });
  const Dataset real = make_points({.source = generator_.data(), .seed = generator_.data_seed()});
  write_png(plan_.out, points_picture(shown_points(real), made, static_cast<int>(image_.channels)));
}

SampleResult Sampler::execute() {
  check_sheet();
  observer_.on_start({.checkpoint = options_.checkpoint.string(),
                      .iteration = generator_.iteration(),
                      .average = generator_.is_average(),
                      .device = generator_.device(),
                      .height = image_.height,
                      .width = image_.width,
                      .channels = image_.channels,
                      .images = plan_.images,
                      .kind = generator_.kind()});
  start_ = Clock::now();
  SampleResult result{.out = plan_.out, .kind = generator_.kind()};
  try {
    switch (plan_.form) {
      case SampleForm::Grid: write_grid(); break;
      case SampleForm::Separate: write_separate_files(); break;
      case SampleForm::Array: write_array(); break;
      case SampleForm::Walk: write_walk(); break;
      case SampleForm::Picture: write_picture(); break;
    }
  } catch (const Interrupted&) { result.interrupted = true; }
  result.images = drawn_;
  result.seconds = elapsed_seconds();
  return result;
}

}  // namespace

SampleResult draw_samples(const SampleOptions& options, SampleObserver& observer, const std::atomic<int>& stop) {
  return Sampler(options, observer, stop).execute();
}

}  // namespace gan
