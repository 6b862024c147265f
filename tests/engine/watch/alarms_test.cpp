// Each alarm, planted: it sounds for its own trouble and for nothing else, and a healthy run is left in peace.
#include "engine/watch/alarms.h"

#include <functional>

#include "tests/support/catch.h"

using namespace gan;

namespace {

/// A look at a run that goes well.
Measures healthy() {
  return {.on_training = 1,
          .on_generated = -1,
          .on_held_out = 0.9,
          .probability_of_training = 0.7,
          .probability_of_generated = 0.3,
          .gradient_norm = 1,
          .gradient_norm_spread = 0.3,
          .diversity = 0.6,
          .real_diversity = 0.7,
          .generator_gradient = 0.5,
          .clipped_share = 0.4};
}

constexpr AlarmOptions kOptions{.has_probabilities = true, .weight_clip = 0.01};
constexpr int kUnderWay = 6;

Alarms under_way(const AlarmOptions& options = kOptions) {
  Alarms alarms(options);
  for (int i = 0; i < kUnderWay; ++i) REQUIRE(alarms.look(healthy()).empty());
  return alarms;
}

/// What is said when `spoil` has been done to so many looks in a row as an alarm needs.
std::string heard(const std::function<void(Measures&)>& spoil, const AlarmOptions& options = kOptions) {
  Alarms alarms = under_way(options);
  Measures spoiled = healthy();
  spoil(spoiled);
  for (int i = 1; i < Alarms::kLooksInARow; ++i) REQUIRE(alarms.look(spoiled).empty());
  const std::vector<std::string> sentences = alarms.look(spoiled);
  REQUIRE(sentences.size() <= 1);
  CHECK(alarms.look(spoiled).empty());  // said once
  return sentences.empty() ? "" : sentences[0];
}

bool begins(const std::string& text, const std::string& with) { return text.compare(0, with.size(), with) == 0; }

}  // namespace

TEST_CASE("every trouble has its alarm", "[alarms]") {
  CHECK(begins(heard([](Measures& m) { m.diversity = 0.05; }), "mode collapse: "));
  CHECK(begins(heard([](Measures& m) { m.probability_of_training = 0.999, m.probability_of_generated = 0.001; }),
               "the discriminator is saturated: "));
  CHECK(begins(heard([](Measures& m) { m.generator_gradient = 1e-5; }), "the generator's gradient has vanished: "));
  CHECK(begins(heard([](Measures& m) { m.generator_gradient = 1e4; }), "the generator's gradient has exploded: "));
  CHECK(begins(heard([](Measures& m) { m.clipped_share = 0.95; }), "95 % of the critic's weights have piled up"));
  CHECK(
      begins(heard([](Measures& m) { m.on_held_out = -0.5; }), "the discriminator knows its training images by heart"));
}

TEST_CASE("alarms keep quiet where they mean nothing", "[alarms]") {
  CHECK(heard([](Measures& m) { m.probability_of_training = 0.999, m.probability_of_generated = 0.001; },
              {.has_probabilities = false})
            .empty());
  CHECK(heard([](Measures& m) { m.clipped_share = 0.95; }, {.weight_clip = 0}).empty());
  CHECK(heard([](Measures& m) { m.on_held_out = -0.5, m.memorised_error = 0.5; }).empty());  // may be chance
  CHECK(heard([](Measures& m) { m.clipped_share.reset(), m.on_held_out.reset(); }).empty());
}

TEST_CASE("one bad look is no alarm, and an alarm that has gone may come back", "[alarms]") {
  Alarms alarms = under_way();
  Measures collapsed = healthy();
  collapsed.diversity = 0.01;
  CHECK(alarms.look(collapsed).empty());
  CHECK(alarms.look(healthy()).empty());
  CHECK(alarms.look(collapsed).empty());
  CHECK(alarms.look(collapsed).size() == 1);
  CHECK(alarms.look(healthy()).empty());
  CHECK(alarms.look(collapsed).empty());
  CHECK(alarms.look(collapsed).size() == 1);
}

TEST_CASE("an untrained generator draws one grey image, and has some looks to learn better", "[alarms]") {
  Alarms alarms(kOptions);
  Measures grey = healthy();
  grey.diversity = 0.02;
  for (int i = 0; i < 4; ++i) CHECK(alarms.look(grey).empty());
  for (int i = 0; i < 4; ++i) CHECK(alarms.look(healthy()).empty());

  Alarms for_ever(kOptions);
  int heard = 0;
  for (int i = 0; i < 10; ++i) heard += static_cast<int>(for_ever.look(grey).size());
  CHECK(heard == 1);
}
