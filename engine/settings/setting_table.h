// All settings of a program, once: its command line, help, config file and checks are loops over this table.
//
// A program declares a struct of options, whose initialisers are its defaults, and a function that lists the rows of
// that struct. It may take rows of another program's (`pick`):
//
//   struct SampleOptions { TrainingOptions training; std::int64_t count = 64; };
//   std::vector<Setting> sample_settings(SampleOptions& o) {
//     std::vector<Setting> rows = pick(training_settings(o.training), {"device", "threads", "seed"});
//     rows.push_back({.name = "count", ..., .value = &o.count, .accepted = WholeRange{1, 4096}});
//     return rows;
//   }
//   SampleOptions options;
//   const SettingTable table(options, sample_settings);
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "engine/settings/setting.h"

namespace gan {

/// The rows of a program, bound to its options, which must outlive the table.
class SettingTable {
 public:
  template <class Options>
  SettingTable(Options& options, std::vector<Setting> (*rows)(Options&)) : rows_(rows(options)) {
    Options standard;
    const std::vector<Setting> at_default = rows(standard);
    for (std::size_t i = 0; i < rows_.size(); ++i) rows_[i].default_text = value_text(at_default[i]);
  }

  /// In the order in which help and config.toml show them. A row that sets several values (--lr) comes before those
  /// that may refine it.
  std::vector<Setting>::const_iterator begin() const { return rows_.begin(); }
  std::vector<Setting>::const_iterator end() const { return rows_.end(); }
  std::size_t size() const { return rows_.size(); }

  /// The setting of that name, or null.
  const Setting* find(std::string_view name) const;

 private:
  std::vector<Setting> rows_;
};

/// The rows of these names, in the order of the names. Error for a name that is not there.
std::vector<Setting> pick(const std::vector<Setting>& rows, std::initializer_list<std::string_view> names);

/// A value that somebody has given a setting.
struct Assignment {
  std::string name;   ///< of the setting
  std::string text;   ///< the value, as a user types it
  std::string where;  ///< begins the message of an error: "--batch", "c.toml, line 3: batch"
};

/// Gives the settings their values, in the order of the table: a row may refine an earlier one wherever the two were
/// written; of two values for one setting the last counts. A value for one of several alternatives clears the others.
/// Names must be in the table. InputError `WHERE: 'abc' is not a whole number`.
void assign(const SettingTable& table, const std::vector<Assignment>& assignments);

/// check_value() of every row.
void check_values(const SettingTable& table);

/// `--batch was 64, now 32` for every recorded setting that decides the result and differs between two tables of one
/// program. --device and --threads are among them: other summation orders, other bits.
std::vector<std::string> result_changes(const SettingTable& before, const SettingTable& now);

}  // namespace gan
