#include "analyzer/load/default_columns.h"

#include <array>
#include <string_view>

namespace beamtape {

namespace {

struct Entry {
  std::string_view table;
  const char* columns;
  const char* sort;
  std::size_t limit;
};

constexpr std::array<Entry, 7> kViews{{
    {"process", "pid,name,memory,message_queue_len,reductions,status,current_function", "memory",
     20},
    {"ets", "name,size,memory,owner,type,protection,id", "memory", 20},
    {"port", "port,name,connected,input,output,queue_size,memory,peername", "", 20},
    {"socket", "id,owner,domain,type,protocol,read_byte,write_byte,peername", "", 20},
    {"allocator",
     "key,mbcs_blocks_size,mbcs_carriers_size,mbcs_pool_carriers_size,sbcs_blocks_size,"
     "sbcs_carriers_size",
     "", 0},
    {"scheduler", "id,type,run_queue_length,active_tasks,worked", "", 0},
    {"group", "name,processes,memory,memory_unknown,message_queue_len,reductions,appeared,gone",
     "memory", 20},
}};

}  // namespace

DefaultView default_view(const std::string& table_name) {
  for (const Entry& entry : kViews) {
    if (entry.table == table_name) return {entry.columns, entry.sort, entry.limit};
  }
  return {};
}

std::string window_view(const std::string& table_name, const std::string& sort) {
  if (table_name == "process") {
    return "pid,name,rate(reductions),delta(memory),delta(message_queue_len),memory,"
           "message_queue_len,current_function";
  }
  const std::string usual = default_view(table_name).columns;
  const bool changes = sort.starts_with("rate(") || sort.starts_with("delta(");
  return changes ? usual + "," + sort.substr(0, sort.find(')') + 1) : usual;
}

}  // namespace beamtape
