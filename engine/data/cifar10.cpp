#include "engine/data/cifar10.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <limits>
#include <numeric>

#include "engine/data/byte_reader.h"
#include "engine/data/raw_images.h"
#include "kernels/core/contract/error.h"

namespace gan {

namespace {

namespace fs = std::filesystem;

constexpr RawImages kRecords{.count = 1,
                             .height = 32,
                             .width = 32,
                             .channels = 3,
                             .order = RawImages::Order::Planar,
                             .label_bytes = 1,
                             .largest_label = 9};
constexpr std::string_view kTestBatch = "test_batch.bin";

bool is_training_batch(std::string_view name) { return name.starts_with("data_batch_") && name.ends_with(".bin"); }

/// How many records a file holds.
std::int64_t count_records(const FileReader& file) {
  const std::uint64_t bytes = file.most_left(), record = std::uint64_t(kRecords.record_bytes());
  if (bytes == 0 || bytes % record != 0 || bytes / record > std::numeric_limits<std::uint32_t>::max())
    throw InputError(
        fmt::format("{}: {} bytes are no whole number of CIFAR-10's records of {} bytes; accepted: a binary batch, "
                    "whole (as cifar-10-binary.tar.gz holds them)",
                    file.name(), bytes, record));
  return std::int64_t(bytes / record);
}

}  // namespace

bool is_cifar10(const std::string& path, std::uint64_t bytes, std::span<const std::uint8_t> head) {
  const std::string name = fs::path(path).filename().string();
  if (is_training_batch(name) || name == kTestBatch) return true;
  return !head.empty() && bytes % std::uint64_t(kRecords.record_bytes()) == 0 && head[0] <= kRecords.largest_label;
}

std::vector<std::string> cifar10_batches(const std::string& folder) {
  std::vector<std::string> batches;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder))
    if (std::error_code ignored; entry.is_regular_file(ignored) && is_training_batch(entry.path().filename().string()))
      batches.push_back(entry.path().string());
  std::sort(batches.begin(), batches.end());
  return batches;
}

Dataset load_cifar10(const std::vector<std::string>& files, const std::string& name, const DataOptions& options) {
  std::vector<std::int64_t> counts;
  counts.reserve(files.size());
  for (const std::string& file : files) counts.push_back(count_records(FileReader(file)));
  const std::int64_t total = std::accumulate(counts.begin(), counts.end(), std::int64_t{0});
  Dataset dataset = reserve_dataset(name, total, options.height, options.width,
                                    options.channels != 0 ? options.channels : kRecords.channels);
  LoadingMeter meter(options.observer, "reading " + name, total);
  for (std::size_t i = 0; i < files.size(); ++i) {
    FileReader file(files[i]);
    RawImages records = kRecords;
    records.count = counts[i];
    append_raw_images(file, records, dataset, options.threads, meter);
    require_end(file, "CIFAR-10");  // grown meanwhile
  }
  return dataset;
}

}  // namespace gan
