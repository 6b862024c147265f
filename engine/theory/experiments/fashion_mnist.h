// Fashion-MNIST with its labels, for experiments that need to know what is to be seen.
#pragma once

#include <cstdint>
#include <vector>

#include "engine/data/dataset.h"

namespace gan::theory {

enum class FashionPart { Train, Test };

/// Images with what they show.
struct FashionMnist {
  Dataset images;                    ///< (N, 28, 28, 1)
  std::vector<std::uint8_t> labels;  ///< (N), 0 to 9
};
inline constexpr std::int64_t kFashionSide = 28;
inline constexpr std::uint8_t kTShirts = 0;  ///< the label of "T-shirt/top"

/// Whether Debian's package dataset-fashion-mnist is there, whole.
bool fashion_mnist_is_installed();

/// The 60,000 training or the 10,000 test images of that package. InputError for damaged files.
FashionMnist load_fashion_mnist(FashionPart part);

/// The images with that label.
Dataset of_class(const FashionMnist& set, std::uint8_t label);

}  // namespace gan::theory
