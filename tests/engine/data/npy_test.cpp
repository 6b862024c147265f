#include "engine/data/npy.h"

#include "tests/engine/data/foreign_files.h"

using namespace gan;
using test::Bytes;
using test::joined;
using test::noise;
using test::require_error;

namespace {

/// Magic, version, length and text of a header.
Bytes npy_header(const std::string& text, std::uint8_t version = 1) {
  Bytes bytes = {0x93, 'N', 'U', 'M', 'P', 'Y', version, 0, std::uint8_t(text.size()), std::uint8_t(text.size() >> 8)};
  if (version != 1) bytes.insert(bytes.end(), 2, 0);
  bytes.insert(bytes.end(), text.begin(), text.end());
  return bytes;
}

/// As NumPy writes it, padded to 64 bytes.
Bytes array_header(const std::string& shape, bool fortran = false, const std::string& descr = "|u1",
                   std::uint8_t version = 1) {
  std::string text =
      fmt::format("{{'descr': '{}', 'fortran_order': {}, 'shape': {}, }}", descr, fortran ? "True" : "False", shape);
  while ((10 + text.size() + 1) % 64 != 0) text += ' ';
  return npy_header(text + '\n', version);
}

Dataset load(const Bytes& bytes, const DataOptions& options) {
  MemoryReader reader("f", bytes);
  return load_npy(reader, "f", options);
}

const DataOptions kSmall = {.source = "", .height = 5, .width = 6, .channels = 0, .seed = 0, .threads = 2};

void refuse(const Bytes& bytes, std::initializer_list<std::string> parts) {
  require_error<InputError>([&] { load(bytes, kSmall); }, parts);
}

}  // namespace

TEST_CASE(".npy arrays of images load, every version of the format", "[data][npy]") {
  const std::uint8_t version = GENERATE(1, 2, 3);
  const Bytes grey = noise(4 * 5 * 6);
  const Dataset plain = load(joined({array_header("(4, 5, 6)", false, "|u1", version), grey}), kSmall);
  REQUIRE(plain.count == 4);
  REQUIRE(plain.height == 5);
  REQUIRE(plain.width == 6);
  REQUIRE(plain.channels == 1);
  REQUIRE(plain.pixels == grey);
  REQUIRE(load(joined({array_header("(4, 5, 6, 1)", false, "|u1", version), grey}), kSmall).pixels == grey);
  REQUIRE(load(joined({array_header("(4, 1, 5, 6)", false, "|u1", version), grey}), kSmall).pixels == grey);

  const Bytes colour = noise(4 * 5 * 6 * 3);
  const Dataset rgb = load(joined({array_header("(4, 5, 6, 3)", false, "|u1", version), colour}), kSmall);
  REQUIRE(rgb.channels == 3);
  REQUIRE(rgb.pixels == colour);
}

TEST_CASE(".npy planes of colour become pixels", "[data][npy]") {
  const Bytes planes = noise(2 * 3 * 5 * 6);
  Bytes want;
  for (int n = 0; n < 2; ++n)
    for (int i = 0; i < 30; ++i)
      for (int c = 0; c < 3; ++c) want.push_back(planes.at((n * 3 + c) * 30 + i));
  const Dataset dataset = load(joined({array_header("(2, 3, 5, 6)"), planes}), kSmall);
  REQUIRE(dataset.channels == 3);
  REQUIRE(dataset.pixels == want);
}

