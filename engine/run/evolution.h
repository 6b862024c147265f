// evolution.webp of a run: how the images of the same latents change while it trains.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>

#include "engine/files/growing_webp.h"

namespace gan {

/// The animation of a run's due sample sheets, one frame each. It grows with every sheet, so a crash costs nothing, and
/// holds those of `sample-every` alone (a sheet that an interruption or the end adds is no part of it): a run that was
/// stopped and resumed leaves the bytes of one that never stopped.
class Evolution {
 public:
  /// Goes on after `iteration`: later frames of a killed process are dropped, they will be drawn again. `notice` tells the
  /// user what keeps a sheet out.
  Evolution(const std::filesystem::path& file, std::int64_t iteration, std::function<void(const std::string&)> notice);

  /// Appends the sheet after `iteration`, unless it is there. One of another size (--sample-count was changed) begins the
  /// file anew and leaves the old one beside it; sheets too large for WebP, or for a file of 4 GB, are left out.
  void add(std::int64_t iteration, const Image& sheet);

  /// Flushes to the disk: before the checkpoint that the sheets lead up to.
  void sync() { animation_.sync(); }

 private:
  void tell_once(const std::string& line);

  std::filesystem::path file_;
  std::function<void(const std::string&)> notice_;
  GrowingWebp animation_;
  bool told_ = false;
};

}  // namespace gan
