// Memory that all connections of a loop share: each uses it within one callback and leaves nothing in it.
#pragma once

#include <cstddef>

#include "persona/base/buffer.hpp"
#include "persona/tls/record.hpp"
#include "persona/tls/session.hpp"

namespace persona::forward {

/// Loop's thread only.
class Scratch {
 public:
  /// The most that one read takes and so the most that is in flight per direction.
  static constexpr std::size_t batch = std::size_t{256} * 1024;

  /// Where reads go, to be opened in place: room for the beginning of a record that an earlier read left, and
  /// for a batch behind it. Always the same.
  ByteSpan input() { return input_.prepare(input_size); }

  /// Empty: what was opened.
  tls::Plaintext& plaintext() {
    plaintext_.clear();
    return plaintext_;
  }

  /// Empty: what was sealed.
  Buffer& records() {
    records_.clear();
    return records_;
  }

 private:
  static constexpr std::size_t record = tls::record_header_size + tls::max_record_ciphertext;
  static constexpr std::size_t input_size = record + batch;
  static constexpr std::size_t records_size = batch + (batch / tls::max_record_plaintext + 2) * 64;

  Buffer input_{input_size};
  tls::Plaintext plaintext_;
  Buffer records_{records_size};
};

}  // namespace persona::forward
