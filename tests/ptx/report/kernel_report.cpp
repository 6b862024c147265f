// Prints how the kernels of the reference workloads behave, as counted on the software GPU: instructions, active lanes,
// coalescing, bank conflicts, and registers and local memory from ptxas. Counts, not times: no GPU is measured.
//
//   kernel_report            a table for each reference workload
//   kernel_report --gate     the kernels of dcgan and mlp; ends with 1 if one has a finding that its header does not explain
//
// GAN_PTXAS is the assembler, GAN_KERNELS the folder of the kernels' sources, whose headers may give reasons (findings.h).
#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <fstream>
#include <regex>
#include <set>
#include <string_view>

#include "tests/ptx/report/findings.h"
#include "tests/ptx/report/resources.h"
#include "tests/ptx/report/workload.h"

namespace gan::ptx::report {
namespace {

// The roofline of an H200: memory as its device-to-device copies run, fp32 of 132 SMs at 1.98 GHz. A kernel that leaves the
// tensor cores alone can do no better.
constexpr double kBytesPerSecond = 4.3e12, kFlopsPerSecond = 132 * 128 * 2 * 1.98e9;

double roofline_seconds(const Cost& cost) {
  return std::max(static_cast<double>(cost.bytes) / kBytesPerSecond, static_cast<double>(cost.flops) / kFlopsPerSecond);
}

Workload workload(const char* title, const char* model, std::int64_t size, std::int64_t channels, std::int64_t width,
                  std::int64_t batch) {
  TrainingOptions options;
  options.model = model, options.image_height = options.image_width = size, options.channels = channels;
  options.width = width, options.batch = batch, options.iterations = 1, options.device = "cuda";
  return {.title = title, .options = options};
}

/// "conv_fprop_kernel" and what it is instantiated with, without parameters and namespaces.
std::string short_name(std::string name) {
  if (name.starts_with("void ")) name.erase(0, 5);
  for (const std::string_view space : {"(anonymous namespace)::", "gan::", "detail::"})
    for (std::size_t at = name.find(space); at != std::string::npos; at = name.find(space))
      name.erase(at, space.size());
  static const std::regex cast("\\(\\w+\\)(?=\\d)");  // of an enumerator among template arguments
  name = std::regex_replace(name, cast, "");
  return name.substr(0, name.find('('));
}
std::string base_name(const std::string& name) { return name.substr(0, name.find('<')); }

/// The kernels' resources, by asking ptxas about the PTX that the software GPU has run.
std::map<std::string, Resources> resources_of(const std::vector<Row>& rows) {
  std::set<const std::string*> texts;
  for (const Row& row : rows) texts.insert(row.launch.program->text.get());
  std::string folder = (std::filesystem::temp_directory_path() / "kernel_report.XXXXXX").string();
  if (mkdtemp(folder.data()) == nullptr) throw std::runtime_error("no temporary folder");
  std::map<std::string, Resources> all;
  for (const std::string* text : texts) {
    std::ofstream(folder + "/kernels.ptx") << *text;
    const std::string command = fmt::format("{} -v -arch=sm_90a {}/kernels.ptx -o {}/kernels.cubin 2>{}/log", GAN_PTXAS,
                                            folder, folder, folder);
    if (std::system(command.c_str()) != 0) throw std::runtime_error("ptxas failed: " + command);
    std::ifstream log(folder + "/log");
    all.merge(read_resources(log));
  }
  std::filesystem::remove_all(folder);
  return all;
}

void print_header() {
  std::puts(
      "| kernel | instruction, result | grid x block | M thread instructions | fma % | other float % | integer % | "
      "global "
      "% | shared % | branches % | lanes, main loop | useful sectors loaded, stored % | bank ways | barriers a warp | "
      "registers, static shared, local | warps at once of 64 | instruction's roofline us |");
  std::puts("|---|---|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|");
}

void print_row(const Row& row, const Resources& resources) {
  const CountedLaunch& launch = row.launch;
  const Counts& c = launch.counts;
  double all = 0;
  for (const u64 n : c.thread_instructions) all += static_cast<double>(n);
  const auto share = [&](Class kind) {
    return 100 * static_cast<double>(c.thread_instructions[static_cast<std::size_t>(kind)]) / all;
  };
  const auto useful = [](const GlobalTraffic& t) {
    return t.accesses == 0 ? std::string("-") : fmt::format("{:.0f}", 100 * t.useful());
  };
  const int threads = static_cast<int>(launch.block.volume());
  const double warps = static_cast<double>(launch.blocks) * ((threads + 31) / 32);
  fmt::print(
      "| {} | {} {} | {}x{}x{} x {} | {:.3f} | {:.0f} | {:.0f} | {:.0f} | {:.0f} | {:.0f} | {:.0f} | {:.1f}, {:.1f} | "
      "{}, {} | {} | {:.1f} | {}, {}, {} | {} | {:.1f} |\n",
      base_name(short_name(demangled(launch.program->name))), row.instruction, row.result, launch.grid.x, launch.grid.y,
      launch.grid.z, threads, all * launch.scale() * 1e-6, share(Class::kFma), share(Class::kFloat),
      share(Class::kInteger), share(Class::kGlobal), share(Class::kShared), share(Class::kBranch), c.active_lanes,
      c.main_loop_lanes, useful(c.loads), useful(c.stores),
      c.shared.parts == 0 ? "-" : fmt::format("{:.2f}", c.shared.ways()), static_cast<double>(c.barriers) / warps,
      resources.registers, resources.shared, resources.local, warps_at_once(resources, threads, launch.dynamic_shared),
      roofline_seconds(row.cost) * 1e6);
}

/// Prints what is wrong and why it may be; the number of findings that no header explains.
int print_findings(const std::vector<Row>& rows, const std::map<std::string, Resources>& resources,
                   std::vector<Reason>& reasons) {
  int unexplained = 0;
  for (const Row& row : rows) {
    const std::string name = demangled(row.launch.program->name);
    for (const Finding& finding : findings(row.launch.counts, resources.at(name))) {
      const Reason* reason = excuse(reasons, name, finding);
      unexplained += reason == nullptr;
      fmt::print("{}: {} ({} {}): {}: {}{}\n", reason == nullptr ? "UNEXPLAINED" : "explained", short_name(name),
                 row.instruction, row.result, finding.kind, finding.text,
                 reason == nullptr ? "" : fmt::format(" ({}: {})", reason->place, reason->text));
    }
  }
  return unexplained;
}

int run(bool gate) {
  std::vector<Workload> workloads{workload("mlp 28x28x1, width 64, batch 128", "mlp", 28, 1, 64, 128),
                                  workload("dcgan 64x64x3, width 64, batch 128", "dcgan", 64, 3, 64, 128)};
  if (!gate) {
    workloads.push_back(workload(
        "dcgan 64x64x3, width 256, batch 32: the discriminator's convolutions are those of the critic of anime-wgan",
        "dcgan", 64, 3, 256, 32));
    workloads.back().prefix = "conv";
  }
  std::vector<Reason> reasons = read_reasons(GAN_KERNELS);
  int unexplained = 0;
  for (const Workload& w : workloads) {
    const std::vector<Row> rows = count_iteration(w, gate ? 2 : 4);
    const std::map<std::string, Resources> resources = resources_of(rows);
    fmt::print("### {}\n\n", w.title);
    print_header();
    for (const Row& row : rows) print_row(row, resources.at(demangled(row.launch.program->name)));
    std::puts("");
    unexplained += print_findings(rows, resources, reasons);
    std::puts("");
  }
  if (!gate) return 0;
  for (const Reason& reason : reasons)
    if (!reason.needed)
      fmt::print("UNNEEDED: {}: nothing about {} is {} any more\n", reason.place, reason.name, reason.kind);
  const bool needed = std::all_of(reasons.begin(), reasons.end(), [](const Reason& r) { return r.needed; });
  fmt::print("{} findings that no header explains\n", unexplained);
  return unexplained == 0 && needed ? 0 : 1;
}

}  // namespace
}  // namespace gan::ptx::report

int main(int count, char** arguments) {
  const bool gate = count == 2 && std::string_view(arguments[1]) == "--gate";
  if (count > 1 && !gate) {
    std::fputs("usage: kernel_report [--gate]\n", stderr);
    return 2;
  }
  try {
    return gan::ptx::report::run(gate);
  } catch (const std::exception& e) {
    std::fprintf(stderr, "kernel_report: %s\n", e.what());
    return 1;
  }
}
