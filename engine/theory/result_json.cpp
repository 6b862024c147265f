#include "engine/theory/result_json.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cmath>
#include <fstream>
#include <limits>
#include <nlohmann/json.hpp>
#include <sstream>

#include "engine/files/atomic_file.h"
#include "kernels/core/contract/error.h"

namespace gan::theory {
namespace {

using Json = nlohmann::ordered_json;

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr const char* kResultFile = "result.json";

Json value_json(double value) {
  if (std::isnan(value)) return "nan";
  if (std::isinf(value)) return value > 0 ? "inf" : "-inf";
  return value;
}

double parse_value(const Json& json) {
  if (!json.is_string()) return json.get<double>();
  const auto& text = json.get_ref<const std::string&>();
  if (text == "nan") return std::numeric_limits<double>::quiet_NaN();
  if (text == "inf") return kInfinity;
  if (text == "-inf") return -kInfinity;
  throw InputError(fmt::format("'{}' is no value; a number, nan, inf and -inf are", text));
}

Json end_json(double end) { return std::isinf(end) ? Json() : Json(end); }

double parse_end(const Json& json, double open) { return json.is_null() ? open : json.get<double>(); }

Json measurement_json(const Measurement& m) {
  return {{"name", m.name},           {"value", value_json(m.value)}, {"low", end_json(m.low)},
          {"high", end_json(m.high)}, {"because", m.because},         {"holds", m.holds()}};
}

Outcome parse_outcome(const Json& json) {
  Outcome outcome{.name = json.at("name").get<std::string>(),
                  .conditions = {.seed = json.at("seed").get<std::uint64_t>(), .quick = json.at("quick").get<bool>()},
                  .result = {},
                  .seconds = json.at("seconds").get<double>()};
  for (const Json& number : json.at("numbers"))
    outcome.result.measurements.push_back({.name = number.at("name").get<std::string>(),
                                           .value = parse_value(number.at("value")),
                                           .low = parse_end(number.at("low"), -kInfinity),
                                           .high = parse_end(number.at("high"), kInfinity),
                                           .because = number.at("because").get<std::string>()});
  for (const Json& picture : json.at("pictures"))
    outcome.result.pictures.push_back({.name = picture.at("name").get<std::string>(),
                                       .svg = {},
                                       .caption = picture.at("caption").get<std::string>()});
  return outcome;
}

std::string read_text(const std::filesystem::path& path) {
  const std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  if (file) text << file.rdbuf();
  if (!file || !text) throw InputError(fmt::format("{}: cannot be read", path.string()));
  return text.str();
}

}  // namespace

std::string result_json(const Outcome& outcome) {
  Json json = {{"name", outcome.name},           {"seed", outcome.conditions.seed}, {"quick", outcome.conditions.quick},
               {"pass", outcome.result.holds()}, {"seconds", outcome.seconds},      {"numbers", Json::array()},
               {"pictures", Json::array()}};
  for (const Measurement& m : outcome.result.measurements) json["numbers"].push_back(measurement_json(m));
  for (const Picture& picture : outcome.result.pictures)
    json["pictures"].push_back({{"name", picture.name}, {"file", picture_file(picture)}, {"caption", picture.caption}});
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + '\n';
}

Outcome parse_result_json(std::string_view json, const std::string& where) {
  try {
    return parse_outcome(Json::parse(json));
  } catch (const Json::exception& problem) {
    throw InputError(fmt::format("{}: no result of an experiment: {}", where, problem.what()));
  } catch (const InputError& problem) {
    throw InputError(fmt::format("{}: no result of an experiment: {}", where, problem.what()));
  }
}

std::string picture_file(const Picture& picture) {
  const auto allowed = [](char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-' || c == '_'; };
  require(!picture.name.empty() && std::all_of(picture.name.begin(), picture.name.end(), allowed),
          "'{}' as the name of a picture's file", picture.name);
  return picture.name + ".svg";
}

void write_outcome(const std::filesystem::path& folder, const Outcome& outcome) {
  std::error_code problem;
  std::filesystem::create_directories(folder, problem);
  if (problem) throw MachineError(fmt::format("cannot create {}: {}", folder.string(), problem.message()));
  for (const Picture& picture : outcome.result.pictures)
    write_atomically(folder / picture_file(picture), std::string_view(picture.svg));
  write_atomically(folder / kResultFile, result_json(outcome));
}

bool has_outcome(const std::filesystem::path& folder) {
  std::error_code ignored;
  return std::filesystem::is_regular_file(folder / kResultFile, ignored);
}

Outcome read_outcome(const std::filesystem::path& folder) {
  const std::filesystem::path path = folder / kResultFile;
  Outcome outcome = parse_result_json(read_text(path), path.string());
  for (Picture& picture : outcome.result.pictures) {
    // A name from a file may be anything; only one that we would write is looked for.
    std::string file;
    try {
      file = picture_file(picture);
    } catch (const Error& problem) { throw InputError(fmt::format("{}: {}", path.string(), problem.what())); }
    picture.svg = read_text(folder / file);
  }
  return outcome;
}

}  // namespace gan::theory
