// The panels that are one table each.

#include "analyzer/view/all_panels.h"
#include "analyzer/view/table_panel.h"

namespace beamtape {

const Panel kProcessesPanel{"processes", "Processes",
                            "Every process at this instant, but those of the recorder's connection",
                            [](Session& session) { draw_table_panel(session, "processes"); }};
const Panel kGroupsPanel{"groups", "Groups", "Processes by name, label or initial call",
                         [](Session& session) { draw_table_panel(session, "groups"); }};
const Panel kEtsPanel{"ets", "ETS", "Every ETS table at this instant",
                      [](Session& session) { draw_table_panel(session, "ets"); }};
const Panel kPortsPanel{"ports", "Ports", "Every port at this instant",
                        [](Session& session) { draw_table_panel(session, "ports"); }};
const Panel kSocketsPanel{"sockets", "Sockets",
                          "Sockets of the socket module (those of gen_tcp are ports)",
                          [](Session& session) { draw_table_panel(session, "sockets"); }};
const Panel kSchedulersPanel{"schedulers", "Schedulers", "Run queues of the schedulers",
                             [](Session& session) { draw_table_panel(session, "schedulers"); }};

}  // namespace beamtape
