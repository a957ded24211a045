#include "analyzer/view/links.h"

#include "analyzer/findings/group_filter.h"
#include "analyzer/view/widgets.h"

namespace beamtape {

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
    session.show_filtered("ets", id[0] == '#' ? filter_of("id", id) : group_filter(id));
  }
  if (are_sockets(kind, id)) {
    session.show("sockets");
  } else if (kind == "port") {
    session.show_filtered("ports", id[0] == '#' ? filter_of("port", id) : group_filter(id));
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
