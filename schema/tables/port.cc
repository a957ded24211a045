// Every port, with what inet knows of those that are sockets; and the sockets that are not ports.

#include "schema/tables/table.h"

namespace beamtape {
namespace {

std::vector<Column> every_port() {
  using enum Type;
  using enum Kind;
  return {
      {1, "port", kRef, Unit::kNone, kIdentity, "Port identifier", Ask::kKey},
      {2, "first_seen", kInteger, Unit::kSnapshot, kIdentity,
       "Snapshot in which the port was first listed", Ask::kComputed},
      {3, "name", kTerm, Unit::kNone, kIdentity, "Driver (tcp_inet) or command", Ask::kEvery,
       AnswerForm::kString},
      {4, "connected", kRef, Unit::kNone, kGauge, "Process that owns it"},
      {5, "registered_name", kAtom, Unit::kNone, kGauge, "Name it is registered under"},
      {6, "input", kInteger, Unit::kBytes, kCounter, "Bytes read from the port"},
      {7, "output", kInteger, Unit::kBytes, kCounter, "Bytes written to the port"},
      {8, "queue_size", kInteger, Unit::kBytes, kGauge, "Bytes waiting in the driver's queue"},
      {9, "memory", kInteger, Unit::kBytes, kGauge, "Memory of the port, without its driver's"},
      {10, "os_pid", kInteger, Unit::kNone, kIdentity, "Process of an external program"},
      list_column(11, "links", "Processes linked to it", {{"to", kRef}}),
      list_column(12, "monitors", "Processes it watches", {{"what", kRef}}),
      list_column(13, "monitored_by", "Processes that watch it", {{"who", kRef}}),
      {14, "parallelism", kBool, Unit::kNone, kIdentity, "Hint to the scheduler"},
      {15, "locking", kAtom, Unit::kNone, kIdentity, "port_level or driver_level"},
  };
}

// Of those that are inet's.
std::vector<Column> inet_port() {
  using enum Type;
  using enum Kind;
  return {
      {20, "recv_oct", kInteger, Unit::kBytes, kCounter, "Bytes received by the socket"},
      {21, "recv_cnt", kInteger, Unit::kCount, kCounter, "Packets received"},
      {22, "recv_max", kInteger, Unit::kBytes, kGauge, "Largest packet received"},
      {23, "recv_avg", kInteger, Unit::kBytes, kGauge, "Average packet received"},
      {24, "recv_dvi", kInteger, Unit::kBytes, kGauge, "Average deviation of packet sizes"},
      {25, "send_oct", kInteger, Unit::kBytes, kCounter, "Bytes sent by the socket"},
      {26, "send_cnt", kInteger, Unit::kCount, kCounter, "Packets sent"},
      {27, "send_max", kInteger, Unit::kBytes, kGauge, "Largest packet sent"},
      {28, "send_avg", kInteger, Unit::kBytes, kGauge, "Average packet sent"},
      {29, "send_pend", kInteger, Unit::kBytes, kGauge, "Bytes waiting to be sent by the socket"},
      {30, "sockname", kTerm, Unit::kNone, kIdentity, "Local address", Ask::kEvery,
       AnswerForm::kAddress},
      {31, "peername", kTerm, Unit::kNone, kIdentity, "Address of the other end", Ask::kEvery,
       AnswerForm::kAddress},
  };
}

}  // namespace

const Table& port_table() {
  static const Table table{3, "port", "Every port of the node: sockets, files, external programs",
                           joined({every_port(), inet_port()})};
  return table;
}

const Table& socket_table() {
  using enum Type;
  using enum Kind;
  static const Table table{
      4,
      "socket",
      "Every socket of the `socket` module (not a port)",
      {
          {1, "id", kTerm, Unit::kNone, kIdentity, "Socket identifier", Ask::kKey},
          {2, "first_seen", kInteger, Unit::kSnapshot, kIdentity,
           "Snapshot in which the socket was first listed", Ask::kComputed},
          {3, "owner", kRef, Unit::kNone, kGauge, "Process that owns it"},
          {4, "domain", kTerm, Unit::kNone, kIdentity, "inet, inet6 or local"},
          {5, "type", kTerm, Unit::kNone, kIdentity, "stream, dgram, seqpacket"},
          {6, "protocol", kTerm, Unit::kNone, kIdentity, "tcp, udp, …"},
          {7, "ctype", kTerm, Unit::kNone, kIdentity, "How it was created"},
          {8, "rstates", kTerm, Unit::kNone, kGauge, "What its reading side is doing"},
          {9, "wstates", kTerm, Unit::kNone, kGauge, "What its writing side is doing"},
          {10, "num_readers", kInteger, Unit::kCount, kGauge, "Processes waiting to read"},
          {11, "num_writers", kInteger, Unit::kCount, kGauge, "Processes waiting to write"},
          {12, "num_acceptors", kInteger, Unit::kCount, kGauge, "Processes waiting to accept"},
          {20, "read_byte", kInteger, Unit::kBytes, kCounter, "Bytes read", Ask::kEvery,
           AnswerForm::kPlain, "counters.read_byte"},
          {21, "read_pkg", kInteger, Unit::kCount, kCounter, "Packets read", Ask::kEvery,
           AnswerForm::kPlain, "counters.read_pkg"},
          {22, "read_pkg_max", kInteger, Unit::kBytes, kGauge, "Largest packet read", Ask::kEvery,
           AnswerForm::kPlain, "counters.read_pkg_max"},
          {23, "read_tries", kInteger, Unit::kCount, kCounter, "Reads tried", Ask::kEvery,
           AnswerForm::kPlain, "counters.read_tries"},
          {24, "read_waits", kInteger, Unit::kCount, kCounter, "Reads that waited", Ask::kEvery,
           AnswerForm::kPlain, "counters.read_waits"},
          {25, "read_fails", kInteger, Unit::kCount, kCounter, "Reads that failed", Ask::kEvery,
           AnswerForm::kPlain, "counters.read_fails"},
          {26, "write_byte", kInteger, Unit::kBytes, kCounter, "Bytes written", Ask::kEvery,
           AnswerForm::kPlain, "counters.write_byte"},
          {27, "write_pkg", kInteger, Unit::kCount, kCounter, "Packets written", Ask::kEvery,
           AnswerForm::kPlain, "counters.write_pkg"},
          {28, "write_pkg_max", kInteger, Unit::kBytes, kGauge, "Largest packet written",
           Ask::kEvery, AnswerForm::kPlain, "counters.write_pkg_max"},
          {29, "write_tries", kInteger, Unit::kCount, kCounter, "Writes tried", Ask::kEvery,
           AnswerForm::kPlain, "counters.write_tries"},
          {30, "write_waits", kInteger, Unit::kCount, kCounter, "Writes that waited", Ask::kEvery,
           AnswerForm::kPlain, "counters.write_waits"},
          {31, "write_fails", kInteger, Unit::kCount, kCounter, "Writes that failed", Ask::kEvery,
           AnswerForm::kPlain, "counters.write_fails"},
          {32, "acc_success", kInteger, Unit::kCount, kCounter, "Connections accepted", Ask::kEvery,
           AnswerForm::kPlain, "counters.acc_success"},
          {33, "acc_tries", kInteger, Unit::kCount, kCounter, "Accepts tried", Ask::kEvery,
           AnswerForm::kPlain, "counters.acc_tries"},
          {34, "acc_waits", kInteger, Unit::kCount, kCounter, "Accepts that waited", Ask::kEvery,
           AnswerForm::kPlain, "counters.acc_waits"},
          {35, "acc_fails", kInteger, Unit::kCount, kCounter, "Accepts that failed", Ask::kEvery,
           AnswerForm::kPlain, "counters.acc_fails"},
          {40, "sockname", kTerm, Unit::kNone, kIdentity, "Local address", Ask::kEvery,
           AnswerForm::kAddress},
          {41, "peername", kTerm, Unit::kNone, kIdentity, "Address of the other end", Ask::kEvery,
           AnswerForm::kAddress},
      }};
  return table;
}

}  // namespace beamtape
