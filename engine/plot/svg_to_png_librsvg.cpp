// With librsvg: see engine/CMakeLists.txt, which otherwise takes svg_to_png_missing.cpp.
#include <librsvg/rsvg.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <span>
#include <string>

#include "engine/plot/svg_to_png.h"
#include "kernels/core/contract/error.h"

namespace gan::plot {
namespace {

struct Release {
  void operator()(RsvgHandle* handle) const { g_object_unref(handle); }
  void operator()(cairo_surface_t* surface) const { cairo_surface_destroy(surface); }
  void operator()(cairo_t* context) const { cairo_destroy(context); }
};

/// Throws what GLib reported, and frees it.
[[noreturn]] void fail(GError* error) {
  std::string reason = error == nullptr ? "no reason given" : error->message;
  g_clear_error(&error);
  reason.resize(std::min(reason.find('\n'), reason.size()));  // what follows is the XML reader's own report of it
  throw MachineError(fmt::format("librsvg cannot draw the plot: {}", reason));
}

cairo_status_t append(void* file, const unsigned char* data, unsigned int length) {
  const auto bytes = std::as_bytes(std::span(data, length));
  auto* contents = static_cast<std::vector<std::byte>*>(file);
  contents->insert(contents->end(), bytes.begin(), bytes.end());
  return CAIRO_STATUS_SUCCESS;
}

void check(cairo_status_t status) {
  if (status != CAIRO_STATUS_SUCCESS)
    throw MachineError(fmt::format("cairo cannot draw the plot: {}", cairo_status_to_string(status)));
}

}  // namespace

std::vector<std::byte> svg_to_png(std::string_view svg, double scale) {
  require(scale > 0 && scale <= 16, "a plot {} times as large", scale);
  GError* error = nullptr;
  const std::unique_ptr<RsvgHandle, Release> handle(
      rsvg_handle_new_from_data(reinterpret_cast<const guint8*>(svg.data()), svg.size(), &error));
  if (!handle) fail(error);
  double width = 0, height = 0;
  if (!rsvg_handle_get_intrinsic_size_in_pixels(handle.get(), &width, &height))
    throw MachineError("librsvg cannot draw the plot: it has no size in px");
  width = std::ceil(width * scale);
  height = std::ceil(height * scale);
  const std::unique_ptr<cairo_surface_t, Release> surface(
      cairo_image_surface_create(CAIRO_FORMAT_ARGB32, static_cast<int>(width), static_cast<int>(height)));
  check(cairo_surface_status(surface.get()));
  const std::unique_ptr<cairo_t, Release> context(cairo_create(surface.get()));
  const RsvgRectangle page{.x = 0, .y = 0, .width = width, .height = height};
  if (!rsvg_handle_render_document(handle.get(), context.get(), &page, &error)) fail(error);
  std::vector<std::byte> file;
  check(cairo_surface_write_to_png_stream(surface.get(), append, &file));
  return file;
}

bool can_draw_png() { return true; }

}  // namespace gan::plot
