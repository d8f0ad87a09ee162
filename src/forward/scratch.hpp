// Memory that all connections of a loop share: each uses it within one callback and keeps nothing there.
#pragma once

#include <cstddef>

#include "persona/base/buffer.hpp"
#include "persona/tls/record.hpp"
#include "persona/tls/session.hpp"

namespace persona::forward {

/// Loop's thread only.
class Scratch {
 public:
  /// The maximum size of one read, and so of what a connection has in flight per direction.
  static constexpr std::size_t batch = std::size_t{256} * 1024;

  /// Where reads go, so that records can be opened in place: room for the incomplete record that an earlier
  /// read left, followed by a batch. Always the same memory.
  ByteSpan input() { return input_.prepare(input_size); }

  /// For opened records; returned empty.
  tls::Plaintext& plaintext() {
    plaintext_.clear();
    return plaintext_;
  }

  /// For sealed records; returned empty.
  Buffer& records() {
    records_.clear();
    return records_;
  }

 private:
  static constexpr std::size_t record = tls::record_header_size + tls::max_record_ciphertext;
  static constexpr std::size_t input_size = record + batch;
  // A sealed batch, and two more records (a KeyUpdate, an alert): 64 bytes cover the overhead of each.
  static constexpr std::size_t records_size = batch + (batch / tls::max_record_plaintext + 2) * 64;

  Buffer input_{input_size};
  tls::Plaintext plaintext_;
  Buffer records_{records_size};
};

}  // namespace persona::forward
