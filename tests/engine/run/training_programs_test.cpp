// What connects the table of settings with the catalogues, and a run's memory with its device.
#include "engine/run/training_programs.h"

#include "engine/settings/training_settings.h"
#include "kernels/core/contract/error.h"
#include "tests/support/catch.h"

using namespace gan;

namespace {

std::vector<std::string> choices_of(const std::string& name) {
  TrainingOptions options;
  for (const Setting& setting : training_settings(options))
    if (setting.name == name) return std::get<Choices>(setting.accepted).names;
  return {};
}

/// A device with memory for one allocation only, which counts what is not given back.
class ForgetfulBackend final : public Backend {
 public:
  explicit ForgetfulBackend(int& held) : held_(held), cpu_(make_cpu_backend(1)) {}

  std::string description() const override { return "a device with room for one"; }
  void* allocate(std::size_t bytes) override {
    if (held_ == 1) throw MachineError("there is room for one allocation");
    ++held_;
    return cpu_->allocate(bytes);
  }
  void release(void* memory) override {
    if (memory != nullptr) --held_;
    cpu_->release(memory);
  }
  std::size_t free_memory() const override { return cpu_->free_memory(); }
  void zero(void* device, std::size_t bytes) override { cpu_->zero(device, bytes); }
  void upload(void* device, const void* host, std::size_t bytes) override { cpu_->upload(device, host, bytes); }
  void download(void* host, const void* device, std::size_t bytes) override { cpu_->download(host, device, bytes); }
  void run(const Instruction& bound) override { cpu_->run(bound); }
  void synchronize() override {}
  double seconds(const std::function<void()>& start) override { return cpu_->seconds(start); }
  std::size_t cache_bytes() const override { return cpu_->cache_bytes(); }
  void begin_range(const char*) override {}
  void end_range() override {}

 private:
  int& held_;
  std::unique_ptr<Backend> cpu_;
};

}  // namespace

TEST_CASE("the choices of the settings are those of the catalogues", "[training_programs]") {
  CHECK(choices_of("model") == model_names());
  CHECK(choices_of("objective") == objective_names());
  CHECK(choices_of("optimizer") == optimizer_names());
  CHECK(choices_of("lr-schedule") == learning_rate_schedule_names());
}

TEST_CASE("a second allocation that fails gives the first one back", "[training_programs]") {
  StorageTable table;
  table.add({.name = "state", .shape = {16}});
  int held = 0;
  CHECK_THROWS_AS(Runtime(std::make_unique<ForgetfulBackend>(held), PlannedPrograms(table, {})), MachineError);
  CHECK(held == 0);
}
