#include "engine/evaluation/two_sample.h"

#include <algorithm>
#include <cmath>

#include "engine/algorithm/discriminate.h"
#include "engine/device/runtime.h"
#include "engine/evaluation/permutation.h"
#include "engine/evaluation/shuffle.h"
#include "kernels/core/contract/error.h"

namespace gan {

namespace {

constexpr double kConfidence = 0.95;
constexpr std::uint32_t kOrderOfA = 2, kOrderOfB = 3;  // uses of random sequences

/// A set's part in the test: a random choice of its images, of which the first are trained on and the others held out.
struct Share {
  Tensor data;                     ///< (count, H, W, C), of the run
  std::vector<std::int64_t> rows;  ///< of the set
};

class Test {
 public:
  Test(const Dataset& a, const Dataset& b, const TwoSampleSettings& settings);

  TwoSampleResult execute(Overseer& overseer);

 private:
  Share share_of(const Dataset& set, const char* name, std::uint32_t use);
  std::vector<Program> programs() const;
  void upload(const Dataset& set, const Share& share);
  void train(Overseer& overseer);
  HeldOut judge(const Share& share, Runtime::ProgramId first) const;

  const TwoSampleSettings& settings_;
  const Dataset &set_a_, &set_b_;
  std::int64_t count_, trained_;  ///< of each set
  StorageTable table_;
  Players players_;
  Share a_, b_;
  std::unique_ptr<Runtime> runtime_;
};

enum : Runtime::ProgramId { kInitialize, kTrain, kJudge };

/// Images that one program judges.
constexpr std::int64_t kJudgedAtOnce = 250;

Test::Test(const Dataset& a, const Dataset& b, const TwoSampleSettings& settings)
    : settings_(settings),
      set_a_(a),
      set_b_(b),
      count_(std::min({a.count, b.count, settings.most})),
      trained_(count_ / 2),
      players_({.model = settings.model,
                .average = false,
                .g_optimizer = settings.optimizer,
                .d_optimizer = settings.optimizer},
               table_),
      a_(share_of(a, "A", kOrderOfA)),
      b_(share_of(b, "B", kOrderOfB)) {
  runtime_ =
      std::make_unique<Runtime>(open_device(settings.device, settings.threads), PlannedPrograms(table_, programs()));
}

Share Test::share_of(const Dataset& set, const char* name, std::uint32_t use) {
  Share share;
  share.data = table_.add({.name = name, .shape = settings_.model.image.batch(count_), .dtype = set.dtype});
  share.rows = random_order(set.count, settings_.seed, use);
  share.rows.resize(static_cast<std::size_t>(count_));
  return share;
}

std::vector<Program> Test::programs() const {
  const auto objective = make_objective({.name = "non-saturating"});
  std::vector<Program> all;
  all.push_back(initialization(players_, settings_.seed));
  all.push_back(discrimination(players_, a_.data.rows(0, trained_), b_.data.rows(0, trained_), *objective,
                               {.batch = settings_.batch, .seed = settings_.seed}));
  for (const Share* share : {&a_, &b_})
    for (std::int64_t first = trained_; first < count_; first += kJudgedAtOnce)
      all.push_back(verdicts(players_, share->data, first, std::min(kJudgedAtOnce, count_ - first)));
  return all;
}

void Test::upload(const Dataset& set, const Share& share) {
  std::vector<std::uint8_t> pixels;
  pixels.reserve(share.data.bytes());
  for (const std::int64_t row : share.rows) {
    const auto first = set.pixels.begin() + row * set.image_bytes();
    pixels.insert(pixels.end(), first, first + set.image_bytes());
  }
  runtime_->upload(share.data, pixels.data());
}

void Test::train(Overseer& overseer) {
  runtime_->run(kInitialize);
  overseer.begin("training the classifier", settings_.iterations);
  for (std::int64_t i = 0; i < settings_.iterations; ++i) {
    runtime_->run(kTrain);
    overseer.advance(1);
  }
  if (runtime_->read<std::uint64_t>(players_.counters.fault)[0] != 0)
    throw DivergedError(fmt::format("the classifier diverged at iteration {}; try a smaller learning rate",
                                    runtime_->read<std::uint64_t>(players_.counters.fault)[0]));
}

HeldOut Test::judge(const Share& share, Runtime::ProgramId first) const {
  HeldOut held_out;
  held_out.rows.assign(share.rows.begin() + trained_, share.rows.end());
  for (Runtime::ProgramId id = first; held_out.logits.size() < held_out.rows.size(); ++id) {
    runtime_->run(id);
    const std::vector<float> logits = runtime_->read<float>(runtime_->program(id).output("logits"));
    held_out.logits.insert(held_out.logits.end(), logits.begin(), logits.end());
  }
  if (!std::all_of(held_out.logits.begin(), held_out.logits.end(), [](float logit) { return std::isfinite(logit); }))
    throw DivergedError("the classifier's verdicts are not finite; try a smaller learning rate");
  return held_out;
}

TwoSampleResult Test::execute(Overseer& overseer) {
  upload(set_a_, a_);
  upload(set_b_, b_);
  train(overseer);
  TwoSampleResult result{.trained = trained_, .tested = count_ - trained_};
  const std::int64_t programs_a_set = (result.tested + kJudgedAtOnce - 1) / kJudgedAtOnce;
  result.a = judge(a_, kJudge);
  result.b = judge(b_, kJudge + static_cast<Runtime::ProgramId>(programs_a_set));

  const auto says_a = [](float logit) { return logit > 0; };
  result.correct = std::count_if(result.a.logits.begin(), result.a.logits.end(), says_a) + result.tested -
                   std::count_if(result.b.logits.begin(), result.b.logits.end(), says_a);
  const std::int64_t verdicts = 2 * result.tested;
  result.accuracy = static_cast<double>(result.correct) / static_cast<double>(verdicts);
  result.interval = clopper_pearson(result.correct, verdicts, kConfidence);
  result.binomial_p = binomial_upper_tail(result.correct, verdicts, 0.5);
  result.permutation_p = permutation_p_value(result.a.logits, result.b.logits, settings_.permutations, settings_.seed);
  return result;
}

void require_comparable(const Dataset& set, const TwoSampleSettings& settings) {
  const FeatureShape& image = settings.model.image;
  require(set.count >= kFewestForTest && set.height == image.height && set.width == image.width &&
              set.channels == image.channels,
          "a two-sample test with {} images of {} x {} x {}", set.count, set.height, set.width, set.channels);
}

}  // namespace

TwoSampleResult two_sample_test(const Dataset& a, const Dataset& b, const TwoSampleSettings& settings,
                                Overseer& overseer) {
  require_comparable(a, settings);
  require_comparable(b, settings);
  return Test(a, b, settings).execute(overseer);
}

}  // namespace gan
