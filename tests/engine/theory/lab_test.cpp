// The bench: what it reads off networks is what the networks do.
#include "engine/theory/lab.h"

#include <catch2/catch.hpp>
#include <cmath>

#include "engine/theory/in_parallel.h"
#include "kernels/core/contract/error.h"

using namespace gan;
using namespace gan::theory;

namespace {

/// Points on a short stretch of the line, in order.
Dataset ramp(std::int64_t count) {
  Numbers points;
  for (std::int64_t i = 0; i < count; ++i) points.push_back(static_cast<float>(i) / static_cast<float>(count));
  return dataset_of_points(points, 1);
}

LabOptions small(std::uint64_t seed) { return {.iteration = {.batch = 16, .seed = seed}}; }

}  // namespace

TEST_CASE("judging takes any number of points, and each by itself", "[lab]") {
  Lab lab(small(1), point_networks({}), ramp(64));
  Numbers points;
  for (int i = 0; i < Lab::kQuery + 7; ++i) points.push_back(static_cast<float>(i) * 0.01f - 2);
  const Numbers all = lab.judge(points);
  REQUIRE(all.size() == points.size());
  for (const std::size_t i : {std::size_t{0}, std::size_t{Lab::kQuery - 1}, std::size_t{Lab::kQuery + 6}})
    CHECK(lab.judge({points[i]}) == Numbers{all[i]});
}

TEST_CASE("gradients of images are slopes of the logits", "[lab]") {
  Lab lab(small(2), point_networks({.dimension = 2}), dataset_of_points(Numbers(64, 0.5f), 2));
  const Numbers at = {0.3f, -0.7f};
  const Numbers gradient = lab.image_gradients(at);
  constexpr float kStep = 1e-2f;  // a net of straight pieces: exact but for rounding, unless a kink lies between
  for (std::size_t axis = 0; axis < 2; ++axis) {
    Numbers up = at, down = at;
    up[axis] += kStep;
    down[axis] -= kStep;
    const float slope = (lab.judge(up)[0] - lab.judge(down)[0]) / (2 * kStep);
    CHECK(gradient[axis] == Approx(slope).margin(2e-2));
  }
}

TEST_CASE("the generator's gradient is that of its loss", "[lab]") {
  // Both losses are functions of the same logits s: their gradients are -sigmoid(s) and -(1 - sigmoid(s)) times that of s,
  // so that with D near 1/2 they are near each other, and after D has learned to refuse they are not.
  Lab lab(small(3), point_networks({}), ramp(256), dataset_of_points(Numbers(256, 5.0f), 1));
  const auto norm = [](const Numbers& g) {
    double sum = 0;
    for (const float v : g) sum += double{v} * v;
    return std::sqrt(sum);
  };
  const double before = norm(lab.generator_gradient("minimax", 1)) / norm(lab.generator_gradient("non-saturating", 1));
  CHECK(before == Approx(1).margin(0.3));
  CHECK(lab.generator_gradient("minimax", 1) == lab.generator_gradient("minimax", 1));
  CHECK(lab.generator_gradient("minimax", 1) != lab.generator_gradient("minimax", 2));
}

TEST_CASE("D alone learns to tell the two data sets, and G stays as it is", "[lab]") {
  Lab lab(small(4), point_networks({}), ramp(256), dataset_of_points(Numbers(256, 3.0f), 1));
  const Numbers made = lab.draw(8, 5);
  lab.train_discriminator(300);
  CHECK(lab.draw(8, 5) == made);
  CHECK(lab.judge({0.5f})[0] > 1);
  CHECK(lab.judge({3.0f})[0] < -1);
}

TEST_CASE("imitating the generator fills the second data set with its points", "[lab]") {
  Lab lab(small(5), point_networks({}), ramp(256), dataset_of_points(Numbers(256, 50.0f), 1));
  lab.imitate_generator(9);
  lab.train_discriminator(300);
  CHECK(lab.judge({lab.draw(1, 9)[0]})[0] < 0);  // it has met the generator's points, near the origin
  Lab without(small(5), point_networks({}), ramp(64));
  CHECK_THROWS_AS(without.train_discriminator(1), Error);
  CHECK_THROWS_AS(without.imitate_generator(1), Error);
}

TEST_CASE("a lab repeats itself, seed by seed", "[lab]") {
  const auto end = [](std::uint64_t seed) {
    Lab lab(small(seed), point_networks({}), ramp(64));
    lab.train(20);
    return lab.draw(4, 1);
  };
  CHECK(end(1) == end(1));
  CHECK(end(1) != end(2));
}

TEST_CASE("signals are the gradients of every layer's output", "[lab]") {
  Lab lab(small(6), point_networks({.d_hidden = {8, 8}}), ramp(64));
  // Nodes of D: reshape, linear, ReLU, linear, ReLU, linear; the last one's own gradient is 1 for each of N points.
  const std::vector<double> norms = lab.signal_norms({0.1f, 0.2f, 0.3f, 0.4f});
  REQUIRE(norms.size() == 6);
  CHECK(norms.back() == Approx(std::sqrt(4.0) / 4).epsilon(1e-6));
}

TEST_CASE("pieces in parallel are all done, in order, and errors come through", "[in_parallel]") {
  const std::vector<int> squares = all_of(20, [](std::size_t i) { return static_cast<int>(i * i); });
  for (std::size_t i = 0; i < 20; ++i) CHECK(squares[i] == static_cast<int>(i * i));
  CHECK_THROWS_AS(in_parallel(8, [](std::size_t i) { require(i != 3, "the third"); }), Error);
}
