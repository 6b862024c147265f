#include <algorithm>
#include <nlohmann/json.hpp>

#include "engine/device/backend.h"
#include "engine/evaluation/evaluate.h"
#include "engine/evaluation/parzen.h"
#include "engine/evaluation/result_folder.h"
#include "engine/evaluation/sample_sets.h"
#include "kernels/core/contract/error.h"

namespace gan {

namespace {

struct Sets {
  Dataset samples, validation, test;
};

constexpr std::int64_t kValidationShare = 10;  // a tenth of the test set, where no validation set is given

Dataset load(const ParzenOptions& o, const NamedSet& set, int draw, Overseer& overseer) {
  const TrainingOptions& t = o.training;
  return load_set(set, draw,
                  {.height = static_cast<int>(t.image_height),
                   .width = static_cast<int>(t.image_width),
                   .channels = static_cast<int>(t.channels),
                   .seed = t.seed,
                   .count = o.count,
                   .skip_damaged = t.skip_damaged,
                   .device = t.device,
                   .threads = t.threads},
                  overseer);
}

void refuse_too_few(const Dataset& set, const NamedSet& named, std::int64_t fewest) {
  if (set.count < fewest)
    throw InputError(
        fmt::format("{} {}: {} images are too few; accepted are {}", named.label, named.source, set.count, fewest));
}

Sets load_sets(const ParzenOptions& o, Overseer& overseer) {
  constexpr std::int64_t kFewest = 20;
  const NamedSet samples{"SAMPLES", o.samples}, test{"TEST", o.test}, validation{"--validation", o.validation};
  const std::uint64_t seed = o.training.seed;
  Sets sets;
  const Dataset all = load(o, samples, 0, overseer);
  if (are_same_images(o.samples, o.test)) {
    refuse_too_few(all, samples, 2 * kFewest);
    sets.samples = random_part(all, all.count, seed);
    sets.test = split_off(sets.samples, all.count / 2);
    sets.samples = random_part(sets.samples, o.count, seed);
    sets.test = random_part(sets.test, o.count, seed);
  } else {
    sets.samples = random_part(all, o.count, seed);
    sets.test = random_part(load(o, test, 1, overseer), o.count, seed);
  }
  refuse_too_few(sets.samples, samples, 1);
  refuse_too_few(sets.test, test, kFewest);
  sets.validation = o.validation.empty() ? split_off(sets.test, sets.test.count / kValidationShare)
                                         : random_part(load(o, validation, 2, overseer), o.count, seed);
  for (const auto& [set, named] : {std::pair{&sets.test, &test}, std::pair{&sets.validation, &validation}})
    if (set->channels != sets.samples.channels)
      throw InputError(
          fmt::format("SAMPLES {} has {} channels, {} {} has {}; accepted is --channels 1 or 3, which makes "
                      "them alike",
                      o.samples, sets.samples.channels, named->label, named->source, set->channels));
  return sets;
}

/// Pixels in [0, 1], as the paper has them.
Points points_of(const Dataset& set) {
  Points points{.dimension = set.image_bytes()};
  points.values.resize(set.pixels.size());
  std::transform(set.pixels.begin(), set.pixels.end(), points.values.begin(),
                 [](std::uint8_t byte) { return byte / 255.0; });
  return points;
}

/// What came out.
struct ParzenResult {
  std::int64_t samples = 0, validation = 0, test = 0, dimension = 0;
  std::vector<double> sigmas;
  SigmaChoice choice;
  MeanAndError log_likelihood;

  double sigma() const { return sigmas[choice.best]; }
  /// Whether a sigma beyond the grid's ends might have been better.
  bool at_end() const {
    const auto [low, high] = std::minmax_element(sigmas.begin(), sigmas.end());
    return sigmas.size() > 1 && (sigma() == *low || sigma() == *high);
  }
};

ParzenResult estimate(const Sets& sets, const ParzenOptions& o, Overseer& overseer) {
  const Points samples = points_of(sets.samples);
  const int threads = thread_count(o.training.threads);
  ParzenResult result{.samples = sets.samples.count,
                      .validation = sets.validation.count,
                      .test = sets.test.count,
                      .dimension = samples.dimension,
                      .sigmas = sigmas_of(o)};
  overseer.begin("choosing sigma", sets.validation.count);
  result.choice =
      choose_sigma(parzen_log_likelihoods(samples, points_of(sets.validation), result.sigmas, threads, overseer),
                   result.sigmas.size());
  overseer.begin("judging test images", sets.test.count);
  const double sigma = result.sigma();
  result.log_likelihood =
      mean_and_error(parzen_log_likelihoods(samples, points_of(sets.test), std::span(&sigma, 1), threads, overseer));
  return result;
}

nlohmann::ordered_json as_json(const ParzenOptions& o, const ParzenResult& r) {
  nlohmann::ordered_json grid = nlohmann::ordered_json::array();
  for (std::size_t k = 0; k < r.sigmas.size(); ++k)
    grid.push_back({{"sigma", r.sigmas[k]}, {"validation_log_likelihood", r.choice.means[k]}});
  return {{"test", "parzen"},
          {"samples", o.samples},
          {"test_set", o.test},
          {"validation_set", o.validation.empty() ? "a tenth of the test set" : o.validation},
          {"seed", o.training.seed},
          {"sample_count", r.samples},
          {"validation_count", r.validation},
          {"test_count", r.test},
          {"dimension", r.dimension},
          {"grid", grid},
          {"sigma", r.sigma()},
          {"log_likelihood", r.log_likelihood.mean},
          {"standard_error", r.log_likelihood.standard_error}};
}

std::string describe(const ParzenOptions& o, const ParzenResult& r) {
  std::string text = fmt::format(
      "samples        {} of {}{}\ntest           {} of {}; sigma chosen on {} {}\n"
      "sigma          {:.4g}\nlog-likelihood {:.2f} +- {:.2f} nats an image of {} numbers in 0 to 1\n",
      r.samples, o.samples, are_same_images(o.samples, o.test) ? " (one half of it, the other half tests)" : "", r.test,
      o.test, r.validation, o.validation.empty() ? "others of it" : "of " + o.validation, r.sigma(),
      r.log_likelihood.mean, r.log_likelihood.standard_error, r.dimension);
  if (r.at_end()) text += "That sigma is at an end of the grid: one beyond may be better; see --sigmas.\n";
  return text + (o.out / "result.json").string() + "\n";
}

}  // namespace

std::string evaluate_parzen(const ParzenOptions& o, Overseer& overseer) {
  const Sets sets = load_sets(o, overseer);
  make_result_folder(o.out);
  const ParzenResult result = estimate(sets, o, overseer);
  write_result(o.out, as_json(o, result));
  return describe(o, result);
}

}  // namespace gan
