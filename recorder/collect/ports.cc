// Every port: erlang:port_info/1, the items that it leaves out, and of sockets what inet knows.

#include "recorder/collect/all_collectors.h"
#include "recorder/collect/listed_table.h"

namespace beamtape {
namespace {

// {Part, Infos, [Answers of port_info(Port, Item), one list per item], Sockets}, where Sockets are
// {SocketPorts, Statistics, LocalAddresses, RemoteAddresses}.
const Question kPorts{
    .name = "ports",
    .keys = "erlang:ports()",
    .answer =
        "begin"
        " Infos = lists:map(fun erlang:port_info/1, Part),"
        " More = [lists:zipwith(fun erlang:port_info/2, Part, lists:duplicate(length(Part), Item))"
        "  || Item <- [memory, queue_size, monitors, monitored_by, parallelism, locking,"
        "              registered_name]],"
        " Sockets = [Port || {Port, Info} <- lists:zip(Part, Infos), is_list(Info),"
        "  lists:member(lists:keyfind(name, 1, Info),"
        "               [{name, \"tcp_inet\"}, {name, \"udp_inet\"}, {name, \"sctp_inet\"}])],"
        " {Part, Infos, More, {Sockets, lists:map(fun inet:getstat/1, Sockets),"
        "  lists:map(fun inet:sockname/1, Sockets), lists:map(fun inet:peername/1, Sockets)}}"
        " end",
    .chunk = 200,
    .most_per_row = std::chrono::microseconds(100),
};

class Ports : public ListedTable {
 public:
  Ports()
      : ListedTable(port_table(), kPorts),
        socket_reader_(port_table(),
                       [](const Column& column) { return column.id >= 20 && column.id < 30; }),
        sockname_(port_table().index_of("sockname")),
        peername_(port_table().index_of("peername")) {}

 private:
  std::size_t read_chunk(Cursor& ports, RecordedNode& node) override {
    if (!ports.tuple(4)) return 0;
    Cursor infos = ports;
    infos.skip();
    Cursor more = infos;
    more.skip();
    Cursor sockets = more;
    sockets.skip();
    Cells cells = node.cells();
    const std::vector<Cursor> items = item_lists(more);
    std::vector<Cursor> values = items;
    std::vector<ListReader> lists;
    lists.reserve(values.size());
    for (Cursor& value : values) lists.emplace_back(value);
    ListReader port_list(ports);
    ListReader info_list(infos);
    std::size_t count = 0;
    while (port_list.next() && info_list.next()) {
      const Cell port = cells.ref(ports);
      const bool lives = !infos.take_atom("undefined");
      if (lives) reader().read(infos, cells, row_);
      for (std::size_t at = 0; at < lists.size(); ++at) {
        if (lists[at].next()) read_item(values[at], cells);
      }
      if (!lives || is_missing(port)) continue;
      for (const std::size_t at : socket_reader_.columns()) row_[at] = missing(Missing::kNone);
      row_[sockname_] = row_[peername_] = missing(Missing::kNone);
      store(port, node);
      ++count;
    }
    read_sockets(sockets, cells, node);
    return count;
  }

  static std::vector<Cursor> item_lists(Cursor more) {
    std::vector<Cursor> items;
    ListReader lists(more);
    while (lists.next()) {
      items.push_back(more);
      more.skip();
    }
    return items;
  }

  // {Item, Value}, [] for a port without a name, undefined for one that is gone.
  void read_item(Cursor& cursor, Cells& cells) {
    if (!cursor.tuple(2)) {
      if (const auto name = port_table().find("registered_name"); row_.size() > *name) {
        // Only registered_name answers [] instead of {Item, Value}.
        row_[*name] = missing(Missing::kNone);
      }
      cursor.skip();
      return;
    }
    const auto item = cursor.atom();
    const auto column = item ? port_table().find(item->bytes) : std::nullopt;
    if (column) {
      row_[*column] = cells.read(cursor, port_table().columns[*column]);
    } else {
      cursor.skip();
    }
  }

  void read_sockets(Cursor& sockets, Cells& cells, RecordedNode& node) {
    if (!sockets.tuple(4)) return;
    Cursor statistics = sockets;
    statistics.skip();
    Cursor local = statistics;
    local.skip();
    Cursor remote = local;
    remote.skip();
    Rows& rows = node.rows(port_table());
    ListReader ports(sockets), statistics_list(statistics), locals(local), remotes(remote);
    while (ports.next() && statistics_list.next() && locals.next() && remotes.next()) {
      const auto slot = rows.find(cells.ref(sockets));
      if (statistics.tuple(2) && statistics.take_atom("ok")) {
        socket_reader_.read(statistics, cells, row_);
      } else {
        statistics.skip();
        for (const std::size_t at : socket_reader_.columns()) row_[at] = missing(Missing::kGone);
      }
      row_[sockname_] = cells.read(local, port_table().columns[sockname_]);
      row_[peername_] = cells.read(remote, port_table().columns[peername_]);
      if (!slot) continue;
      for (const std::size_t at : socket_reader_.columns()) rows.set(*slot, at, row_[at]);
      rows.set(*slot, sockname_, row_[sockname_]);
      rows.set(*slot, peername_, row_[peername_]);
    }
  }

  RowReader socket_reader_;  // of what inet:getstat/1 answers
  const std::size_t sockname_, peername_;
};

}  // namespace

std::unique_ptr<Collector> ports() { return std::make_unique<Ports>(); }

}  // namespace beamtape
