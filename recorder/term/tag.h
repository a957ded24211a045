#pragma once

#include <cstdint>

// The first byte of every term: erts "External Term Format". For recorder/term, and for whoever
// looks at a version byte.
namespace beamtape::tag {

inline constexpr std::uint8_t kVersion = 131;            // before a whole term
inline constexpr std::uint8_t kCompressed = 80;          // behind the version: zlib follows
inline constexpr std::uint8_t kNewFloat = 70;            // 8 bytes, IEEE, big endian
inline constexpr std::uint8_t kBitBinary = 77;           // u32 bytes, u8 bits used of the last
inline constexpr std::uint8_t kAtomCacheReference = 82;  // u8; only behind a distribution header
inline constexpr std::uint8_t kNewPid = 88;              // node, id, serial, u32 creation
inline constexpr std::uint8_t kNewPort = 89;             // node, u32 id, u32 creation
inline constexpr std::uint8_t kNewerReference = 90;      // u16 words, node, u32 creation, words
inline constexpr std::uint8_t kSmallInteger = 97;
inline constexpr std::uint8_t kInteger = 98;
inline constexpr std::uint8_t kFloat = 99;  // text; written before OTP 11
inline constexpr std::uint8_t kAtom = 100;  // u16 bytes of latin-1
inline constexpr std::uint8_t kReference = 101;
inline constexpr std::uint8_t kPort = 102;
inline constexpr std::uint8_t kPid = 103;
inline constexpr std::uint8_t kSmallTuple = 104;  // u8 arity
inline constexpr std::uint8_t kLargeTuple = 105;  // u32 arity
inline constexpr std::uint8_t kNil = 106;
inline constexpr std::uint8_t kString = 107;         // u16 bytes: a list of integers below 256
inline constexpr std::uint8_t kList = 108;           // u32 elements, then the tail
inline constexpr std::uint8_t kBinary = 109;         // u32 bytes
inline constexpr std::uint8_t kSmallBig = 110;       // u8 bytes, sign, magnitude lowest first
inline constexpr std::uint8_t kLargeBig = 111;       // u32 bytes, likewise
inline constexpr std::uint8_t kNewFun = 112;         // u32 size of all that follows it and itself
inline constexpr std::uint8_t kExport = 113;         // module, function, arity
inline constexpr std::uint8_t kNewReference = 114;   // u16 words, node, u8 creation, words
inline constexpr std::uint8_t kSmallAtom = 115;      // u8 bytes of latin-1
inline constexpr std::uint8_t kMap = 116;            // u32 pairs
inline constexpr std::uint8_t kAtomUtf8 = 118;       // u16 bytes of UTF-8
inline constexpr std::uint8_t kSmallAtomUtf8 = 119;  // u8 bytes of UTF-8
inline constexpr std::uint8_t kV4Port = 120;         // node, u64 id, u32 creation

}  // namespace beamtape::tag
