#include "analyzer/view/links.h"

#include <algorithm>

#include "analyzer/view/widgets.h"

namespace beamtape {

namespace {

std::string quoted_filter(const char* condition, const std::string& text) {
  // The filter's texts have no way to hold these.
  return text.find_first_of("\"\\") == std::string::npos
             ? std::string(condition) + " \"" + text + "\""
             : "";
}

}  // namespace

std::string group_filter(const std::string& group) {
  // Whatever was folded has no digits left: this is a name as it is, as of a function.
  if (group.find_first_of("0123456789") != std::string::npos) return quoted_filter("name ~", group);
  std::string filter;
  for (std::size_t start = 0; start < group.size();) {
    const std::size_t end = std::min(group.find('_', start), group.size());
    // A letter or two between folded numbers tell nothing, unless there is nothing else.
    if (end - start > 2 || (end > start && end - start == group.size())) {
      const std::string one = quoted_filter("name ~", group.substr(start, end - start));
      if (one.empty()) return "";
      filter += (filter.empty() ? "" : " and ") + one;
    }
    start = end + 1;
  }
  return filter;
}

bool are_sockets(const std::string& kind, const std::string& id) {
  return kind == "port" && id == "socket";
}

bool leads_somewhere(const std::string& kind) {
  return kind == "process" || kind == "group" || kind == "ets" || kind == "port" ||
         kind == "node" || kind == "allocator";
}

void follow(Session& session, const std::string& kind, const std::string& id) {
  if (id.empty() && kind != "node" && kind != "allocator") return;
  if (kind == "process") session.select(id);
  if (kind == "group") session.show_filtered("processes", group_filter(id));
  // By identifier, or by a name, which may be folded too.
  if (kind == "ets") {
    session.show_filtered("ets", id[0] == '#' ? quoted_filter("id =", id) : group_filter(id));
  }
  if (are_sockets(kind, id)) {
    session.show("sockets");
  } else if (kind == "port") {
    session.show_filtered("ports", id[0] == '#' ? quoted_filter("port =", id) : group_filter(id));
  }
  if (kind == "node") session.show("node");
  if (kind == "allocator") session.show("allocators");
}

void thing_link(Session& session, const std::string& text, const std::string& kind,
                const std::string& id) {
  if (id.empty() || !leads_somewhere(kind)) {
    mono_text(text, theme().text);
  } else if (kind == "process") {
    process_link(session, text, id);
  } else if (text_link(text)) {
    follow(session, kind, id);
  }
  tell_place(session, kind + " " + text);
}

}  // namespace beamtape