TEST_CASE(".npy arrays in Fortran order are the same images", "[data][npy]") {
  // More images than are gathered at once, and all extents different.
  const int count = 131, height = 5, width = 6, channels = 3;
  const Bytes want = noise(std::size_t(count) * height * width * channels);
  const auto at = [&](int n, int y, int x, int c) { return want.at(((n * height + y) * width + x) * channels + c); };
  Bytes last, second, grey, want_grey;
  for (int c = 0; c < channels; ++c)
    for (int x = 0; x < width; ++x)
      for (int y = 0; y < height; ++y)
        for (int n = 0; n < count; ++n) last.push_back(at(n, y, x, c));
  for (int x = 0; x < width; ++x)
    for (int y = 0; y < height; ++y)
      for (int c = 0; c < channels; ++c)
        for (int n = 0; n < count; ++n) second.push_back(at(n, y, x, c));
  for (int x = 0; x < width; ++x)
    for (int y = 0; y < height; ++y)
      for (int n = 0; n < count; ++n) grey.push_back(at(n, y, x, 0));
  for (std::size_t i = 0; i < want.size(); i += channels) want_grey.push_back(want[i]);
  for (const int threads : {1, 3}) {
    DataOptions options = kSmall;
    options.threads = threads;
    REQUIRE(load(joined({array_header("(131, 5, 6, 3)", true), last}), options).pixels == want);
    REQUIRE(load(joined({array_header("(131, 3, 5, 6)", true), second}), options).pixels == want);
    REQUIRE(load(joined({array_header("(131, 5, 6)", true), grey}), options).pixels == want_grey);
  }
  refuse(joined({array_header("(131, 5, 6)", true), test::first_bytes(grey, grey.size() - 1)}), {"f: truncated"});
  refuse(joined({array_header("(131, 5, 6)", true), grey, Bytes(1)}), {"f: holds more bytes"});
}

TEST_CASE(".npy images change size and channels when asked", "[data][npy]") {
  DataOptions options = kSmall;
  options.height = options.width = 2;
  options.channels = 3;
  REQUIRE(load(joined({array_header("(1, 8, 8)"), Bytes(64, 50)}), options).pixels == Bytes(12, 50));
  REQUIRE(load(joined({array_header("(1, 8, 8)", true), Bytes(64, 50)}), options).pixels == Bytes(12, 50));
}

TEST_CASE("where two axes could be the channels, the last one is", "[data][npy]") {
  const RawImages images =
      npy_images(parse_npy_header("{'descr':'|u1','fortran_order':False,'shape':(2,3,40,3)}", "f"), "f");
  REQUIRE(images.order == RawImages::Order::Interleaved);
  REQUIRE(images.height == 3);
  REQUIRE(images.width == 40);
}

TEST_CASE(".npy headers may be written in other ways", "[data][npy]") {
  const auto parse = [](const std::string& text) { return parse_npy_header(text, "f"); };
  for (const std::string text : {"{'descr': '|u1', 'fortran_order': False, 'shape': (3, 4, 5), }   \n",
                                 "{'descr': '|u1', 'fortran_order': False, 'shape': (3L, 4L, 5L), }",
                                 "{\"shape\":(3,4,5,),\"descr\":\"|u1\",\"fortran_order\":False}",
                                 " { 'fortran_order' :False ,\t'shape': ( 3 , 4 , 5 ) , 'descr': '|u1' }"}) {
    const NpyHeader header = parse(text);
    REQUIRE(header.descr == "|u1");
    REQUIRE_FALSE(header.fortran_order);
    REQUIRE(header.shape == std::vector<std::int64_t>{3, 4, 5});
  }
  REQUIRE(parse("{'descr': '<f4', 'fortran_order': True, 'shape': ()}").shape.empty());
}

