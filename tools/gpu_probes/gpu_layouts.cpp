// Reads the layouts of the matrix instructions and copies off the GPU and compares them with the tables.
//
//   gpu_layouts TABLES.json [DUMP.json]
//
// TABLES.json: tests/data/tensor-core-layouts.json. DUMP.json gets what every probe read, raw. A line for each probe; exit
// code 0: all as the tables say; 1: something is not; 2: no such tables; 77: no GPU of compute capability 9.0. What the
// driver cannot do is reported as skipped.
#include <exception>
#include <fstream>
#include <functional>
#include <iostream>
#include <nlohmann/json.hpp>

#include "device_array.h"
#include "probes.h"

namespace {

using namespace gan::probes;
using nlohmann::json;

/// Runs probes, prints a line for each, keeps what they read.
class Report {
 public:
  /// `read` returns what the hardware says, `expected` what the tables say.
  void compare(const std::string& name, const json& expected, const std::function<json()>& read) {
    std::string problem;
    ++count_;
    try {
      const json seen = read();
      dump_[name] = {{"read", seen}, {"as the tables say", seen == expected}};
      if (seen != expected) problem = first_difference(seen, expected);
    } catch (const MissingFromDriver& missing) {
      std::cout << "skipped " << name << ": " << missing.what() << std::endl;
      ++skipped_;
      return;
    } catch (const std::exception& error) {
      problem = error.what();
      dump_[name] = {{"error", problem}};
      cudaDeviceReset();  // this program's context alone: after a fault nothing more would run in it
    }
    failed_ += problem.empty() ? 0 : 1;
    std::cout << (problem.empty() ? "ok      " : "DIFFERS ") << name << (problem.empty() ? "" : ": " + problem)
              << std::endl;
  }

  /// What is worth knowing but not in the tables.
  void note(const std::string& name, const json& value) {
    dump_[name] = value;
    std::cout << "note    " << name << ": " << value.dump() << '\n';
  }

  bool finish(const char* path) const {
    std::cout << count_ - failed_ - skipped_ << " as the tables say, " << failed_ << " not, " << skipped_
              << " skipped\n";
    if (path != nullptr) std::ofstream(path) << dump_.dump() << '\n';
    return failed_ == 0;
  }

 private:
  static std::string first_difference(const json& seen, const json& expected) {
    const json patch = json::diff(expected, seen);
    return std::to_string(patch.size()) + " entries, first " + patch.front().dump();
  }

  json dump_ = json::object();
  int count_ = 0, failed_ = 0, skipped_ = 0;
};

void compare_matrix_loads(Report& report, const json& tables) {
  for (const int matrices : {1, 2, 4})
    for (const bool transposed : {false, true}) {
      const std::string name = "x" + std::to_string(matrices) + (transposed ? ".trans" : "");
      report.compare("ldmatrix " + name, tables.at(name), [&] { return load_matrix(matrices, transposed); });
      report.compare("stmatrix " + name, tables.at(name), [&] { return store_matrix(matrices, transposed); });
    }
}

/// A fragment of the tables as [element]: row * columns + column, elements in the order lane, register, half.
std::vector<int> flattened(const json& fragment) {
  std::vector<int> places;
  for (const json& lane : fragment.at("table"))
    for (const json& place : lane) places.push_back(place.get<int>());
  return places;
}

Table expected_pairs(const json& instruction) {
  const std::vector<int> a = flattened(instruction.at("A")), b = flattened(instruction.at("B")),
                         d = flattened(instruction.at("C_f32"));
  const int depth = instruction.at("A").at("columns"), columns = instruction.at("B").at("columns");
  std::vector<std::int64_t> b_at(b.size());  // [k * columns + n]: 1 + the element
  for (std::size_t i = 0; i < b.size(); ++i) b_at[static_cast<std::size_t>(b[i])] = static_cast<std::int64_t>(i) + 1;
  Table pairs;
  for (const int place : a) {
    std::vector<std::int64_t> row;
    for (const int at : d)
      row.push_back(
          at / columns == place / depth ? b_at[static_cast<std::size_t>(place % depth * columns + at % columns)] : 0);
    pairs.push_back(row);
  }
  return pairs;
}

void compare_products(Report& report, const json& tables) {
  const std::pair<Mma, const char*> cases[] = {{Mma::M16N8K16Bf16, "m16n8k16_bf16_and_f16"},
                                               {Mma::M16N8K16F16, "m16n8k16_bf16_and_f16"},
                                               {Mma::M16N8K8Bf16, "m16n8k8_bf16_and_f16"},
                                               {Mma::M16N8K8Tf32, "m16n8k8_tf32"}};
  for (const auto& [mma, name] : cases)
    report.compare(std::string("mma ") + (mma == Mma::M16N8K16F16 ? "f16 in " : "") + name,
                   expected_pairs(tables.at(name)), [&, mma = mma] { return multiply_pairs(mma); });
}

/// The unit matrix (rows beyond k are zero) as A's registers hold it, by the tables.
std::vector<std::uint32_t> unit_fragment(const json& a, bool tf32) {
  std::vector<std::uint32_t> registers;
  const int columns = a.at("columns");
  for (const json& thread : a.at("table"))
    for (std::size_t i = 0; i < thread.size(); ++i) {
      const int place = thread[i];
      const bool one = place / columns == place % columns;
      if (tf32) registers.push_back(one ? 0x3f800000u : 0);
      else if (i % 2 == 0) registers.push_back(one ? 0x3f80u : 0);
      else registers.back() |= one ? 0x3f800000u : 0;
    }
  return registers;
}

/// Descriptor cases of one tile: every instruction block of it, as operand B and, where 64 rows make a block, as A.
class TileCase {
 public:
  TileCase(const json& tables, const json& description)
      : tables_(tables),
        c_(description),
        tf32_(c_.at("type") == "tf32"),
        mn_major_(c_.at("major") == "MN"),
        size_(c_.at("element_bytes")),
        block_mn_(c_.at("instruction_mn")),
        block_k_(c_.at("instruction_k")) {}

