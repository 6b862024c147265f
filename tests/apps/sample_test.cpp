// gan_cuda_sample from outside: what it makes of a checkpoint alone, and how it ends.
#include <csignal>
#include <cstdlib>

#include "engine/data/image_file.h"
#include "engine/files/safetensors.h"
#include "tests/apps/app_test_support.h"
#include "tests/engine/files/decoded_animation.h"

namespace gan::test {
namespace {

constexpr int kDone = 0, kWrongInput = 2, kMachineCannot = 3, kInterrupted = 130;
constexpr std::int64_t kSide = 16;

/// A small run, trained once for all cases; its checkpoint stands alone in a folder, without the run.
struct Trained {
  explicit Trained(std::vector<std::string> more) {
    more.insert(more.end(), {"--iterations", "4", "--device", "cpu"});
    const ProgramResult result = run_program(kTrain, small_run(folder / "run", more));
    INFO(result.error);
    REQUIRE(result.exit_code == kDone);
    std::filesystem::rename(folder / "run/checkpoints/step-4.safetensors", checkpoint);
    std::filesystem::remove_all(folder / "run");
  }

  TemporaryFolder folder;
  std::filesystem::path checkpoint = folder / "checkpoint.safetensors";
};

const Trained& grey() {
  static const Trained trained({});
  return trained;
}
const Trained& colour() {
  static const Trained trained({"--channels", "3"});
  return trained;
}

std::vector<std::string> sampling(const std::filesystem::path& checkpoint, const std::vector<std::string>& more) {
  std::vector<std::string> arguments = {"--checkpoint", checkpoint.string(), "--device", "cpu", "--threads", "2"};
  arguments.insert(arguments.end(), more.begin(), more.end());
  return arguments;
}

/// Draws, and returns what the program says.
ProgramResult draw(const std::vector<std::string>& more, const Trained& from = grey()) {
  ProgramResult result = run_program(kSample, sampling(from.checkpoint, more));
  INFO(result.error);
  REQUIRE(result.exit_code == kDone);
  return result;
}

Image read_png(const std::filesystem::path& path) {
  const std::string bytes = contents_of(path);
  return decode_image(std::span(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()), path.string());
}

using Pixels = std::vector<std::uint8_t>;

/// The image of one seed, drawn alone.
Pixels image_of(std::int64_t seed, const Trained& from = grey(), const std::vector<std::string>& more = {}) {
  const TemporaryFolder folder;
  std::vector<std::string> arguments = {"--separate", "--seeds", std::to_string(seed), "--out", folder.path().string()};
  arguments.insert(arguments.end(), more.begin(), more.end());
  draw(arguments, from);
  REQUIRE(files_in(folder.path()) == std::vector<std::string>{"seed-" + std::to_string(seed) + ".png"});
  return read_png(folder / ("seed-" + std::to_string(seed) + ".png")).pixels;
}

Pixels cell_of(const Image& sheet, std::int64_t columns, std::int64_t cell) {
  constexpr std::int64_t kGap = 2;
  const std::int64_t top = kGap + cell / columns * (kSide + kGap), left = kGap + cell % columns * (kSide + kGap);
  Pixels pixels;
  for (std::int64_t y = 0; y < kSide; ++y) {
    const auto row = sheet.pixels.begin() + ((top + y) * sheet.width + left) * sheet.channels;
    pixels.insert(pixels.end(), row, row + kSide * sheet.channels);
  }
  return pixels;
}

/// An .npy file taken apart by hand.
struct Array {
  std::string description;
  Pixels elements;
};

Array read_npy(const std::filesystem::path& path) {
  const std::string bytes = contents_of(path);
  REQUIRE(bytes.starts_with(std::string("\x93NUMPY\x01\x00", 8)));
  const std::size_t length = static_cast<unsigned char>(bytes[8]) + 256U * static_cast<unsigned char>(bytes[9]);
  return {bytes.substr(10, length), Pixels(bytes.begin() + static_cast<std::ptrdiff_t>(10 + length), bytes.end())};
}

void append(Pixels& pixels, const Pixels& more) { pixels.insert(pixels.end(), more.begin(), more.end()); }

TEST_CASE("a grid: one cell a seed, in rows", "[sample]") {
  const TemporaryFolder folder;
  const auto path = folder / "grid.png";
  const ProgramResult result = draw({"--seeds", "3,7,100-102", "--grid", "2x3", "--out", path.string()});
  CHECK(contains(result.out, "Done: 5 images"));
  CHECK(contains(result.out, path.string()));
  CHECK(contains(result.error, "after iteration 4"));
  CHECK(contains(result.error, "the moving average"));
  const Image sheet = read_png(path);
  CHECK(sheet.height == 2 * 18 + 2);
  CHECK(sheet.width == 3 * 18 + 2);
  CHECK(sheet.channels == 1);
  const std::vector<std::int64_t> seeds = {3, 7, 100, 101, 102};
  for (std::size_t i = 0; i < seeds.size(); ++i)
    CHECK((cell_of(sheet, 3, static_cast<std::int64_t>(i)) == image_of(seeds[i])));
  CHECK(cell_of(sheet, 3, 5) == Pixels(kSide * kSide, 255));
  CHECK(files_in(folder.path()) == std::vector<std::string>{"grid.png"});
}

TEST_CASE("grids that are not spelled out", "[sample]") {
  const TemporaryFolder folder;
  const auto path = folder / "grid.png";
  const auto sheet_of = [&](std::vector<std::string> arguments) {
    arguments.insert(arguments.end(), {"--out", path.string()});
    draw(arguments);
    return read_png(path);
  };
  const Image standard = sheet_of({});
  CHECK(standard.width == 8 * 18 + 2);
  CHECK(standard.height == 8 * 18 + 2);
  CHECK((cell_of(standard, 8, 6) == image_of(7)));  // seeds 1 to 64
  const Image wide = sheet_of({"--grid", "1x12"});
  CHECK(wide.width == 12 * 18 + 2);
  CHECK(wide.height == 18 + 2);
  CHECK((cell_of(wide, 12, 11) == image_of(12)));
  const Image five = sheet_of({"--count", "5"});
  CHECK(five.width == 3 * 18 + 2);
  CHECK(five.height == 2 * 18 + 2);
}

TEST_CASE("an image is its seed's: alone, in a list, in any batch, in colour", "[sample]") {
  const Pixels alone = image_of(7);
  CHECK((image_of(7, grey(), {"--batch", "1"}) == alone));
  CHECK((image_of(7, grey(), {"--batch", "5"}) == alone));
  CHECK((image_of(7, grey(), {"--threads", "1"}) == alone));
  CHECK((image_of(8) != alone));
  const TemporaryFolder folder;
  for (const char* batch : {"1", "3", "64"}) {
    INFO("batch " << batch);
    draw({"--separate", "--count", "10", "--batch", batch, "--out", (folder / "some").string()}, colour());
    CHECK((read_png(folder / "some/seed-7.png").pixels == image_of(7, colour())));
  }
  CHECK(files_in(folder / "some").size() == 10);
}

TEST_CASE("an array holds the images in the order of the seeds", "[sample]") {
  for (const Trained* trained : {&grey(), &colour()}) {
    const TemporaryFolder folder;
    draw({"--npy", "--seeds", "9,2-4,9", "--batch", "2", "--out", (folder / "a.npy").string()}, *trained);
    const Array array = read_npy(folder / "a.npy");
    CHECK(contains(array.description, trained == &grey() ? "'shape': (5, 16, 16, 1)" : "'shape': (5, 16, 16, 3)"));
    Pixels expected;
    for (const std::int64_t seed : {9, 2, 3, 4, 9}) append(expected, image_of(seed, *trained));
    CHECK((array.elements == expected));
    CHECK(files_in(folder.path()) == std::vector<std::string>{"a.npy"});
  }
}

TEST_CASE("a walk begins and ends at seeds' images and passes the others on time", "[sample]") {
  for (const Trained* trained : {&grey(), &colour()})
    for (const char* kind : {"slerp", "lerp"}) {
      const TemporaryFolder folder;
      const auto path = folder / "walk.webp";
      draw({"--walk", kind, "--seeds", "3,8,5", "--frames", "4", "--fps", "25", "--batch", "4", "--out", path.string()},
           *trained);
      const DecodedAnimation walk = decode_webp(contents_of(path));
      REQUIRE(walk.frames.size() == 9);
      CHECK(walk.endless);
      CHECK(walk.milliseconds.back() == 9 * 40);
      for (const auto& [frame, seed] : {std::pair{0, 3}, std::pair{4, 8}, std::pair{8, 5}}) {
        const Image expected{.height = kSide,
                             .width = kSide,
                             .channels = trained == &grey() ? 1 : 3,
                             .pixels = image_of(seed, *trained)};
        CHECK((walk.frames[static_cast<std::size_t>(frame)].pixels == as_rgb(expected).pixels));
      }
      for (std::size_t i = 1; i < 9; ++i) CHECK((walk.frames[i].pixels != walk.frames[i - 1].pixels));
    }
}

TEST_CASE("a walk as a GIF: grey as it is, colour to its palette", "[sample]") {
  const TemporaryFolder folder;
  const auto path = folder / "walk.gif";
  draw({"--walk", "slerp", "--seeds", "3,8", "--frames", "5", "--out", path.string()});
  const DecodedAnimation walk = decode_gif(contents_of(path));
  REQUIRE(walk.frames.size() == 6);
  CHECK(walk.endless);
  const auto grey_image = [](std::int64_t seed) {
    return as_rgb({.height = kSide, .width = kSide, .channels = 1, .pixels = image_of(seed)}).pixels;
  };
  CHECK((walk.frames.front().pixels == grey_image(3)));
  CHECK((walk.frames.back().pixels == grey_image(8)));

  draw({"--walk", "slerp", "--seeds", "3,8", "--frames", "5", "--out", path.string()}, colour());
  const DecodedAnimation in_colour = decode_gif(contents_of(path));
  REQUIRE(in_colour.frames.size() == 6);
  // 256 pixels a frame: a colour each, known to 5 bits (see animation_test.cpp).
  const Pixels first = image_of(3, colour());
  for (std::size_t i = 0; i < first.size(); ++i) REQUIRE(std::abs(int{in_colour.frames[0].pixels[i]} - first[i]) <= 7);
}

TEST_CASE("truncation and the choice of the generator change the image, and nothing else does", "[sample]") {
  const Pixels plain = image_of(7);
  CHECK((image_of(7, grey(), {"--truncation", "0.3"}) != plain));
  CHECK((image_of(7, grey(), {"--truncation", "0.3"}) == image_of(7, grey(), {"--truncation", "0.3", "--batch", "3"})));
  CHECK((image_of(7, grey(), {"--truncation", "7"}) == plain));
  CHECK((image_of(7, grey(), {"--ema", "no"}) != plain));
  CHECK((image_of(7, grey(), {"--ema", "yes"}) == plain));
}

TEST_CASE("a run without an average draws with its raw generator", "[sample]") {
  const Trained trained({"--ema", "0"});
  const TemporaryFolder folder;
  const ProgramResult result = draw({"--out", (folder / "a.png").string()}, trained);
  CHECK(contains(result.error, "the weights in training"));
  expect_refusal(sampling(trained.checkpoint, {"--ema", "yes"}), kWrongInput, "without a moving average", kSample);
}

TEST_CASE("options that contradict each other, or cannot be meant", "[sample]") {
  const WorkingFolder folder;
  const auto refused = [&](const std::vector<std::string>& more, const std::string& part) {
    expect_refusal(sampling(grey().checkpoint, more), kWrongInput, part, kSample);
    CHECK(folder.empty());
  };
  refused({"--grid", "2x2", "--npy"}, "--grid with --npy: accepted is one of");
  refused({"--separate", "--walk", "slerp"}, "--separate with --walk: accepted is one of");
  refused({"--count", "5", "--seeds", "1-5"}, "--count 5 with --seeds 1-5");
  refused({"--grid", "2x2", "--count", "5"}, "--grid 2x2: 5 images do not fit into 4 cells");
  for (const char* grid : {"2", "2x", "x2", "0x2", "2x2x2", "ax2", "2x-1", "10001x1"})
    refused({"--grid", grid}, "ROWSxCOLUMNS");
  refused({"--grid", "10000x10000", "--seeds", "1"}, "--grid: a sheet of 180000 x 180000 pixels");
  refused({"--seeds", "5-1"}, "--seeds: the range 5-1 falls");
  refused({"--seeds", "x"}, "--seeds: 'x' in 'x' is no seed");
  refused({"--walk", "slerp", "--seeds", "4"}, "--walk: there is one seed");
  refused({"--walk", "straight"}, "--walk: 'straight' is unknown");
  refused({"--frames", "10"}, "--frames: means something with --walk slerp or lerp only");
  refused({"--fps", "10"}, "--fps: means something with");
  refused({"--walk", "lerp", "--fps", "51"}, "--fps: 51 is out of range");
  refused({"--walk", "lerp", "--out", "walk.png"}, "names that end in .webp or .gif");
  refused({"--npy", "--out", "a.png"}, "does not end in .npy");
  refused({"--out", "a.jpg"}, "does not end in .png");
  refused({"--truncation", "0.001"}, "--truncation: 0.001 leaves next to nothing");
  refused({"--truncation", "-1"}, "--truncation: -1 is out of range");
  refused({"--ema", "maybe"}, "--ema: 'maybe' is unknown");
  refused({"--batch", "0"}, "--batch: 0 is out of range");
  refused({"--sedes", "1"}, "unknown option --sedes; did you mean --seeds?");
  refused({"a.safetensors"}, "unexpected argument 'a.safetensors'");
  expect_refusal({"--count", "4"}, kWrongInput, "--checkpoint: is missing", kSample);
}

TEST_CASE("files that are no checkpoint, or a damaged one", "[sample]") {
  const TemporaryFolder folder;
  const auto file = folder / "file";
  const auto refused = [&](const std::string& part) {
    expect_refusal(sampling(file, {"--out", (folder / "a.png").string()}), kWrongInput, part, kSample);
    CHECK(!std::filesystem::exists(folder / "a.png"));
  };
  refused("cannot open '" + file.string() + "': No such file");
  write_plainly(file, "");
  refused(file.string() + ": truncated: 0 bytes");
  write_plainly(file, std::string(100, '\xff'));
  refused(file.string() + ": no safetensors file");
  save_safetensors(file, {.tensors = {StoredTensor::of<float>("weight", {1}, std::vector<float>{1})}});
  refused(file.string() + ": not a checkpoint of this program");
  const std::string whole = contents_of(grey().checkpoint);
  for (const std::size_t at : {std::size_t{20}, whole.size() / 2, whole.size() - 1}) {
    std::string damaged = whole;
    damaged[at] = static_cast<char>(damaged[at] ^ 1);
    write_plainly(file, damaged);
    INFO("byte " << at);
    refused("is damaged");
  }
  write_plainly(file, whole.substr(0, whole.size() - 1));
  refused(file.string() + ": ");
  std::filesystem::remove(file);
  std::filesystem::create_directory(file);
  refused("is a folder");
}

TEST_CASE("interrupted: exit code 130, and no part of a file", "[sample]") {
  const TemporaryFolder folder;
  write_plainly(folder / "walk.webp", "what was there");
  for (const std::vector<std::string>& form :
       {std::vector<std::string>{"--npy", "--count", "1000000000", "--out", (folder / "a.npy").string()},
        {"--walk", "slerp", "--frames", "100000", "--count", "1000", "--out", (folder / "walk.webp").string()}}) {
    for (const int signal : {SIGINT, SIGTERM}) {
      RunningProgram program(kSample, sampling(grey().checkpoint, form));
      REQUIRE(program.wait_for_error("images "));
      program.send(signal);
      const ProgramResult result = program.finish();
      CHECK(result.exit_code == kInterrupted);
      CHECK(contains(result.out, "Interrupted after"));
      CHECK(contains(result.error, "once more stops at once"));
      CHECK(files_in(folder.path()) == std::vector<std::string>{"walk.webp"});
      CHECK(contents_of(folder / "walk.webp") == "what was there");
    }
  }
}

TEST_CASE("separate files that were whole when a signal came stay", "[sample]") {
  const TemporaryFolder folder;
  RunningProgram program(kSample, sampling(grey().checkpoint, {"--separate", "--count", "100000000", "--batch", "1",
                                                               "--out", folder.path().string()}));
  REQUIRE(program.wait_for_error("images "));
  while (count_files(folder.path()) < 3) REQUIRE(!program.has_ended());
  program.send(SIGINT);
  CHECK(program.finish().exit_code == kInterrupted);
  for (const std::string& name : files_in(folder.path())) {
    INFO(name);
    CHECK(name.ends_with(".png"));
    CHECK(read_png(folder / name).pixels.size() == kSide * kSide);
  }
}

TEST_CASE("a full disk: exit code 3, and no part of a file", "[sample]") {
  const TemporaryFolder folder;
  for (const std::vector<std::string>& form : {std::vector<std::string>{"--npy", "--out", (folder / "a.npy").string()},
                                               {"--out", (folder / "a.png").string()},
                                               {"--walk", "slerp", "--out", (folder / "a.gif").string()}}) {
    const FileSizeLimit limit(1000);
    expect_failure(sampling(grey().checkpoint, form), kMachineCannot, "File too large", kSample);
    CHECK(count_files(folder.path()) == 0);
  }
}

TEST_CASE("--out in a folder that is not there", "[sample]") {
  const TemporaryFolder folder;
  expect_failure(sampling(grey().checkpoint, {"--out", (folder / "none/a.png").string()}), kMachineCannot,
                 "cannot write '" + (folder / "none/a.png").string() + "': No such file", kSample);
}

TEST_CASE("--help teaches, --version says which", "[sample]") {
  const ProgramResult help = run_program(kSample, {"--help"});
  CHECK(help.exit_code == kDone);
  CHECK(help.error.empty());
  for (const char* part : {"Usage: gan_cuda_sample --checkpoint FILE", "Examples:", "--walk no|slerp|lerp", "[64]",
                           "inference form", "Exit codes"})
    CHECK(contains(help.out, part));
  std::istringstream lines(help.out);
  for (std::string line; std::getline(lines, line);) CHECK(line.size() <= 100);
  CHECK(run_program(kSample, {"--version"}).out == "gan_cuda_sample " GAN_VERSION "\n");
}

}  // namespace
}  // namespace gan::test
