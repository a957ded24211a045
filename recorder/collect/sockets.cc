// Sockets of the `socket` module, which are not ports. Asked only where the module is loaded, so
// that the recorder loads nothing.

#include "recorder/collect/all_collectors.h"
#include "recorder/collect/listed_table.h"

namespace beamtape {
namespace {

const Question kSockets{
    .name = "sockets",
    .keys = "case erlang:module_loaded(socket) of true -> socket:which_sockets(); _ -> [] end",
    .answer =
        "[{Socket, catch socket:info(Socket), catch socket:sockname(Socket),"
        "  catch socket:peername(Socket)} || Socket <- Part]",
    .chunk = 100,
};

class Sockets : public ListedTable {
 public:
  Sockets()
      : ListedTable(socket_table(), kSockets),
        sockname_(socket_table().index_of("sockname")),
        peername_(socket_table().index_of("peername")) {}

 private:
  std::size_t read_chunk(Cursor& cursor, RecordedNode& node) override {
    Cells cells = node.cells();
    ListReader sockets(cursor);
    std::size_t count = 0;
    while (sockets.next()) {
      if (!cursor.tuple(4)) {
        cursor.skip();
        continue;
      }
      Cursor socket = cursor;
      cursor.skip();
      const bool lives = cursor.kind() == TermKind::kMap;
      reader().read(cursor, cells, row_);
      row_[sockname_] = address(cursor, cells);
      row_[peername_] = address(cursor, cells);
      if (!lives) continue;
      if (!socket.tuple(2) || !socket.take_atom("$socket")) continue;
      store(cells.term(socket), node);
      ++count;
    }
    return count;
  }

  // {ok, #{addr := Address, port := Port}} as Erlang writes the map; an error is none.
  static Cell address(Cursor& cursor, Cells& cells) {
    Cursor answer = cursor;
    if (answer.tuple(2) && answer.take_atom("ok")) {
      cursor = answer;
      return cells.term(cursor);
    }
    cursor.skip();
    return missing(Missing::kNone);
  }

  const std::size_t sockname_, peername_;
};

}  // namespace

std::unique_ptr<Collector> sockets() { return std::make_unique<Sockets>(); }

}  // namespace beamtape