  void compare(Report& report) const {
    for (const bool tile_is_a : {false, true}) {
      if (tile_is_a && block_mn_ != 64) continue;
      const json& starts = c_.at("descriptor_start");
      for (int kb = 0; kb < static_cast<int>(starts.size()); ++kb)
        for (int mb = 0; mb < static_cast<int>(starts[0].size()); ++mb) {
          const std::string name = "wgmma " + std::string(tile_is_a ? "A " : "B ") + c_.at("type").get<std::string>() +
                                   " " + c_.at("major").get<std::string>() + "-major " +
                                   c_.at("swizzle").get<std::string>() + " " + c_.at("mn").dump() + "x" +
                                   c_.at("k").dump() + ", block " + std::to_string(mb) + "," + std::to_string(kb) +
                                   " of " + std::to_string(block_mn_) + ", lbo " + c_.at("lbo").dump();
          report.compare(name, expected(tile_is_a, mb, kb),
                         [&] { return seen(warpgroup_addresses(product(tile_is_a, starts[kb][mb])), tile_is_a); });
        }
    }
  }

 private:
  WarpgroupProduct product(bool tile_is_a, std::uint32_t start) const {
    const json& a = tables_.at(tf32_ ? "A_registers_tf32_m64k8" : "A_registers_bf16_and_f16_m64k16");
    return {.n = tile_is_a ? 64 : block_mn_,
            .tf32 = tf32_,
            .mn_major = mn_major_,
            .tile_is_a = tile_is_a,
            .descriptor = c_.at("layout_type").get<std::uint64_t>() << 62 |
                          c_.at("sbo").get<std::uint64_t>() / 16 << 32 | c_.at("lbo").get<std::uint64_t>() / 16 << 16,
            .start = start,
            .tile_bytes =
                c_.at("mn").get<std::uint32_t>() * c_.at("k").get<std::uint32_t>() * static_cast<std::uint32_t>(size_),
            .unit_a = unit_fragment(a, tf32_)};
  }

  /// [thread][register], as accumulators lie by the tables: the byte of the tile that must arrive there, -1 where the unit
  /// matrix leaves zeros.
  json expected(bool tile_is_a, int mb, int kb) const {
    return over_accumulator(tile_is_a, [&](int mn, int k) {
      const int row = mb * block_mn_ + mn, depth = kb * block_k_ + k;
      const int outer = mn_major_ ? depth : row, inner = (mn_major_ ? row : depth) * size_;
      return c_.at("chunks").at(static_cast<std::size_t>(outer)).at(static_cast<std::size_t>(inner / 16)).get<int>() +
             inner % 16;
    });
  }

  /// The probe's table, with -1 where the unit matrix leaves zeros.
  json seen(const Table& addresses, bool tile_is_a) const {
    json table = over_accumulator(tile_is_a, [](int, int) { return 0; });
    for (std::size_t thread = 0; thread < addresses.size(); ++thread)
      for (std::size_t r = 0; r < addresses[thread].size(); ++r)
        if (table[thread][r] != -1 || addresses[thread][r] != 0) table[thread][r] = addresses[thread][r];
    return table;
  }

