#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <utility>
#include <vector>

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
// --limit: rows at most, 0 for all; `usual` says what holds without it.
void add_limit(CLI::App& app, std::optional<std::size_t>& limit, const std::string& usual);
// How many of `all` rows it lets through.
std::size_t limited(std::size_t limit, std::size_t all);

Expected<Recording> open_recording(Context& context, const std::string& file);

// Damage in words, with what the file's reader met beside it; each part once.
std::vector<std::string> damage_texts(const Recording& recording, std::vector<Damage> damage);

// Warns that the answer is without these parts of the file. Returns the exit code.
int warn_of_damage(Context& context, const std::string& file,
                   const std::vector<std::string>& damage);

}  // namespace beamtape
