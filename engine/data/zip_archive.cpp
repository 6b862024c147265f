#include "engine/data/zip_archive.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <zip.h>

#include <algorithm>
#include <array>
#include <new>
#include <utility>

#include "engine/data/byte_reader.h"
#include "kernels/core/contract/error.h"

namespace gan {

namespace {

constexpr std::uint64_t kMostPerByte = 1032;  // deflate's largest ratio

/// Closes a file that is open inside an archive.
struct CloseEntry {
  void operator()(zip_file_t* file) const { zip_fclose(file); }
};

/// InputError for what libzip says of `what`; std::bad_alloc where it has no memory.
[[noreturn]] void fail(const std::string& what, zip_error_t& error) {
  const int code = zip_error_code_zip(&error);
  const std::string words = zip_error_strerror(&error);
  zip_error_fini(&error);  // it holds these words
  if (code == ZIP_ER_MEMORY) throw std::bad_alloc();
  throw InputError(fmt::format("{}: damaged zip archive: {}", what, words));
}

/// Whether a name, unpacked somewhere, would land elsewhere. Windows' separators count as well.
bool leads_out(std::string_view name) {
  const auto is_separator = [](char c) { return c == '/' || c == '\\'; };
  const auto is_letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
  if (name.empty() || is_separator(name[0])) return true;
  if (name.size() > 1 && is_letter(name[0]) && name[1] == ':') return true;
  for (std::size_t begin = 0; begin <= name.size();) {
    const auto end = std::find_if(name.begin() + std::ptrdiff_t(begin), name.end(), is_separator) - name.begin();
    if (name.substr(begin, std::size_t(end) - begin) == "..") return true;
    begin = std::size_t(end) + 1;
  }
  return false;
}

bool has_control_characters(std::string_view name) {
  return std::any_of(name.begin(), name.end(), [](char c) { return (c >= 0 && c < ' ') || c == 0x7f; });
}

bool is_link(zip_t& archive, std::uint64_t place) {
  zip_uint8_t system = 0;
  zip_uint32_t attributes = 0;
  if (zip_file_get_external_attributes(&archive, place, 0, &system, &attributes) != 0) return false;
  return system == ZIP_OPSYS_UNIX && S_ISLNK(attributes >> 16);
}

}  // namespace

bool is_zip(std::span<const std::uint8_t> head) {
  // The first entry, or the end of an archive that has none.
  constexpr std::array<std::uint8_t, 4> kEntry = {'P', 'K', 3, 4}, kEnd = {'P', 'K', 5, 6};
  return head.size() >= 4 &&
         (std::equal(kEntry.begin(), kEntry.end(), head.begin()) || std::equal(kEnd.begin(), kEnd.end(), head.begin()));
}

void ZipArchive::Close::operator()(zip* archive) const { zip_discard(archive); }

class ZipArchive::Turn {
 public:
  explicit Turn(const ZipArchive& archive) : archive_(archive) {
    {
      const std::lock_guard lock(archive.mutex_);
      if (!archive.idle_.empty()) {
        handle_ = std::move(archive.idle_.back());
        archive.idle_.pop_back();
      }
    }
    if (!handle_) handle_ = archive.open();
  }
  Turn(const Turn&) = delete;
  Turn& operator=(const Turn&) = delete;
  ~Turn() {
    const std::lock_guard lock(archive_.mutex_);
    archive_.idle_.push_back(std::move(handle_));
  }

  zip& handle() const { return *handle_; }

