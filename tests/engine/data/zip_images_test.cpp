#include "engine/data/zip_images.h"

#include <sys/stat.h>

#include "engine/data/image_file.h"
#include "engine/data/image_folder.h"
#include "engine/data/parallel_each.h"
#include "tests/engine/data/loading_test_support.h"
#include "tests/engine/data/webp_files.h"
#include "tests/engine/data/zip_files.h"

using namespace gan;
using test::Bytes;
using test::flat_png;
using test::grey_png;
using test::joined;
using test::noise;
using test::require_error;
using test::TemporaryFolder;
using test::zip_archive;
using test::ZipRecipe;

namespace {

Bytes text(std::string_view characters) { return {characters.begin(), characters.end()}; }

/// An archive on the disk for as long as a test takes.
struct Archive {
  explicit Archive(const Bytes& bytes) : path(folder.write("a.zip", bytes)) {}
  explicit Archive(const std::vector<ZipRecipe>& files) : Archive(zip_archive(files)) {}

  DataOptions options(int threads = 2) const { return {.source = path, .height = 4, .width = 6, .threads = threads}; }

  TemporaryFolder folder;
  std::string path;
};

Dataset load(const DataOptions& options) {
  const ZipImages images(options);
  report_passed_over(images, options);
  return load_encoded_images(images, "zip", options);
}

void refuse(const std::vector<ZipRecipe>& files, std::initializer_list<std::string> parts) {
  const Archive archive(files);
  require_error<InputError>([&] { load(archive.options()); }, parts);
  DataOptions lenient = archive.options();
  lenient.skip_damaged = true;  // such an archive is not damaged
  require_error<InputError>([&] { load(lenient); }, parts);
}

/// A grey PNG.
Bytes picture() { return grey_png(3, 3, 50); }

}  // namespace

TEST_CASE("archives are known by content", "[data][zip]") {
  REQUIRE(is_zip(zip_archive({{"1.png", picture()}})));
  REQUIRE(is_zip(zip_archive({})));
  REQUIRE_FALSE(is_zip(Bytes{'P', 'K', 3}));
  REQUIRE_FALSE(is_zip(picture()));
}

TEST_CASE("an archive holds the same data set as the folder it was packed from", "[data][zip]") {
  const std::vector<ZipRecipe> files = {{"b/2.png", flat_png(5, 9, 200, 100, 0), true},
                                        {"b/", {}},
                                        {"notes.txt", text("hello")},
                                        {"b/10.webp", test::encode_webp_lossless(2, 1, 3, {7, 8, 9, 1, 2, 3}), true},
                                        {"a.txt", grey_png(9, 3, 10)},
                                        {"c.gif", text("GIF89a"), true},
                                        {"empty", {}}};
  const Archive archive(files);
  for (const ZipRecipe& file : files)
    if (!file.name.ends_with('/')) archive.folder.write("folder/" + file.name, file.content);
  for (const int threads : {1, 4}) {
    test::RecordingObserver from_zip, from_folder;
    DataOptions options = archive.options(threads);
    options.observer = &from_zip;
    const Dataset zipped = load(options);
    options.source = (archive.folder / "folder").string();
    options.observer = &from_folder;
    const FolderImages images(options);
    report_passed_over(images, options);
    const Dataset unpacked = load_encoded_images(images, "folder", options);
    REQUIRE(zipped.count == 3);
    REQUIRE(zipped.channels == 3);
    REQUIRE(zipped.pixels == unpacked.pixels);
    REQUIRE(from_zip.notices ==
            std::vector<std::string>{archive.path + ": passed over 3 files: 1 GIF, 1 empty, 1 text"});
    REQUIRE(from_folder.notices.size() == 1);
  }
}

