#include "engine/run/evolution.h"

#include <fmt/format.h>

#include <utility>

namespace gan {

namespace {

constexpr std::int64_t kFrameMilliseconds = 125;

}  // namespace

Evolution::Evolution(const std::filesystem::path& file, std::int64_t iteration,
                     std::function<void(const std::string&)> notice)
    : file_(file), notice_(std::move(notice)), animation_(file, iteration) {}

void Evolution::add(std::int64_t iteration, const Image& sheet) {
  const std::optional<std::int64_t> last = animation_.last_number();
  if (last && *last >= iteration) return;
  if (last && !animation_.accepts(sheet)) {
    const std::filesystem::path aside = file_.parent_path() / fmt::format("evolution-until-{}.webp", *last);
    animation_.move_to(aside);
    notice_(fmt::format("sample sheets have another size now: the evolution so far is {}", aside.string()));
  }
  if (!animation_.accepts(sheet))
    tell_once(fmt::format("sheets of {} x {} pixels are too large for {}: it is left out", sheet.width, sheet.height,
                          file_.string()));
  else if (!animation_.add(iteration, sheet, kFrameMilliseconds))
    tell_once(fmt::format("{} has reached 4 GB: it grows no more", file_.string()));
}

void Evolution::tell_once(const std::string& line) {
  if (!std::exchange(told_, true)) notice_(line);
}

}  // namespace gan
