#include "tests/support/instruction_test.h"

#include <algorithm>

namespace gan::test {

namespace {

constexpr std::size_t kGuardBytes = 1024;
constexpr std::byte kInputGuard{0xd5}, kOutputGuard{0x3a};  // so that copying too far shows

/// The value of element i as a double (exact for every type but huge U64).
double value_at(const Tensor& tensor, std::int64_t i) {
  switch (tensor.dtype) {
    case DType::F32: return tensor.as<float>()[i];
    case DType::F64: return tensor.as<double>()[i];
    case DType::U8: return tensor.as<std::uint8_t>()[i];
    case DType::I32: return tensor.as<std::int32_t>()[i];
    case DType::U64: return static_cast<double>(tensor.as<std::uint64_t>()[i]);
  }
  return std::numeric_limits<double>::quiet_NaN();
}

bool is_real(DType type) { return type == DType::F32 || type == DType::F64; }

}  // namespace

Tensor Operands::raw(const Shape& shape, DType dtype) {
  Tensor tensor{.shape = shape, .dtype = dtype};
  memory_.emplace_back(std::max<std::size_t>(tensor.bytes(), 1), std::byte{0xff});
  tensor.data = memory_.back().data();
  return tensor;
}

Tensor Operands::result(const Shape& shape) { return raw(shape, DType::F32); }

Tensor Operands::integers(const Shape& shape, unsigned seed, int magnitude) {
  const Tensor tensor = raw(shape, DType::F32);
  std::mt19937 random(seed);
  std::uniform_int_distribution<int> distribution(-magnitude, magnitude);
  for (std::int64_t i = 0; i < tensor.count(); ++i) tensor.as<float>()[i] = static_cast<float>(distribution(random));
  return tensor;
}

Tensor Operands::uniform(const Shape& shape, unsigned seed, float low, float high) {
  const Tensor tensor = raw(shape, DType::F32);
  std::mt19937 random(seed);
  std::uniform_real_distribution<float> distribution(low, high);
  for (std::int64_t i = 0; i < tensor.count(); ++i) tensor.as<float>()[i] = distribution(random);
  return tensor;
}

Tensor Operands::constant(const Shape& shape, float value) {
  const Tensor tensor = raw(shape, DType::F32);
  std::fill_n(tensor.as<float>(), tensor.count(), value);
  return tensor;
}

Tensor Operands::values(const Shape& shape, const std::vector<float>& content) {
  REQUIRE(static_cast<std::int64_t>(content.size()) == shape.count());
  const Tensor tensor = raw(shape, DType::F32);
  std::copy(content.begin(), content.end(), tensor.as<float>());
  return tensor;
}

Tensor Operands::bytes(const Shape& shape, unsigned seed) {
  const Tensor tensor = raw(shape, DType::U8);
  std::mt19937 random(seed);
  for (std::int64_t i = 0; i < tensor.count(); ++i) tensor.as<std::uint8_t>()[i] = static_cast<std::uint8_t>(random());
  return tensor;
}

Tensor Operands::indices(const std::vector<std::int32_t>& content) {
  const Tensor tensor = raw({static_cast<std::int64_t>(content.size())}, DType::I32);
  std::copy(content.begin(), content.end(), tensor.as<std::int32_t>());
  return tensor;
}

Tensor Operands::counter(std::uint64_t value) {
  const Tensor tensor = raw({}, DType::U64);
  *tensor.as<std::uint64_t>() = value;
  return tensor;
}

Tolerance rounding_of_sum(std::int64_t terms, double magnitude) {
  constexpr double kHalfEpsilon = 0.5 * std::numeric_limits<float>::epsilon();
  const double n = static_cast<double>(std::max<std::int64_t>(terms, 1));
  return {.absolute = 8 * kHalfEpsilon * magnitude * magnitude / 3 * n / std::sqrt(2.0), .relative = 8 * kHalfEpsilon};
}

void expect_close(const std::string& what, const Tensor& got, const Tensor& want, Tolerance tolerance) {
  INFO(what << " " << to_string(got.shape));
  REQUIRE(got.shape == want.shape);
  std::int64_t wrong = 0, first = -1, worst = -1;
  double worst_error = -1;
  for (std::int64_t i = 0; i < got.count(); ++i) {
    const double g = value_at(got, i), w = value_at(want, i);
    const bool equal_integers = !is_real(got.dtype) && g == w;
    const bool close = std::abs(g - w) <= tolerance.absolute + tolerance.relative * std::abs(w);
    if (equal_integers || (is_real(got.dtype) && close)) continue;
    if (wrong++ == 0) first = i;
    const double error = std::isnan(g - w) ? std::numeric_limits<double>::infinity() : std::abs(g - w);
    if (error > worst_error) {
      worst_error = error;
      worst = i;
    }
  }
  if (wrong == 0) return;
  FAIL(fmt::format("{} of {} elements differ; [{}] got {} want {}; worst [{}] got {} want {}; allowed {} + {} |want|",
                   wrong, got.count(), first, value_at(got, first), value_at(want, first), worst, value_at(got, worst),
                   value_at(want, worst), tolerance.absolute, tolerance.relative));
}

CudaDevice& cuda_device() {
  static CudaDevice device;
  return device;
}

namespace detail {

Tensor GuardedUpload::upload(const Tensor& host, Access access, std::size_t displacement) {
  const std::size_t bytes = host.bytes(), before = kGuardBytes + displacement;
  const std::byte guard = access == Access::Read ? kInputGuard : kOutputGuard;
  std::vector<std::byte> image(before + bytes + kGuardBytes, guard);
  const bool poison = access == Access::Write || access == Access::Scratch;
  if (bytes > 0) {
    if (poison) std::memset(image.data() + before, 0xff, bytes);
    else std::memcpy(image.data() + before, host.data, bytes);
  }
  auto* const base = static_cast<std::byte*>(cuda_device().allocate(image.size()));
  allocations_[base + before] = {.base = base, .before = before, .guard = guard};
  cuda_device().copy_to_device(base, image.data(), image.size());
  Tensor device = host;
  device.data = base + before;
  return device;
}

Tensor GuardedUpload::download(const char* name, const Tensor& device, std::list<std::vector<std::byte>>& memory) {
  const Allocation& allocation = allocations_.at(device.data);
  const std::size_t bytes = device.bytes();
  std::vector<std::byte> image(allocation.before + bytes + kGuardBytes);
  cuda_device().copy_to_host(image.data(), allocation.base, image.size());
  INFO("operand " << name << " " << to_string(device.shape));
  const auto untouched = [&](std::span<const std::byte> zone) {
    return std::all_of(zone.begin(), zone.end(), [&](std::byte b) { return b == allocation.guard; });
  };
  CHECK(untouched(std::span(image).first(allocation.before)));
  CHECK(untouched(std::span(image).last(kGuardBytes)));
  const auto content = image.begin() + static_cast<std::ptrdiff_t>(allocation.before);
  memory.emplace_back(content, content + static_cast<std::ptrdiff_t>(bytes));
  Tensor host = device;
  host.data = memory.back().data();
  return host;
}

GuardedUpload::~GuardedUpload() {
  for (const auto& [content, allocation] : allocations_) cuda_device().release(allocation.base);
}

}  // namespace detail

double dot(const Tensor& a, const Tensor& b) {
  double sum = 0;
  for (std::int64_t i = 0; i < a.count(); ++i)
    sum += static_cast<double>(a.as<float>()[i]) * static_cast<double>(b.as<float>()[i]);
  return sum;
}

void expect_gradient(const std::string& what, const std::function<double(const std::vector<double>&)>& scalar,
                     const std::vector<double>& at, const std::vector<double>& gradient, double tolerance) {
  REQUIRE(at.size() == gradient.size());
  const double step = std::cbrt(std::numeric_limits<double>::epsilon());
  std::vector<double> moved = at;
  for (std::size_t i = 0; i < at.size(); ++i) {
    moved[i] = at[i] + step;
    const double above = scalar(moved);
    moved[i] = at[i] - step;
    const double below = scalar(moved);
    moved[i] = at[i];
    const double difference = (above - below) / (2 * step);
    INFO(what << " [" << i << "]: gradient " << gradient[i] << ", central difference " << difference);
    REQUIRE(std::abs(gradient[i] - difference) <= tolerance * (1 + std::abs(difference)));
  }
}

}  // namespace gan::test
