#include "engine/report/instruction_timer.h"

#include <cstring>
#include <set>
#include <vector>

#include "tests/support/catch.h"

namespace gan {
namespace {

/// The CPU, as a device with a cache, that looks at what it is asked to run.
class WatchedBackend final : public Backend {
 public:
  WatchedBackend(std::size_t cache_bytes, std::size_t free_memory)
      : cache_bytes_(cache_bytes), free_memory_(free_memory) {}

  std::string description() const override { return cpu_->description(); }
  void* allocate(std::size_t bytes) override {
    allocated = std::max(allocated, bytes);
    return cpu_->allocate(bytes);
  }
  void release(void* memory) override { cpu_->release(memory); }
  std::size_t free_memory() const override { return free_memory_; }
  void zero(void* device, std::size_t bytes) override { cpu_->zero(device, bytes); }
  void upload(void* device, const void* host, std::size_t bytes) override { cpu_->upload(device, host, bytes); }
  void download(void* host, const void* device, std::size_t bytes) override { cpu_->download(host, device, bytes); }
  void run(const Instruction& bound) override {
    const auto& sum = std::get<Sum>(bound);
    places.insert(sum.x.data);
    in_place = in_place && sum.z.data == sum.x.data && sum.y.data != sum.x.data;
    first_y = sum.y.as<float>()[0];
    cpu_->run(bound);
  }
  void synchronize() override {}
  double seconds(const std::function<void()>& start) override { return start(), 1e-3; }
  std::size_t cache_bytes() const override { return cache_bytes_; }
  void begin_range(const char*) override {}
  void end_range() override {}

  std::set<const void*> places;
  std::size_t allocated = 0;
  bool in_place = true;
  float first_y = 0;

 private:
  std::unique_ptr<Backend> cpu_ = make_cpu_backend(1);
  std::size_t cache_bytes_, free_memory_;
};

/// x += y over 1024 floats each: 8 KiB of operands.
struct Operands {
  std::vector<float> x = std::vector<float>(1024, 1), y = std::vector<float>(1024, 2);

  Instruction sum() {
    Tensor x_tensor{.shape = {1024}}, y_tensor{.shape = {1024}};
    x_tensor.data = x.data();
    y_tensor.data = y.data();
    return Sum{.x = x_tensor, .y = y_tensor, .z = x_tensor};
  }
};

constexpr std::size_t kOperandBytes = 8192, kPlenty = std::size_t{1} << 30;

TEST_CASE("Timing an instruction leaves its operands as they are and repeats it on copies of them") {
  WatchedBackend backend(0, kPlenty);
  Operands operands;
  // The clock above says 1 ms for however many runs.
  CHECK(InstructionTimer(backend).seconds(operands.sum(), 2) == 1e-3);
  CHECK(operands.x == std::vector<float>(1024, 1));
  CHECK(backend.places.size() == 1);
  CHECK(backend.places.count(operands.x.data()) == 0);
  CHECK(backend.in_place);
  CHECK(backend.first_y == 2);
}

TEST_CASE("Timing an instruction goes round through twice the device's cache, within its memory") {
  Operands operands;
  WatchedBackend cached(10 * kOperandBytes, kPlenty);
  CHECK(InstructionTimer(cached).seconds(operands.sum(), 1) == 1e-3 / 21);
  CHECK(cached.places.size() == 21);
  WatchedBackend large_cache(1000 * kOperandBytes, kPlenty);
  InstructionTimer(large_cache).seconds(operands.sum(), 1);
  CHECK(large_cache.places.size() == InstructionTimer::kMostCopies);
  WatchedBackend small_memory(1000 * kOperandBytes, 6 * kOperandBytes);
  InstructionTimer(small_memory).seconds(operands.sum(), 1);
  CHECK(small_memory.allocated == 3 * kOperandBytes);
}

TEST_CASE("Devices say how long something took", "[cpu]") {
  for (auto make : {+[] { return make_cpu_backend(1); }, +[] { return make_cuda_backend(); }}) {
    const std::unique_ptr<Backend> backend = make();
    int started = 0;
    CHECK(backend->seconds([&] { ++started; }) >= 0);
    CHECK(started == 1);
  }
}

}  // namespace
}  // namespace gan
