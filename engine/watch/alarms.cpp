#include "engine/watch/alarms.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <span>

namespace gan {

namespace {

/// Looks before a run counts as under way: what has not come by then may not come.
constexpr std::size_t kFirstLooks = 5;
/// Generated images that differ from each other this much less than real ones are few images over and over.
constexpr double kFewImages = 0.3;
/// A discriminator that is this sure of both kinds has won; its cross-entropy gradients are a hundredth of what they were.
constexpr double kSure = 0.99;
/// The generator's gradient, against the median of the looks before.
constexpr double kVanished = 1e-3, kExploded = 1e3;
/// Gulrajani et al. 2017, figure 1b: nearly all clipped weights end at the two bounds.
constexpr double kPiledUp = 0.8;
/// The part of the critic's gap that it owes to knowing its training images by heart.
constexpr double kByHeart = 0.5;
/// What chance alone does not do: four standard errors, once in 30,000 looks.
constexpr double kStandardErrors = 4;

double diversity_ratio(const Measures& m) { return m.real_diversity > 0 ? m.diversity / m.real_diversity : 1; }

double median_gradient(std::span<const Measures> looks) {
  std::vector<double> values;
  values.reserve(looks.size());
  for (const Measures& m : looks) values.push_back(m.generator_gradient);
  return median(std::move(values));
}

/// Untrained generators, too, draw one grey image: it is an alarm where it had been better, or has been so for long.
bool is_collapsed(std::span<const Measures> before, const Measures& now) {
  const bool was_diverse =
      std::any_of(before.begin(), before.end(), [](const Measures& m) { return diversity_ratio(m) >= 2 * kFewImages; });
  return diversity_ratio(now) < kFewImages && (was_diverse || before.size() >= kFirstLooks);
}

}  // namespace

/// When an alarm sounds, and what it says. `before`: all earlier looks.
struct Alarms::Rule {
  std::function<bool(const AlarmOptions&, std::span<const Measures> before, const Measures& now)> holds;
  std::function<std::string(const Measures&)> sentence;
};

const std::vector<Alarms::Rule>& Alarms::rules() {
  using Looks = std::span<const Measures>;
  static const std::vector<Rule> kRules = {
      {[](const AlarmOptions&, Looks before, const Measures& now) { return is_collapsed(before, now); },
       [](const Measures& now) {
         return fmt::format(
             "mode collapse: generated images differ from each other by {:.0f} % of what real ones do; try --objective "
             "relativistic with --r1 and --r2, --objective wgan-gp, or a smaller --g-lr",
             100 * diversity_ratio(now));
       }},
      {[](const AlarmOptions& options, Looks, const Measures& now) {
         return options.has_probabilities && now.probability_of_training > kSure &&
                now.probability_of_generated < 1 - kSure;
       },
       [](const Measures& now) {
         return fmt::format(
             "the discriminator is saturated: D(x) {:.3f}, D(G(z)) {:.3f} leave the generator little to learn from; "
             "try "
             "--r1, --label-smoothing 0.1, or a smaller --d-lr",
             now.probability_of_training, now.probability_of_generated);
       }},
      {[](const AlarmOptions&, Looks before, const Measures& now) {
         return before.size() >= 2 && now.generator_gradient < kVanished * median_gradient(before);
       },
       [](const Measures& now) {
         return fmt::format(
             "the generator's gradient has vanished: its norm is {:.1e}; try --objective non-saturating instead of "
             "minimax, or --objective wgan-gp",
             now.generator_gradient);
       }},
      {[](const AlarmOptions&, Looks before, const Measures& now) {
         return before.size() >= 2 && now.generator_gradient > kExploded * median_gradient(before);
       },
       [](const Measures& now) {
         return fmt::format(
             "the generator's gradient has exploded: its norm is {:.1e}; try a smaller --lr, --r1, or a gradient "
             "penalty",
             now.generator_gradient);
       }},
      {[](const AlarmOptions& options, Looks, const Measures& now) {
         return options.weight_clip > 0 && now.clipped_share.value_or(0) > kPiledUp;
       },
       [](const Measures& now) {
         return fmt::format(
             "{:.0f} % of the critic's weights have piled up at the bounds of --clip, which makes it a simple "
             "function; "
             "try --objective wgan-gp, or another --clip",
             100 * now.clipped_share.value_or(0));
       }},
      {[](const AlarmOptions&, Looks before, const Measures& now) {
         return before.size() >= kFirstLooks && now.gap() > 0 && now.memorised() > kByHeart * now.gap() &&
                now.memorised() > kStandardErrors * now.memorised_error;
       },
       [](const Measures& now) {
         return fmt::format(
             "the discriminator knows its training images by heart: it rates held-out ones {:.3g} lower, of a gap of "
             "{:.3g} to generated ones; try more images, --flip, --r1, or a smaller discriminator",
             now.memorised(), now.gap());
       }},
  };
  return kRules;
}

std::vector<std::string> Alarms::look(const Measures& now) {
  held_.resize(rules().size());
  std::vector<std::string> sentences;
  for (std::size_t i = 0; i < rules().size(); ++i) {
    const Rule& rule = rules()[i];
    held_[i] = rule.holds(options_, looks_, now) ? held_[i] + 1 : 0;
    if (held_[i] == kLooksInARow) sentences.push_back(rule.sentence(now));
  }
  looks_.push_back(now);
  return sentences;
}

}  // namespace gan
