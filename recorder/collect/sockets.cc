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
        "begin Address = fun(Answer) -> case Answer of"
        "   {ok, #{addr := IP, port := Number}} -> {ok, {IP, Number}};"
        "   {ok, #{path := Path}} -> {ok, {local, Path}};"
        "   _ -> Answer end end,"
        " [{Socket, catch socket:info(Socket), Address(catch socket:sockname(Socket)),"
        "   Address(catch socket:peername(Socket))} || Socket <- Part] end",
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
      row_[sockname_] = cells.read(cursor, socket_table().columns[sockname_]);
      row_[peername_] = cells.read(cursor, socket_table().columns[peername_]);
      if (!lives) continue;
      if (!socket.tuple(2) || !socket.take_atom("$socket")) continue;
      store(cells.term(socket), node);
      ++count;
    }
    return count;
  }

  const std::size_t sockname_, peername_;
};

}  // namespace

std::unique_ptr<Collector> sockets() { return std::make_unique<Sockets>(); }

}  // namespace beamtape