  /// D[m][n] is the tile's (mn = n, k = m) as B, its (mn = m, k = n) as A.
  template <typename Value>
  json over_accumulator(bool tile_is_a, Value value) const {
    const json& d = tables_.at("accumulator_f32");
    const int columns = d.at("columns"), n = tile_is_a ? 64 : block_mn_;
    json table = json::array();
    for (const json& thread : d.at("table")) {
      json row = json::array();
      for (int r = 0; r < n / 2; ++r) {
        const int place = thread[static_cast<std::size_t>(r)], m = place / columns, column = place % columns;
        const int k = tile_is_a ? column : m, mn = tile_is_a ? m : column;
        row.push_back(k < block_k_ ? value(mn, k) : -1);
      }
      table.push_back(row);
    }
    return table;
  }

  const json &tables_, &c_;
  bool tf32_, mn_major_;
  int size_, block_mn_, block_k_;
};

void compare_descriptors(Report& report, const json& tables) {
  for (const json& description : tables.at("descriptor_cases").at("cases"))
    if (!description.at("chunks").is_null()) TileCase(tables, description).compare(report);
}

void compare_swizzles(Report& report, const json& tables) {
  constexpr int kRows = 64;
  const char* names[] = {"NONE", "32B", "64B", "128B"};  // in the order of CUtensorMapSwizzle
  for (int mode = 0; mode < 4; ++mode) {
    const std::vector<int> chunk = tables.at(names[mode]).at("chunk");
    const int row_bytes = 16 << mode, count = row_bytes / 16 * kRows, period = static_cast<int>(chunk.size());
    std::vector<std::int64_t> expected(static_cast<std::size_t>(count));
    for (int i = 0; i < count; ++i)
      expected[static_cast<std::size_t>(i / period * period + chunk[static_cast<std::size_t>(i % period)])] = i;
    report.compare(std::string("TMA swizzle ") + names[mode], expected,
                   [&] { return tensor_tile_chunks(mode, row_bytes, kRows); });
  }
}

void compare_im2col(Report& report, const json& tables) {
  for (const char* kind : {"hardware_cases", "model_cases"})
    for (const json& c : tables.at(kind)) {
      Im2col copy{};
      copy.n = c.at("shape")[0], copy.h = c.at("shape")[1], copy.w = c.at("shape")[2];
      for (std::size_t i = 0; i < 2; ++i) {
        copy.lower[i] = c.at("lower")[i], copy.upper[i] = c.at("upper")[i];
        copy.stride[i] = c.at("stride")[i], copy.offset[i] = c.at("offset")[i];
      }
      for (std::size_t i = 0; i < 3; ++i) copy.start[i] = c.at("start")[i];
      copy.pixels = static_cast<int>(c.at("pixels").size());
      json shown = c;
      shown.erase("pixels");
      report.compare("TMA im2col " + shown.dump(), c.at("pixels"), [&] { return im2col_pixels(copy); });
    }
}

void compare_rounding(Report& report, const json& tables) {
  std::vector<std::uint32_t> inputs;
  json expected = json::array();
  const auto bits = [](const json& hex) {
    return static_cast<std::uint32_t>(std::stoul(hex.get<std::string>(), nullptr, 16));
  };
  for (const json& c : tables.at("cases")) {
    inputs.push_back(bits(c[0]));
    expected.push_back(c[1] == "nan" ? json("nan") : json(bits(c[1])));
  }
  report.compare("cvt.rna.tf32", expected, [&] {
    json seen = json::array();
    for (const std::uint32_t result : round_to_tf32(inputs))
      seen.push_back((result & 0x7fffffff) > 0x7f800000 ? json("nan") : json(result & ~0x1fffu));
    return seen;
  });
}

}  // namespace

int main(int argc, char** argv) try {
  if (argc < 2 || argc > 3) {
    std::cerr << "gpu_layouts: error: call it as gpu_layouts TABLES.json [DUMP.json]\n";
    return 2;
  }
  std::ifstream file(argv[1]);
  const json tables = json::parse(file, nullptr, false);
  if (tables.is_discarded()) {
    std::cerr << "gpu_layouts: error: " << argv[1]
              << " is no JSON file; tests/data/tensor-core-layouts.json is meant\n";
    return 2;
  }
  if (!hopper_present()) return 77;
  Report report;
  compare_matrix_loads(report, tables.at("ldmatrix"));
  compare_products(report, tables.at("mma"));
  compare_rounding(report, tables.at("cvt_rna_tf32_f32"));
  compare_swizzles(report, tables.at("swizzle"));
  compare_descriptors(report, tables.at("wgmma"));
  compare_im2col(report, tables.at("im2col"));
  report.note("dynamic shared memory begins at", dynamic_shared_address());
  return report.finish(argc == 3 ? argv[2] : nullptr) ? 0 : 1;
} catch (const std::exception& error) {
  std::cerr << "gpu_layouts: error: " << error.what() << '\n';
  return 1;
}
