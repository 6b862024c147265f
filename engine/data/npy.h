// NumPy's .npy files: a header in Python's syntax, then the array's elements.
// https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html, versions 1.0, 2.0 and 3.0.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/data/byte_reader.h"
#include "engine/data/dataset.h"
#include "engine/data/raw_images.h"

namespace gan {

/// Whether a file that starts with `head` (six bytes are enough) is a .npy file.
bool is_npy(std::span<const std::uint8_t> head);

/// What a header says.
struct NpyHeader {
  std::string descr;           ///< type of the elements, as numpy.dtype.str: "|u1", "<f4"
  bool fortran_order = false;  ///< the first axis varies fastest, not the last
  std::vector<std::int64_t> shape;
};

/// Reads the text of a header: `{'descr': '|u1', 'fortran_order': False, 'shape': (60000, 28, 28), }`, the three keys
/// in any order. `name` begins the message of an error. Throws InputError for everything else.
NpyHeader parse_npy_header(std::string_view text, const std::string& name);

/// How the images of an array lie, in C order: (N,H,W), (N,H,W,C) or (N,C,H,W), C 1 or 3. Where both the last and the
/// second axis could be the channels, the last one is.
/// Throws InputError for other shapes, elements that are not unsigned bytes, and sizes beyond the limits of image.h.
RawImages npy_images(const NpyHeader& header, const std::string& name);

/// Reads header and images, in C or Fortran order, converted as `options` asks (`source` and `seed` are not looked at).
/// A file in Fortran order, whose images lie spread over it, is read into memory as a whole first.
/// Throws InputError for what the above refuse, and for fewer or more bytes than the header says.
Dataset load_npy(ByteReader& reader, const std::string& name, const DataOptions& options);

}  // namespace gan
