#include "engine/data/idx.h"

#include "engine/data/gzip.h"
#include "engine/data/resample.h"
#include "tests/engine/data/foreign_files.h"

using namespace gan;
using test::Bytes;
using test::gzip;
using test::idx_header;
using test::joined;
using test::noise;
using test::require_error;

namespace {

Bytes read_all(ByteReader& reader, std::size_t piece) {
  Bytes all;
  for (Bytes buffer(piece);;) {
    const std::size_t count = reader.read(buffer);
    all.insert(all.end(), buffer.begin(), buffer.begin() + std::ptrdiff_t(count));
    if (count < piece) return all;
  }
}

Bytes inflate(const Bytes& compressed, std::size_t piece = 1000) {
  MemoryReader memory("f.gz", compressed);
  GzipReader reader(memory);
  return read_all(reader, piece);
}

Dataset load(const Bytes& bytes, const DataOptions& options) {
  MemoryReader reader("f", bytes);
  return load_idx(reader, "f", options);
}

Dataset load_gzipped(const Bytes& bytes, const DataOptions& options) {
  MemoryReader memory("f", bytes);
  GzipReader reader(memory);
  return load_idx(reader, "f", options);
}

const DataOptions kSmall = {.source = "", .height = 2, .width = 3, .channels = 0, .seed = 0, .threads = 1};

}  // namespace

TEST_CASE("gzip streams inflate to what was compressed, read in any pieces", "[data][idx]") {
  const std::size_t size = GENERATE(0, 1, 65535, 200000);  // nothing; one past nothing; around zlib's and our buffers
  const std::size_t piece = GENERATE(1, 7, 4096, 1 << 20);
  const Bytes bytes = noise(size);
  REQUIRE(inflate(gzip(bytes), piece) == bytes);
  REQUIRE(inflate(gzip(bytes, 0), piece) == bytes);
  REQUIRE(inflate(gzip(Bytes(size, 7)), piece) == Bytes(size, 7));
}

TEST_CASE("gzip members that follow each other are joined", "[data][idx]") {
  REQUIRE(inflate(joined({gzip(noise(10, 1)), gzip({}), gzip(noise(5000, 2))})) ==
          joined({noise(10, 1), noise(5000, 2)}));
}

TEST_CASE("a gzip stream that ends early is refused at every length", "[data][idx]") {
  const Bytes whole = gzip(noise(300));
  for (std::size_t length = 0; length < whole.size(); ++length) {
    INFO(length << " of " << whole.size());
    require_error<InputError>([&] { inflate(test::first_bytes(whole, length)); }, {"f.gz", "truncated"});
  }
}

TEST_CASE("a gzip stream with a flipped bit is refused or inflates to the same", "[data][idx]") {
  const Bytes content = noise(300);
  const Bytes whole = gzip(content);
  int refused = 0;
  for (std::size_t bit = 0; bit < 8 * whole.size(); ++bit) {
    Bytes damaged = whole;
    damaged[bit / 8] ^= std::uint8_t(1 << bit % 8);
    Bytes got = content;
    try {
      got = inflate(damaged);  // a bit that means nothing: the time stamp, the operating system
    } catch (const InputError&) { ++refused; }
    REQUIRE(got == content);
  }
  REQUIRE(refused >= int(8 * (whole.size() - 10)));  // every bit behind the header of 10 bytes counts
}

TEST_CASE("bytes behind a gzip stream are refused", "[data][idx]") {
  require_error<InputError>([] { inflate(joined({gzip(noise(30)), Bytes(5)})); }, {"f.gz", "damaged gzip stream"});
}