 private:
  const ZipArchive& archive_;
  Handle handle_;
};

ZipArchive::ZipArchive(const std::string& path, std::uint64_t most_entry_bytes) : path_(path) {
  const std::uint64_t file_bytes = FileReader(path).most_left();
  Handle archive = open();
  const zip_int64_t count = zip_get_num_entries(archive.get(), 0);
  for (zip_int64_t place = 0; place < count; ++place) check_entry(*archive, std::uint64_t(place), most_entry_bytes);
  double total = 0;  // no overflow
  for (const Entry& entry : entries_) total += double(entry.bytes);
  if (total > double(file_bytes) * double(kMostPerByte))
    throw InputError(fmt::format("{}: its entries say they hold {:.0f} bytes, more than its {} bytes can hold", path,
                                 total, file_bytes));
  // Entries of one name keep their order.
  std::stable_sort(entries_.begin(), entries_.end(), [](const Entry& a, const Entry& b) { return a.name < b.name; });
  idle_.push_back(std::move(archive));
}

ZipArchive::~ZipArchive() = default;

ZipArchive::Handle ZipArchive::open() const {
  int code = 0;
  Handle archive(zip_open(path_.c_str(), ZIP_RDONLY, &code));
  if (archive) return archive;
  zip_error_t error;
  zip_error_init_with_code(&error, code);
  fail(path_, error);
}

/// Appends the entry unless it is a folder.
void ZipArchive::check_entry(zip& archive, std::uint64_t place, std::uint64_t most_entry_bytes) {
  zip_stat_t status;
  if (zip_stat_index(&archive, place, 0, &status) != 0) fail(path_, *zip_get_error(&archive));
  constexpr zip_uint64_t kNeeded = ZIP_STAT_NAME | ZIP_STAT_SIZE | ZIP_STAT_COMP_SIZE | ZIP_STAT_COMP_METHOD;
  if ((status.valid & kNeeded) != kNeeded)
    throw InputError(fmt::format("{}: damaged zip archive: entry {} has no name, size or method", path_, place));
  const std::string name = status.name;
  if (has_control_characters(name))
    throw InputError(fmt::format("{}: the name of entry {} holds control characters", path_, place));
  const auto refuse = [&](const std::string& reason) {
    throw InputError(fmt::format("{}: entry '{}' {}", path_, name, reason));
  };
  if (leads_out(name)) refuse("has a name that leads out of the archive");
  if (is_link(archive, place)) refuse("is a link; accepted: files and folders");
  if ((status.valid & ZIP_STAT_ENCRYPTION_METHOD) != 0 && status.encryption_method != ZIP_EM_NONE)
    refuse("is encrypted; accepted: archives without a password");
  if (status.comp_method != ZIP_CM_STORE && status.comp_method != ZIP_CM_DEFLATE)
    refuse(fmt::format("is compressed by method {}; accepted: stored (0) and deflated (8)", status.comp_method));
  if (status.size > most_entry_bytes)
    refuse(fmt::format("says it holds {} bytes; accepted: at most {}", status.size, most_entry_bytes));
  if (status.size / kMostPerByte > status.comp_size)
    refuse(fmt::format("says it holds {} bytes, more than its {} compressed ones can", status.size, status.comp_size));
  if (!name.ends_with('/')) entries_.push_back({.name = name, .place = place, .bytes = status.size});
}

std::string ZipArchive::name(std::int64_t index) const { return fmt::format("{}: {}", path_, entries_[index].name); }

std::vector<std::uint8_t> ZipArchive::read_head(std::int64_t index, std::size_t count) const {
  return read_bytes(index, std::min<std::uint64_t>(count, entries_[index].bytes));
}

std::vector<std::uint8_t> ZipArchive::read(std::int64_t index) const {
  return read_bytes(index, entries_[index].bytes);
}

std::vector<std::uint8_t> ZipArchive::read_bytes(std::int64_t index, std::uint64_t count) const {
  const Turn turn(*this);
  const std::unique_ptr<zip_file_t, CloseEntry> file(
      zip_fopen_index(&turn.handle(), entries_[index].place, ZIP_FL_UNCHANGED));
  if (!file) fail(name(index), *zip_get_error(&turn.handle()));
  std::vector<std::uint8_t> bytes(count);
  // At the end, where libzip compares length and checksum, one byte more is asked for: there must be none.
  const bool to_the_end = count == entries_[index].bytes;
  std::uint8_t extra = 0;
  for (std::uint64_t read = 0;;) {
    const bool last = read == count;
    if (last && !to_the_end) return bytes;
    const zip_int64_t got =
        last ? zip_fread(file.get(), &extra, 1) : zip_fread(file.get(), bytes.data() + read, count - read);
    if (got < 0) fail(name(index), *zip_file_get_error(file.get()));
    if (last && got == 0) return bytes;
    if (last || got == 0)
      throw InputError(fmt::format("{}: damaged zip archive: does not hold the {} bytes it says", name(index), count));
    read += std::uint64_t(got);
  }
}

}  // namespace gan
