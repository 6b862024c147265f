#include <algorithm>
#include <nlohmann/json.hpp>
#include <numbers>
#include <utility>

#include "engine/evaluation/evaluate.h"
#include "engine/evaluation/result_folder.h"
#include "engine/evaluation/sample_sets.h"
#include "engine/evaluation/telling.h"
#include "engine/files/png.h"
#include "engine/settings/training_settings.h"
#include "kernels/core/contract/error.h"

namespace gan {

namespace {

using Sets = std::pair<Dataset, Dataset>;

SetOptions set_options(const TwoSampleOptions& o, std::int64_t count) {
  const TrainingOptions& t = o.training;
  return {.height = static_cast<int>(t.image_height),
          .width = static_cast<int>(t.image_width),
          .channels = static_cast<int>(t.channels),
          .seed = t.seed,
          .count = count,
          .skip_damaged = t.skip_damaged,
          .device = t.device,
          .threads = t.threads};
}

Sets load_sets(const TwoSampleOptions& o, Overseer& overseer) {
  const NamedSet a{"A", o.a}, b{"B", o.b};
  if (are_same_images(o.a, o.b)) {
    Sets halves;
    const Dataset all = load_set(a, 0, set_options(o, o.count), overseer);
    halves.first = random_part(all, all.count, o.training.seed);
    if (all.count >= 2 * kFewestForTest) halves.second = split_off(halves.first, all.count / 2);
    return halves;
  }
  // Files say themselves how many images there are; no more need be drawn of a checkpoint.
  const auto load = [&](const NamedSet& set, int draw, std::int64_t count) {
    return load_set(set, draw, set_options(o, count), overseer);
  };
  if (is_checkpoint(o.a) && !is_checkpoint(o.b)) {
    Dataset second = load(b, 1, o.count);
    return {load(a, 0, std::min(o.count, second.count)), std::move(second)};
  }
  Dataset first = load(a, 0, o.count);
  Dataset second = load(b, 1, std::min(o.count, first.count));
  return {std::move(first), std::move(second)};
}

void refuse_unfit(const Sets& sets, const TwoSampleOptions& o) {
  const auto& [a, b] = sets;
  for (const auto& [set, label, source] : {std::tuple{&a, "A", &o.a}, std::tuple{&b, "B", &o.b}})
    if (set->count < kFewestForTest)
      throw InputError(fmt::format("{} {}: {} images are too few to train on half and test on half; accepted are {}{}",
                                   label, *source, set->count, kFewestForTest,
                                   are_same_images(o.a, o.b) ? " in each half of the set" : ""));
  if (a.channels != b.channels)
    throw InputError(fmt::format("A {} is {}, B {} is {}; accepted is --channels 1 or 3, which makes them alike", o.a,
                                 a.channels == 1 ? "grey" : "colour", o.b, b.channels == 1 ? "grey" : "colour"));
}

TwoSampleSettings settings_of(const TwoSampleOptions& o, std::int64_t channels) {
  const TrainingOptions& t = o.training;
  return {.model = model_options(t, channels),
          .optimizer = {.learning_rate = t.d_lr},
          .most = o.count,
          .batch = t.batch,
          .iterations = t.iterations,
          .permutations = o.permutations,
          .seed = t.seed,
          .device = t.device,
          .threads = t.threads};
}

/// The binomial p-value's logarithm to base 10: finite where the p-value itself underflows.
double log10_binomial_p(const TwoSampleResult& r) {
  return log_binomial_upper_tail(r.correct, 2 * r.tested, 0.5) * std::numbers::log10e;
}

nlohmann::ordered_json as_json(const TwoSampleOptions& o, const TwoSampleResult& r, const Telling& telling) {
  const TrainingOptions& t = o.training;
  return {{"test", "two-sample"},
          {"a", o.a},
          {"b", o.b},
          {"classifier",
           {{"model", t.model},
            {"width", t.width},
            {"image", fmt::format("{}x{}", t.image_width, t.image_height)},
            {"iterations", t.iterations},
            {"batch", t.batch},
            {"learning_rate", t.d_lr}}},
          {"seed", t.seed},
          {"trained_on_each", r.trained},
          {"tested_on_each", r.tested},
          {"correct", r.correct},
          {"accuracy", r.accuracy},
          {"accuracy_interval_95", {r.interval.low, r.interval.high}},
          {"alpha", o.alpha},
          {"binomial", {{"p", r.binomial_p}, {"log10_p", log10_binomial_p(r)}, {"differs", r.binomial_p <= o.alpha}}},
          {"permutation",
           {{"p", r.permutation_p}, {"permutations", o.permutations}, {"differs", r.permutation_p <= o.alpha}}},
          {"telling", {{"a", telling.a}, {"b", telling.b}}}};
}

std::string verdict(const TwoSampleResult& r, double alpha) {
  const bool binomial = r.binomial_p <= alpha, permutation = r.permutation_p <= alpha;
  if (binomial && permutation) return "The sets differ: guessing would hardly do as well.";
  if (binomial || permutation)
    return fmt::format("The {} test finds a difference, the {} test does not: try more images, or another --seed.",
                       binomial ? "binomial" : "permutation", binomial ? "permutation" : "binomial");
  return "No difference was found: the classifier does no better than guessing. That is no proof that there is none: "
         "more\nimages, more --iterations or another --model may find it.";
}

std::string describe(const TwoSampleOptions& o, const TwoSampleResult& r) {
  return fmt::format(
      "A            {}{}\nB            {}{}\n"
      "trained on   {} images of each, tested on {} others of each\n"
      "accuracy     {:.4f} ({} of {} right; 95 % interval {:.4f} to {:.4f})\n"
      "binomial     p = {}: the chance of at least as many by guessing\n"
      "permutation  p = {:.3g}, by {} permutations\n"
      "{}\n{}\n",
      o.a, are_same_images(o.a, o.b) ? " (one half of it)" : "", o.b,
      are_same_images(o.a, o.b) ? " (the other half)" : "", r.trained, r.tested, r.accuracy, r.correct, 2 * r.tested,
      r.interval.low, r.interval.high,
      r.binomial_p > 0 ? fmt::format("{:.3g}", r.binomial_p) : fmt::format("1e{:.0f}", log10_binomial_p(r)),
      r.permutation_p, o.permutations, verdict(r, o.alpha), (o.out / "telling.png").string());
}

}  // namespace

std::string evaluate_two_sample(const TwoSampleOptions& o, Overseer& overseer) {
  constexpr std::int64_t kTelling = 32;
  const Sets sets = load_sets(o, overseer);
  refuse_unfit(sets, o);
  make_result_folder(o.out);
  const TwoSampleResult result =
      two_sample_test(sets.first, sets.second, settings_of(o, sets.first.channels), overseer);
  const Telling telling = most_telling(result, kTelling);
  write_png(o.out / "telling.png", telling_sheet(sets.first, sets.second, telling));
  write_result(o.out, as_json(o, result, telling));
  return describe(o, result);
}

}  // namespace gan