TEST_CASE("files of an archive read whole, stored and deflated, by many threads at once", "[data][zip]") {
  std::vector<ZipRecipe> files;
  for (int i = 0; i < 60; ++i)
    files.push_back({fmt::format("{:02}", i), noise(std::size_t(i) * 1013, std::uint32_t(i)), i % 2 == 0});
  const Archive written(files);
  const ZipArchive archive(written.path, 1 << 20);
  REQUIRE(archive.count() == 60);
  std::vector<Bytes> read(60), heads(60);
  for_each_index(60, 6, [&](std::int64_t i) {
    read[i] = archive.read(i);
    heads[i] = archive.read_head(i, 2000);
  });
  for (std::size_t i = 0; i < 60; ++i) {
    REQUIRE(archive.name(std::int64_t(i)) == fmt::format("{}: {:02}", written.path, i));
    REQUIRE(read[i] == files[i].content);
    REQUIRE(heads[i] == test::first_bytes(files[i].content, std::min<std::size_t>(2000, files[i].content.size())));
  }
}

TEST_CASE("archives without images are refused", "[data][zip]") {
  refuse({}, {"a.zip: is empty", "accepted: PNG, JPEG and WebP"});
  refuse({{"x/", {}}}, {"a.zip: is empty"});
  refuse({{"x.npy", text("\x93NUMPY")}, {"y", text("hi")}}, {"no image among its 2 files: 1 NumPy, 1 text"});
}

TEST_CASE("archives with secrets or methods that are not read are refused", "[data][zip]") {
  refuse({{"1.png", picture()}, {.name = "2.png", .content = picture(), .flags = 1}},
         {"a.zip: entry '2.png' is encrypted", "accepted: archives without a password"});
  for (const int method : {1, 6, 9, 12, 14, 93, 95, 98})
    refuse({{.name = "1.png", .content = picture(), .method = std::uint16_t(method)}},
           {"a.zip: entry '1.png' is compressed by method " + std::to_string(method),
            "accepted: stored (0) and deflated"});
}

TEST_CASE("names that lead out of an archive are refused, and links, and what would break a line", "[data][zip]") {
  for (const std::string name :
       {"../1.png", "a/../../1.png", "a/..", "..", "/etc/passwd", "\\x", "a\\..\\b", "C:x", "c:\\x"})
    refuse({{"1.png", picture()}, {name, picture()}},
           {"a.zip: entry '" + name + "' has a name that leads out of the archive"});
  refuse({{"1.png", picture()}, {.name = "2", .content = text("/etc/passwd"), .unix_mode = S_IFLNK | 0777}},
         {"a.zip: entry '2' is a link"});
  refuse({{"1\n2.png", picture()}}, {"a.zip: the name of entry 0 holds control characters"});
  refuse({{"1\t2.png", picture()}}, {"control characters"});
  // Odd, but they stay inside; libzip reads the escape of a terminal as an arrow of code page 437.
  for (const std::string name : {"\x1b[2J", "..a/b..", "a..", "...", "1:2.png", "a/./b", "b\\1.png",
                                 "Stra\xc3\x9f"
                                 "e.png"}) {
    const Archive archive({{name, picture()}});
    REQUIRE(load(archive.options()).count == 1);
  }
}

TEST_CASE("bombs are refused before memory is taken", "[data][zip]") {
  const Bytes zeros(1 << 20);
  refuse({{.name = "1.png", .content = picture(), .size = (1u << 30) + 1}},
         {"a.zip: entry '1.png' says it holds 1073741825 bytes", "accepted: at most 1073741824"});
  refuse({{.name = "1.png", .content = picture(), .deflate = true, .size = 1u << 30}},
         {"entry '1.png' says it holds 1073741824 bytes, more than its", "compressed ones can"});
  // An honest megabyte of zeros is one, twice is not: the second entry shares the first one's bytes, and so on.
  std::vector<ZipRecipe> overlapping = {{"0", zeros, true}};
  const std::uint32_t packed = std::uint32_t(test::deflated(zeros).size());
  const std::uint32_t checksum = std::uint32_t(crc32(0, zeros.data(), uInt(zeros.size())));
  REQUIRE_NOTHROW(ZipArchive(Archive(overlapping).path, 1 << 20));
  for (int i = 1; i < 200; ++i)
    overlapping.push_back({.name = std::to_string(i),
                           .content = {},
                           .method = std::uint16_t(8),
                           .size = 1u << 20,
                           .packed_size = packed,
                           .checksum = checksum,
                           .offset = 0u});
  refuse(overlapping, {"a.zip: its entries say they hold 209715200 bytes, more than its"});
}

