// gan_cuda_train refuses wrong input in one line, with exit code 2 or 3, and touches nothing.
#include "tests/apps/app_test_support.h"
#include "tests/engine/data/zip_files.h"

namespace gan::test {
namespace {

constexpr int kWrongInput = 2, kMachineCannot = 3;

TEST_CASE("wrong command lines", "[refusal]") {
  const TemporaryFolder folder;
  const auto run = folder / "run";
  const auto refused = [&](const std::vector<std::string>& more, const std::string& part) {
    expect_refusal(small_run(run, more), kWrongInput, part);
  };
  refused({"--bacth", "64"}, "unknown option --bacth; did you mean --batch?");
  refused({"--batch"}, "--batch: a value is missing");
  refused({"--batch", "abc"}, "--batch: 'abc' is not a whole number");
  refused({"--batch", "1"}, "--batch: 1 is too small for dcgan");
  refused({"--image-size", "15"}, "--image-size: 15 is out of range");
  refused({"--image-size", "257x64"}, "--image-size: 257 is out of range");
  refused({"--model", "dgcan"}, "did you mean dcgan?");
  refused({"--epochs", "1", "--minutes", "1"}, "exactly one of the three");
  refused({"--lr", "nan"}, "--lr: 'nan' is not a number");
  refused({"shapes"}, "unexpected argument 'shapes'");
  CHECK(std::filesystem::is_empty(folder.path()));
}

TEST_CASE("wrong config files", "[refusal]") {
  const TemporaryFolder folder;
  const std::string file = (folder / "c.toml").string();
  const auto refused = [&](const std::string& text, const std::string& part) {
    write_plainly(file, text);
    expect_refusal(small_run(folder / "run", {"--config", file}), kWrongInput, file + part);
  };
  refused("batch = 8\nbacth = 64\n", ", line 2: unknown key 'bacth'; did you mean batch?");
  refused("batch = \"8\"\n", ", line 1: batch is a string; accepted is a whole number");
  refused("batch = 8\nbatch = 8\n", ", line 2: batch stands here a second time");
  refused("[run]\n", ", line 1: tables are not accepted");
  expect_refusal({"--config", (folder / "none.toml").string()}, kWrongInput, "none.toml: cannot be read");
  CHECK(count_files(folder.path()) == 1);
}

TEST_CASE("places for the run that will not do", "[refusal]") {
  const TemporaryFolder folder;
  std::filesystem::create_directory(folder / "full");
  write_plainly(folder / "full/thesis.txt", "precious");
  expect_refusal(small_run(folder / "full", {"--iterations", "1"}), kWrongInput, (folder / "full").string());
  expect_refusal(small_run(folder / "full/thesis.txt", {"--iterations", "1"}), kWrongInput, "is a file");
  expect_refusal(small_run("/proc/run", {"--iterations", "1"}), kWrongInput, "/proc/run");
  expect_refusal({"--resume", (folder / "full").string()}, kWrongInput, (folder / "full").string());
  expect_refusal({"--resume", (folder / "none").string()}, kWrongInput, (folder / "none").string());
  CHECK(files_in(folder / "full") == std::vector<std::string>{"thesis.txt"});
  CHECK(contents_of(folder / "full/thesis.txt") == "precious");
}

TEST_CASE("a finished run is not overwritten", "[refusal]") {
  const TemporaryFolder folder;
  const auto arguments = small_run(folder / "run", {"--iterations", "1", "--device", "cpu"});
  REQUIRE(run_program(kTrain, arguments).exit_code == 0);
  const std::string log = contents_of(folder / "run/log.jsonl");
  expect_refusal(arguments, kWrongInput, "--resume");
  CHECK(contents_of(folder / "run/log.jsonl") == log);
}

TEST_CASE("data that will not do", "[refusal]") {
  const TemporaryFolder folder;
  std::filesystem::create_directory(folder / "empty");
  write_plainly(folder / "text", "this is no IDX file at all");
  const auto refused = [&](const std::string& data, const std::string& part) {
    expect_refusal(small_run(folder / "run", {"--data", data, "--iterations", "1"}), kWrongInput, part);
  };
  refused((folder / "none").string(), (folder / "none").string());
  refused((folder / "empty").string(), (folder / "empty").string());
  refused((folder / "text").string(), (folder / "text").string());
  expect_refusal(small_run(folder / "run", {"--batch", "8193", "--iterations", "1"}), kWrongInput, "7936");
  CHECK(!std::filesystem::exists(folder / "run"));
}

TEST_CASE("IDX files that are not what they say", "[refusal]") {
  const TemporaryFolder folder;
  const auto refused = [&](const Bytes& bytes, const std::string& part) {
    const std::string file = folder.write("images", bytes);
    expect_refusal(small_run(folder / "run", {"--data", file, "--iterations", "1"}), kWrongInput, file + part);
    CHECK(files_in(folder.path()) == std::vector<std::string>{"images"});
  };
  const Bytes header = idx_header({20, 16, 16}), whole = joined({header, noise(20 * 16 * 16)});
  refused(first_bytes(whole, 5000), ": ");
  refused(first_bytes(gzip(whole), 2000), ": truncated");
  refused(joined({Bytes{0, 0, 0x0d, 3}, whole}), ": ");
  refused(idx_header({0xffffffff, 0xffffffff, 0xffffffff}), ": ");
  // A gzip bomb: 64 MB of zeros in 64 kB, behind a header that asks for ten thousand times as much.
  refused(gzip(joined({idx_header({1u << 20, 1024, 1024}), Bytes(64 << 20)})), ": ");
}

TEST_CASE("folders whose images will not do", "[refusal]") {
  const TemporaryFolder folder;
  const Bytes png = flat_png(16, 16, 1, 2, 3);
  const auto refused = [&](const std::string& name, const Bytes& bytes, const std::string& part) {
    const TemporaryFolder images;
    images.write("good.png", png);
    const std::string file = images.write(name, bytes);
    expect_refusal(small_run(folder / "run", {"--data", images.path().string(), "--iterations", "1"}), kWrongInput,
                   file + ": " + part);
    CHECK(std::filesystem::is_empty(folder.path()));
  };
  refused("half.png", first_bytes(png, png.size() / 2), "");
  refused("half.jpg", first_bytes(encode_jpeg({.width = 16, .height = 16, .samples = noise(768)}), 300), "");
  // A header that claims 100000 x 100000, with the checksum that belongs to it.
  Bytes claim =
      joined({first_bytes(png, 16), big_endian(100000), big_endian(100000), Bytes(png.begin() + 24, png.end())});
  const Bytes checksum = big_endian(static_cast<std::uint32_t>(crc32(0, claim.data() + 12, 17)));
  std::copy(checksum.begin(), checksum.end(), claim.begin() + 29);
  refused("vast.png", claim, "says its size is 100000x100000");

  const TemporaryFolder texts;
  texts.write("notes.txt", {});
  expect_refusal(small_run(folder / "run", {"--data", texts.path().string(), "--iterations", "1"}), kWrongInput,
                 texts.path().string());
  CHECK(std::filesystem::is_empty(folder.path()));
}

TEST_CASE("archives and arrays that will not do", "[refusal]") {
  const TemporaryFolder folder;
  const auto refused = [&](const Bytes& bytes, const std::string& part) {
    const std::string file = folder.write("images", bytes);
    expect_refusal(small_run(folder / "run", {"--data", file, "--iterations", "1"}), kWrongInput, file + ": " + part);
    CHECK(files_in(folder.path()) == std::vector<std::string>{"images"});
  };
  const Bytes png = flat_png(16, 16, 1, 2, 3), archive = zip_archive({{"1.png", png}});
  refused(first_bytes(archive, archive.size() / 2), "");
  refused(zip_archive({{.name = "1.png", .content = png, .flags = 1}}), "entry '1.png' is encrypted");
  refused(zip_archive({{"../1.png", png}}), "entry '../1.png' has a name that leads out");
  refused(zip_archive({{"notes", {'h', 'i'}}}), "there is no image among its 1 file: 1 text");
  refused(zip_archive({{"half.png", first_bytes(png, png.size() / 2)}}), "half.png: damaged PNG file");
  refused({0x93, 'N', 'U', 'M', 'P', 'Y', 1, 0, 2, 0, '{', '}'}, "damaged .npy header");
}

TEST_CASE("places for a cache that will not do", "[refusal]") {
  const TemporaryFolder folder;
  write_plainly(folder / "thesis.txt", "precious");
  folder.write("images/1.png", flat_png(16, 16, 1, 2, 3));
  const std::string file = (folder / "thesis.txt").string(), images = (folder / "images").string();
  expect_refusal(small_run(folder / "run", {"--data", images, "--cache", file, "--iterations", "1"}), kWrongInput,
                 "--cache " + file);
  expect_refusal(small_run(folder / "run", {"--cache", file, "--iterations", "1"}), kWrongInput,
                 "--cache: means something with --data that is read from files only");
  CHECK(contents_of(file) == "precious");
  CHECK(!std::filesystem::exists(folder / "run"));
}

TEST_CASE("--device cuda without a GPU", "[refusal]") {
  const TemporaryFolder folder;
  expect_refusal(small_run(folder / "run", {"--device", "cuda", "--iterations", "1"}), kMachineCannot, "--device cpu");
  CHECK(!std::filesystem::exists(folder / "run"));
}

}  // namespace
}  // namespace gan::test
