#include "engine/evaluation/evaluation_options.h"

#include <charconv>
#include <cmath>
#include <string_view>

#include "kernels/core/contract/error.h"

namespace gan {

namespace {

constexpr double kSmallestSigma = 1e-6, kLargestSigma = 1e6;

double parse_sigma(std::string_view text) {
  double sigma = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), sigma);
  if (error != std::errc() || end != text.data() + text.size() || !(sigma >= kSmallestSigma && sigma <= kLargestSigma))
    throw InputError(fmt::format("--sigmas: '{}' is no sigma; accepted are numbers of {} to {} with commas between",
                                 text.substr(0, 40), kSmallestSigma, kLargestSigma));
  return sigma;
}

}  // namespace

TwoSampleOptions::TwoSampleOptions() {
  training.model = "dcgan";
  training.norm = "none";  // each image's verdict is its own: the test counts on that
  training.width = 32;
  training.iterations = 1000;
}

ParzenOptions::ParzenOptions() { training.image_height = training.image_width = 28; }

std::vector<double> standard_sigmas() {
  constexpr int kCount = 10;
  std::vector<double> sigmas;
  sigmas.reserve(kCount);
  for (int i = 0; i < kCount; ++i) sigmas.push_back(std::pow(10.0, -1 + i / (kCount - 1.0)));
  return sigmas;
}

std::vector<double> sigmas_of(const ParzenOptions& options) {
  if (options.sigmas.empty()) return standard_sigmas();
  std::vector<double> sigmas;
  const std::string_view text = options.sigmas;
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t end = std::min(text.find(',', begin), text.size());
    sigmas.push_back(parse_sigma(text.substr(begin, end - begin)));
    begin = end + 1;
  }
  return sigmas;
}

}  // namespace gan
