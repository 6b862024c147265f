// config.toml: whatever the bytes, settings or an error; and what was read survives being written and read again.
#include <string_view>

#include "engine/settings/config.h"
#include "tests/fuzz/fuzz_target.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace gan;
  fuzz::refuse_or_accept([&] {
    TrainingOptions options;
    apply_toml_text({reinterpret_cast<const char*>(data), size}, "input", options);
    const std::string written = to_toml(options);
    TrainingOptions again;
    apply_toml_text(written, "written", again);
    fuzz::expect(to_toml(again) == written, "a written config reads back as itself");
  });
  return 0;
}
