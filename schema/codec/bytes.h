#pragma once

#include <cstdint>
#include <cstring>
#include <span>
#include <vector>

namespace beamtape {

// Numbers as bytes: varints (seven bits a byte, low first, at most ten bytes) and little-endian
// 32 and 64 bits. The reader never goes beyond its span: what is not there reads as zero
// and sets a flag that stays, so a caller may check once per loop instead of once per number.

class ByteWriter {
 public:
  explicit ByteWriter(std::vector<std::uint8_t>& out) : out_(out) {}

  std::size_t size() const { return out_.size(); }
  void u8(std::uint8_t value) { out_.push_back(value); }
  void varint(std::uint64_t value) {
    while (value >= 0x80) {
      out_.push_back(static_cast<std::uint8_t>(value | 0x80));
      value >>= 7;
    }
    out_.push_back(static_cast<std::uint8_t>(value));
  }
  void fixed(std::uint64_t value, int bytes) {
    for (int i = 0; i < bytes; ++i) out_.push_back(static_cast<std::uint8_t>(value >> (8 * i)));
  }
  void bytes(std::span<const std::uint8_t> data) {
    out_.insert(out_.end(), data.begin(), data.end());
  }

 private:
  std::vector<std::uint8_t>& out_;
};

class ByteReader {
 public:
  explicit ByteReader(std::span<const std::uint8_t> data) : data_(data) {}

  bool ok() const { return ok_; }
  std::size_t left() const { return data_.size() - at_; }
  bool at_end() const { return ok_ && left() == 0; }
  // For a caller who read something that cannot be.
  void reject() { fail(); }

  std::uint8_t u8() {
    if (at_ >= data_.size()) return fail();
    return data_[at_++];
  }
  std::uint64_t varint() {
    if (at_ < data_.size() && data_[at_] < 0x80) return data_[at_++];
    return long_varint();
  }
  // A varint that must be at most `limit`.
  std::uint64_t varint_up_to(std::uint64_t limit) {
    const auto value = varint();
    return value <= limit ? value : fail();
  }
  std::uint64_t fixed(int bytes) {
    if (left() < static_cast<std::size_t>(bytes)) return fail();
    std::uint64_t value = 0;
    for (int i = 0; i < bytes; ++i) value |= std::uint64_t{data_[at_++]} << (8 * i);
    return value;
  }
  std::span<const std::uint8_t> take(std::size_t count) {
    if (left() < count) {
      fail();
      return {};
    }
    const auto taken = data_.subspan(at_, count);
    at_ += count;
    return taken;
  }

 private:
  std::uint8_t fail() {
    ok_ = false;
    at_ = data_.size();
    return 0;
  }
  std::uint64_t long_varint() {
    std::uint64_t value = 0;
    for (int shift = 0; shift < 70; shift += 7) {
      if (at_ >= data_.size()) return fail();
      const std::uint8_t byte = data_[at_++];
      if (shift == 63 && byte > 1) return fail();
      value |= std::uint64_t{byte & 0x7FU} << shift;
      if (byte < 0x80) return value;
    }
    return fail();
  }

  std::span<const std::uint8_t> data_;
  std::size_t at_ = 0;
  bool ok_ = true;
};

// Small numbers of either sign become small numbers without one.
constexpr std::uint64_t zigzag(std::uint64_t value) {
  return value << 1 ^ (value >> 63 != 0 ? ~std::uint64_t{0} : 0);
}
constexpr std::uint64_t unzigzag(std::uint64_t value) { return value >> 1 ^ (~(value & 1) + 1); }

}  // namespace beamtape
