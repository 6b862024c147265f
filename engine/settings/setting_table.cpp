#include "engine/settings/setting_table.h"

#include <fmt/format.h>

#include "kernels/core/contract/error.h"

namespace gan {

const Setting* SettingTable::find(std::string_view name) const {
  for (const Setting& setting : rows_)
    if (setting.name == name) return &setting;
  return nullptr;
}

std::vector<Setting> pick(const std::vector<Setting>& rows, std::initializer_list<std::string_view> names) {
  std::vector<Setting> picked;
  for (const std::string_view name : names) {
    const std::size_t before = picked.size();
    for (const Setting& row : rows)
      if (row.name == name) picked.push_back(row);
    require(picked.size() == before + 1, "there are {} settings of the name {}", picked.size() - before, name);
  }
  return picked;
}

void assign(const SettingTable& table, const std::vector<Assignment>& assignments) {
  for (const Assignment& assignment : assignments) {
    const Setting* const chosen = table.find(assignment.name);
    require(chosen != nullptr, "there is no setting of the name {}", assignment.name);
    if (chosen->alternative_of.empty()) continue;
    for (const Setting& setting : table)
      if (setting.alternative_of == chosen->alternative_of) clear_value(setting);
  }
  for (const Setting& setting : table)
    for (const Assignment& assignment : assignments)
      if (assignment.name == setting.name) try {
          set_value(setting, assignment.text);
        } catch (const InputError& error) { throw InputError(fmt::format("{}: {}", assignment.where, error.what())); }
}

void check_values(const SettingTable& table) {
  for (const Setting& setting : table) check_value(setting);
}

std::vector<std::string> result_changes(const SettingTable& before, const SettingTable& now) {
  std::vector<std::string> changes;
  for (const Setting& setting : now) {
    if (!setting.decides_result || setting.place != SettingPlace::Everywhere) continue;
    const std::string old_value = value_text(*before.find(setting.name)), new_value = value_text(setting);
    if (old_value != new_value)
      changes.push_back(fmt::format("--{} was {}, now {}", setting.name, old_value, new_value));
  }
  return changes;
}

}  // namespace gan