TEST_CASE("sizes that lie are damage: nothing longer or shorter is taken for the file", "[data][zip]") {
  const auto damaged = [](ZipRecipe file) {
    const Archive archive({file});
    const ZipArchive opened(archive.path, 1 << 20);
    require_error<InputError>([&] { opened.read(0); }, {"a.zip: 1.png: damaged zip archive"});
  };
  for (const bool deflate : {false, true}) {
    damaged({.name = "1.png", .content = picture(), .deflate = deflate, .size = std::uint32_t(picture().size() - 1)});
    damaged({.name = "1.png", .content = picture(), .deflate = deflate, .size = std::uint32_t(picture().size() + 1)});
    damaged({.name = "1.png", .content = picture(), .deflate = deflate, .checksum = 1u});
  }
  damaged({.name = "1.png", .content = noise(500), .method = std::uint16_t(8), .packed_size = 500u});
}

TEST_CASE("truncated archives are refused at every length", "[data][zip]") {
  const Bytes whole = zip_archive({{"1.png", picture()}, {"b/2.png", picture(), true}});
  for (std::size_t length = 4; length < whole.size(); ++length) {
    INFO(length << " of " << whole.size());
    const Archive archive(test::first_bytes(whole, length));
    require_error<InputError>([&] { load(archive.options(1)); }, {"a.zip: "});
  }
}

TEST_CASE("an archive with a flipped bit is refused or holds images all the same", "[data][zip]") {
  const Bytes whole = zip_archive({{"1.png", picture(), true}, {"2.png", grey_png(2, 2, 70)}});
  for (std::size_t bit = 0; bit < 8 * whole.size(); ++bit) {
    Bytes damaged = whole;
    damaged[bit / 8] ^= std::uint8_t(1 << bit % 8);
    const Archive archive(damaged);
    try {
      const Dataset dataset = load(archive.options(1));
      // Times and versions mean nothing; a name changes the order; an offset may pick the other image.
      for (const std::uint8_t pixel : dataset.pixels) REQUIRE((pixel == 50 || pixel == 70));
    } catch (const InputError&) {}
  }
}

TEST_CASE("directories that claim what is not there take no memory", "[data][zip]") {
  // An end record of 65,535 entries in no bytes, and one that points behind the file.
  const auto end = [](std::uint64_t entries, std::uint64_t bytes, std::uint64_t offset) {
    return joined({Bytes{'P', 'K', 5, 6}, test::little_endian(0, 4), test::little_endian(entries, 2),
                   test::little_endian(entries, 2), test::little_endian(bytes, 4), test::little_endian(offset, 4),
                   test::little_endian(0, 2)});
  };
  for (const Bytes& bytes : {end(65535, 0, 0), end(1, 46, 0), end(1, 0xfffffff0, 0), end(1, 46, 0xfffffff0)}) {
    const Archive archive(bytes);
    require_error<InputError>([&] { load(archive.options()); }, {"a.zip: "});
  }
}

TEST_CASE("damaged images in an archive are named, or left out when asked", "[data][zip]") {
  const Archive archive({{"1.png", grey_png(3, 3, 10)},
                         {"2.png", test::first_bytes(picture(), picture().size() - 9), true},
                         {.name = "3.png", .content = picture(), .checksum = 1u},
                         {"4.png", grey_png(3, 3, 40), true},
                         {.name = "5.png", .content = picture(), .offset = 1u << 20}});
  for (const int threads : {1, 3}) {
    DataOptions options = archive.options(threads);
    options.channels = 1;  // headers are not looked at first
    require_error<InputError>([&] { load(options); }, {archive.path + ": 2.png: damaged PNG file"});
    options.channels = 0;
    options.skip_damaged = true;
    const Dataset dataset = load(options);
    REQUIRE(dataset.count == 2);
    REQUIRE(dataset.pixels == joined({Bytes(24, 10), Bytes(24, 40)}));
    REQUIRE(dataset.left_out.size() == 3);
    REQUIRE(dataset.left_out[0].starts_with(archive.path + ": 2.png: damaged PNG file"));
    REQUIRE(dataset.left_out[1].starts_with(archive.path + ": 3.png: damaged zip archive"));
    REQUIRE(dataset.left_out[2].starts_with(archive.path + ": 5.png: damaged zip archive"));
  }
}