TEST_CASE("a gzip reader never has less to give than it says", "[data][idx]") {
  const Bytes compressed = gzip(Bytes(5'000'000), 9);  // zeros reach deflate's largest ratio
  MemoryReader memory("f.gz", compressed);
  GzipReader reader(memory);
  std::uint64_t left = 5'000'000;
  Bytes buffer(100'000);
  while (left > 0) {
    REQUIRE(reader.most_left() >= left);
    left -= reader.read(buffer);
  }
}

TEST_CASE("IDX files load as they are, grey and colour, gzipped or not", "[data][idx]") {
  const Bytes pixels = noise(5 * 2 * 3);
  const Bytes grey = joined({idx_header({5, 2, 3}), pixels});
  const Dataset plain = load(grey, kSmall);
  REQUIRE(plain.count == 5);
  REQUIRE(plain.height == 2);
  REQUIRE(plain.width == 3);
  REQUIRE(plain.channels == 1);
  REQUIRE(plain.pixels == pixels);
  REQUIRE(load_gzipped(gzip(grey), kSmall).pixels == pixels);

  const Bytes colour = noise(4 * 2 * 3 * 3);
  const Dataset rgb = load(joined({idx_header({4, 2, 3, 3}), colour}), kSmall);
  REQUIRE(rgb.channels == 3);
  REQUIRE(rgb.pixels == colour);
}

TEST_CASE("IDX files change channels when asked", "[data][idx]") {
  DataOptions options = kSmall;
  options.channels = 3;
  REQUIRE(load(joined({idx_header({1, 2, 3}), {0, 50, 100, 150, 200, 255}}), options).pixels ==
          Bytes{0, 0, 0, 50, 50, 50, 100, 100, 100, 150, 150, 150, 200, 200, 200, 255, 255, 255});
  options.channels = 1;
  // 0.299 * 255 = 76.2, 0.587 * 255 = 149.7, 0.114 * 255 = 29.1
  REQUIRE(load(joined({idx_header({1, 2, 3, 3}), {255, 0, 0, 0, 255, 0, 0, 0, 255, 255, 255, 255, 0, 0, 0, 9, 9, 9}}),
               options)
              .pixels == Bytes{76, 150, 29, 255, 0, 9});
}

TEST_CASE("IDX images are resampled in order, whatever the number of threads", "[data][idx]") {
  // Several chunks and a partial last one.
  const int count = 1501;
  const Bytes pixels = noise(std::size_t(count) * 28 * 28);
  const Bytes file = gzip(joined({idx_header({std::uint32_t(count), 28, 28}), pixels}), 1);
  Bytes want(std::size_t(count) * 12 * 16);
  const Resampler resampler(28, 28, 12, 16, 1);
  std::vector<float> rows;
  for (std::size_t i = 0; i < std::size_t(count); ++i)
    resampler.run(std::span(pixels).subspan(i * 784, 784), std::span(want).subspan(i * 192, 192), rows);
  for (const int threads : {1, 2, 5})
    REQUIRE(load_gzipped(file, {.source = "", .height = 12, .width = 16, .threads = threads}).pixels == want);
}

TEST_CASE("IDX headers that are not of images in unsigned bytes are refused", "[data][idx]") {
  const auto refuse = [](const Bytes& bytes, std::initializer_list<std::string> parts) {
    require_error<InputError>([&] { load(bytes, kSmall); }, parts);
  };
  refuse({}, {"f: truncated", "IDX header"});
  refuse({0, 0, 8}, {"f: truncated", "IDX header"});
  refuse({1, 0, 8, 3}, {"f: starts with 01 00 08 03", "accepted"});
  refuse({0, 0, 0x0d, 3}, {"00 00 0d 03", "unsigned bytes"});                    // floats
  refuse(joined({idx_header({5}), Bytes(5)}), {"00 00 08 01", "00 00 08 03"});   // labels
  refuse(joined({idx_header({5, 4}), Bytes(20)}), {"00 00 08 02", "accepted"});  // vectors
  refuse(joined({idx_header({1, 1, 1, 1, 1}), Bytes(1)}), {"00 00 08 05", "accepted"});
  const Bytes cut_off = idx_header({1, 2, 3});
  for (std::size_t length = 4; length < cut_off.size(); ++length)
    refuse(test::first_bytes(cut_off, length), {"f: truncated", "IDX header"});
}

TEST_CASE("IDX dimensions out of range, overflowing, or beyond the file are refused before memory is taken",
          "[data][idx]") {
  const auto refuse = [](const Bytes& bytes, std::initializer_list<std::string> parts) {
    require_error<InputError>([&] { load(bytes, kSmall); }, parts);
    require_error<InputError>([&] { load_gzipped(gzip(bytes), kSmall); }, parts);
  };
  const std::uint32_t most = 0xffffffff;
  refuse(idx_header({0, 2, 3}), {"f: holds no images"});
  refuse(idx_header({1, 0, 3}), {"3x0", "accepted: sides of 1 to 16384"});
  refuse(idx_header({1, 2, 0}), {"0x2", "accepted: sides of 1 to 16384"});
  refuse(idx_header({1, 16385, 1}), {"1x16385", "accepted: sides of 1 to 16384"});
  refuse(idx_header({most, most, most}), {"4294967295x4294967295", "accepted"});
  refuse(idx_header({most, most, most, most}), {"4294967295x4294967295", "accepted"});
  refuse(idx_header({1, 2, 3, 2}), {"2 channels", "accepted: 1 or 3"});
  refuse(idx_header({1, 2, 3, most}), {"4294967295 channels", "accepted: 1 or 3"});
  // 2^32 - 1 images of 2^28 pixels of 3 bytes: 3 * 2^60 is still counted exactly.
  refuse(idx_header({most, 16384, 16384, 3}), {"3458764513015234560 bytes", "at most"});
  refuse(joined({idx_header({most, 1, 1}), Bytes(1000)}), {"4294967295 images", "at most"});
}

TEST_CASE("IDX files that end early or go on too long are refused", "[data][idx]") {
  const Bytes whole = joined({idx_header({5, 2, 3}), noise(30)});
  for (const std::size_t length : {16, 17, 45})
    require_error<InputError>([&] { load(test::first_bytes(whole, length), kSmall); }, {"f: truncated", "30 bytes"});
  // Inflated length is known only at the end.
  for (const int threads : {1, 4}) {
    DataOptions options = kSmall;
    options.threads = threads;
    require_error<InputError>([&] { load_gzipped(gzip(test::first_bytes(whole, 45)), options); },
                              {"f: truncated", "1 bytes early"});
  }
  require_error<InputError>([&] { load(joined({whole, {0}}), kSmall); }, {"f: holds more bytes"});
  require_error<InputError>([&] { load_gzipped(gzip(joined({whole, {0}})), kSmall); }, {"f: holds more bytes"});
  require_error<InputError>([&] { load_gzipped(test::first_bytes(gzip(whole), 30), kSmall); },
                            {"f: truncated", "gzip"});
}

TEST_CASE("the first error in the stream is the one reported, with many threads too", "[data][idx]") {
  // 3.5 of 40 chunks of half a megabyte are there: whoever reads next must not report the end again, further on.
  const Bytes file = gzip(joined({idx_header({40u << 9, 32, 32}), noise(7u << 18)}), 1);
  for (int run = 0; run < 40; ++run)
    require_error<InputError>([&] { load_gzipped(file, {.source = "", .height = 1, .width = 1, .threads = 8}); },
                              {"f: truncated: the file ends 262144 bytes early"});
}

TEST_CASE("a gzip bomb costs no more than the header allows", "[data][idx]") {
  // 1 GB of zeros behind a header of one small image: read to the first byte too many, no further.
  const Bytes zeros = gzip(Bytes(1 << 20), 9);
  Bytes bomb = gzip(joined({idx_header({1, 2, 3}), Bytes(6)}));
  for (int i = 0; i < 1024; ++i) bomb.insert(bomb.end(), zeros.begin(), zeros.end());
  MemoryReader memory("f", bomb);
  GzipReader reader(memory);
  require_error<InputError>([&] { load_idx(reader, "f", kSmall); }, {"f: holds more bytes"});
  REQUIRE(memory.most_left() > bomb.size() / 2);
}

TEST_CASE("a data set that cannot fit the memory is the machine's error, with the size needed", "[data][idx]") {
  // 2^20 images of one pixel are a small file; at 4096 x 4096 in colour they are 53 TB.
  const Bytes file = joined({idx_header({1 << 20, 1, 1}), Bytes(1 << 20)});
  require_error<MachineError>([&] { load(file, {.source = "", .height = 4096, .width = 4096, .channels = 3}); },
                              {"1048576 images of 4096x4096x3", "52776.6 GB", "accepted"});
}