TEST_CASE(".npy headers that are damaged are refused in one line", "[data][npy]") {
  const std::string good = "{'descr': '|u1', 'fortran_order': False, 'shape': (3, 4, 5), }";
  const auto damaged = [](const std::string& text) {
    INFO(text);
    require_error<InputError>([&] { parse_npy_header(text, "f"); }, {"f: damaged .npy header", "accepted: {'descr'"});
  };
  for (std::size_t length = 0; length < good.size(); ++length) damaged(good.substr(0, length));
  damaged(good + "x");
  damaged(good + good);
  damaged("{}");
  damaged("{'descr': '|u1', 'fortran_order': False}");
  damaged("{'descr': '|u1', 'descr': '|u1', 'fortran_order': False, 'shape': (3, 4, 5)}");
  damaged("{'descr': '|u1', 'fortran_order': False, 'shape': (3, 4, 5), 'more': 'x'}");
  damaged("{'descr': '|u1', 'fortran_order': 0, 'shape': (3, 4, 5)}");
  damaged("{'descr': [('a', '|u1')], 'fortran_order': False, 'shape': (3, 4, 5)}");  // records
  damaged("{'descr': '|u1', 'fortran_order': False, 'shape': 3}");
  damaged("{'descr': '|u1', 'fortran_order': False, 'shape': (-3, 4, 5)}");
  damaged("{'descr': '|u1', 'fortran_order': False, 'shape': (3,, 5)}");
  damaged("{'descr': '|u1', 'fortran_order': False, 'shape': (9223372036854775808, 4, 5)}");
  damaged("{'descr': '|u\n1', 'fortran_order': False, 'shape': (3, 4, 5)}");
  std::string axes;
  for (int i = 0; i < 33; ++i) axes += "1,";
  damaged("{'descr': '|u1', 'fortran_order': False, 'shape': (" + axes + ")}");
}

TEST_CASE(".npy files of other versions, endless headers and broken beginnings are refused", "[data][npy]") {
  const Bytes whole = joined({array_header("(1, 5, 6)"), Bytes(30)});
  refuse({'P', 'K', 3, 4, 0, 0, 0, 0}, {"f: not a .npy file"});
  for (std::size_t length = 0; length < whole.size(); ++length)
    refuse(test::first_bytes(whole, length), {"f: truncated"});
  Bytes other = whole;
  other[6] = 4;
  refuse(other, {"f: .npy version 4.0", "accepted: 1, 2 and 3"});
  other[6] = 2;  // the first bytes of the text are read as those of a length
  refuse(other, {"f: a .npy header of", "accepted: at most 65536"});
}

TEST_CASE(".npy arrays that are no images of bytes are refused", "[data][npy]") {
  refuse(array_header("(1, 5, 6)", false, "<f4"), {"f: holds elements of type '<f4'", "accepted: '|u1' (numpy.uint8)"});
  refuse(array_header("(1, 5, 6)", false, "|b1"), {"'|b1'"});
  refuse(array_header("(1, 5, 6)", false, "|i1"), {"'|i1'"});
  refuse(array_header("()"), {"f: an array of shape ()", "accepted: images (N,H,W)"});
  refuse(array_header("(30,)"), {"shape (30)"});
  refuse(array_header("(5, 6)"), {"shape (5, 6)"});
  refuse(array_header("(50, 60, 3)"), {"shape (50, 60, 3)"});  // one colour image, no fifty grey ones
  refuse(array_header("(2, 5, 6, 4)"), {"shape (2, 5, 6, 4)", "C 1 or 3"});
  refuse(array_header("(1, 2, 5, 6, 3)"), {"shape (1, 2, 5, 6, 3)"});
  refuse(array_header("(0, 5, 6)"), {"f: holds no images"});
  refuse(array_header("(1, 0, 6)"), {"6x0", "accepted: sides of 1 to 16384"});
  refuse(array_header("(1, 5, 16385)"), {"16385x5", "accepted: sides of 1 to 16384"});
}

TEST_CASE(".npy arrays larger than their file are refused before memory is taken", "[data][npy]") {
  for (const bool fortran : {false, true}) {
    refuse(joined({array_header("(2, 5, 6)", fortran), Bytes(59)}), {"f: truncated", "60 bytes", "at most 59"});
    refuse(array_header("(4294967295, 16384, 16384, 3)", fortran), {"3458764513015234560 bytes", "at most 0"});
    refuse(array_header("(4294967296, 5, 6)", fortran), {"4294967296 images", "accepted: fewer than 2^32"});
    refuse(array_header("(9223372036854775807, 9223372036854775807, 9223372036854775807)", fortran), {"accepted"});
    refuse(joined({array_header("(2, 5, 6)", fortran), Bytes(61)}), {"f: holds more bytes than its .npy header says"});
  }
}
