#pragma once

#include <string>
#include <utility>

#include "analyzer/commands/command.h"
#include "analyzer/load/recording.h"

namespace beamtape {

// Words that several commands share, declared alike everywhere.

enum class Format { kTable, kJson, kCsv };

struct FormatOption {
  std::string name = "table";
  bool json = false;

  Format format() const;
};

void add_file(CLI::App& app, std::string& file);
// --format and its short form --json; csv only where an answer has rows.
void add_format(CLI::App& app, FormatOption& format, bool with_csv);
void add_at(CLI::App& app, std::string& at);
void add_range(CLI::App& app, std::string& from, std::string& to);
void add_node(CLI::App& app, std::string& node);

Expected<Recording> open_recording(Context& context, const std::string& file);

// Parts of the answer that are missing because the file is damaged: one warning for each kind
// of part. Returns the exit code.
int warn_of_damage(Context& context, const std::string& file, const std::vector<Damage>& damage);

}  // namespace beamtape
