// Looks at the headers of records on their way to mbedTLS, which tells neither what it ignores nor what it
// holds.
#pragma once

#include <cstddef>
#include <cstdint>

#include "persona/base/bytes.hpp"
#include "persona/tls/record.hpp"

namespace persona::tls {

class RecordWatch {
 public:
  /// How many records without a message an honest peer may send in a handshake. RFC 8446 appendix D.4: one
  /// change_cipher_spec; mbedTLS ignores as many as come, and alerts that are warnings in TLS 1.2.
  static constexpr std::size_t most_empty = 8;

  /// In whatever pieces.
  void take(ByteView bytes);

  /// Bytes of a record that is not complete.
  std::size_t held() const { return header_size_ + body_size_; }

  /// A record came before the first handshake message. "Before the first ClientHello message" a
  /// change_cipher_spec is not to be ignored but unexpected (RFC 8446 section 5).
  bool began_without_hello() const { return began_without_hello_; }

  /// Records in the clear that were no part of a handshake message.
  std::size_t empty() const { return empty_; }

 private:
  void begin();

  std::uint8_t header_[record_header_size] = {};
  std::size_t header_size_ = 0;
  std::size_t body_size_ = 0;  // of this record, that has come
  bool begun_ = false;
  bool began_without_hello_ = false;
  std::size_t empty_ = 0;
};

}  // namespace persona::tls
