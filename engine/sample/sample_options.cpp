#include "engine/sample/sample_options.h"

#include <charconv>
#include <vector>

#include "engine/data/points.h"
#include "engine/files/animation.h"
#include "kernels/core/contract/error.h"

namespace gan {

namespace {

constexpr std::int64_t kGridImages = 64, kWalkSeeds = 8;

SampleForm form_of(const SampleOptions& o, DataKind kind) {
  std::vector<std::string_view> chosen;
  if (!o.grid.empty()) chosen.push_back("--grid");
  if (o.separate) chosen.push_back("--separate");
  if (o.npy) chosen.push_back("--npy");
  if (o.walk != "no") chosen.push_back("--walk");
  if (chosen.size() > 1)
    throw InputError(
        fmt::format("{} with {}: accepted is one of --grid, --separate, --npy and --walk", chosen[0], chosen[1]));
  if (o.npy) return SampleForm::Array;
  if (kind == DataKind::Points) {
    if (!chosen.empty())
      throw InputError(
          fmt::format("{}: draws images, but the checkpoint's generator makes points; accepted are --npy and, without "
                      "it, one picture of them all",
                      chosen[0]));
    return SampleForm::Picture;
  }
  if (o.separate) return SampleForm::Separate;
  return o.walk != "no" ? SampleForm::Walk : SampleForm::Grid;
}

/// "4x8": four rows of eight.
GridLayout parse_grid(std::string_view text) {
  constexpr std::int64_t kMostCells = 10'000;
  GridLayout layout;
  const std::size_t cross = text.find('x');
  const auto whole = [](std::string_view digits, std::int64_t& number) {
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
    return error == std::errc() && end == digits.data() + digits.size() && number >= 1 && number <= kMostCells;
  };
  if (cross == text.npos || !whole(text.substr(0, cross), layout.rows) ||
      !whole(text.substr(cross + 1), layout.columns))
    throw InputError(
        fmt::format("--grid: '{}' is no grid; accepted are ROWSxCOLUMNS, each 1 to {}, as in 4x8", text, kMostCells));
  return layout;
}

SeedList seeds_of(const SampleOptions& o, std::int64_t otherwise) {
  if (o.seeds.empty()) return SeedList::first(o.count > 0 ? o.count : otherwise);
  if (o.count > 0)
    throw InputError(fmt::format("--count {} with --seeds {}: the list says how many; accepted is one of the two",
                                 o.count, o.seeds));
  try {
    return SeedList::parse(o.seeds);
  } catch (const InputError& error) { throw InputError(fmt::format("--seeds: {}", error.what())); }
}

/// `out`, or what is used where none is given; InputError unless it ends as it should.
std::filesystem::path output_path(const std::filesystem::path& out, const char* otherwise, std::string_view ending,
                                  std::string_view form) {
  if (out.empty()) return otherwise;
  if (out.extension() != ending)
    throw InputError(fmt::format("--out: '{}' does not end in {}, as {} must", out.string(), ending, form));
  return out;
}

void plan_grid(const SampleOptions& o, SamplePlan& plan) {
  const GridLayout asked = o.grid.empty() ? GridLayout{} : parse_grid(o.grid);
  plan.seeds = seeds_of(o, o.grid.empty() ? kGridImages : asked.rows * asked.columns);
  plan.grid = o.grid.empty() ? square_layout(plan.seeds.count()) : asked;
  if (plan.seeds.count() > plan.grid.rows * plan.grid.columns)
    throw InputError(fmt::format("--grid {}: {} images do not fit into {} cells", o.grid, plan.seeds.count(),
                                 plan.grid.rows * plan.grid.columns));
  plan.out = output_path(o.out, "samples.png", ".png", "a grid");
}

void plan_walk(const SampleOptions& o, SamplePlan& plan) {
  plan.seeds = seeds_of(o, kWalkSeeds);
  if (plan.seeds.count() < 2)
    throw InputError("--walk: there is one seed; accepted are two or more, to go from one to the next");
  plan.walk = o.walk == "lerp" ? WalkKind::Lerp : WalkKind::Slerp;
  plan.images = (plan.seeds.count() - 1) * o.frames + 1;
  plan.out = o.out.empty() ? "walk.webp" : o.out;
  if (!animation_format(plan.out))
    throw InputError(fmt::format("--out: '{}' is no name of an animation; accepted are names that end in .webp or .gif",
                                 plan.out.string()));
}

void plan_picture(const SampleOptions& o, SamplePlan& plan) {
  constexpr std::int64_t kMostPoints = 1'000'000;
  plan.seeds = seeds_of(o, kShownPoints);
  if (plan.seeds.count() > kMostPoints)
    throw InputError(fmt::format("--{}: a picture of {} points; accepted are up to {}; --npy has no limit",
                                 o.seeds.empty() ? "count" : "seeds", plan.seeds.count(), kMostPoints));
  plan.out = output_path(o.out, "samples.png", ".png", "a picture of points");
}

}  // namespace

SamplePlan plan_samples(const SampleOptions& o, DataKind kind) {
  SamplePlan plan{.form = form_of(o, kind)};
  switch (plan.form) {
    case SampleForm::Grid: plan_grid(o, plan); break;
    case SampleForm::Walk: plan_walk(o, plan); break;
    case SampleForm::Separate:
      plan.seeds = seeds_of(o, kGridImages);
      plan.out = o.out.empty() ? "samples" : o.out;
      break;
    case SampleForm::Picture: plan_picture(o, plan); break;
    case SampleForm::Array:
      plan.seeds = seeds_of(o, kind == DataKind::Points ? kShownPoints : kGridImages);
      plan.out = output_path(o.out, "samples.npy", ".npy", "an array");
      break;
  }
  if (plan.form != SampleForm::Walk) plan.images = plan.seeds.count();
  return plan;
}

}  // namespace gan
