// Reads a certificate revocation list without verifying it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "persona/base/bytes.hpp"
#include "persona/base/result.hpp"
#include "persona/x509/time.hpp"

namespace persona::x509 {

struct ReadCrl {
  std::string issuer;  ///< in words
  Bytes issuer_name;   ///< DER
  TimePoint this_update{};
  std::optional<TimePoint> next_update;
  std::optional<std::string> number;  ///< crlNumber, hexadecimal as serial_text() writes it
  struct Entry {
    Bytes serial;
    TimePoint when{};
    int reason = 0;  ///< CRLReason; 0 (unspecified) if absent
  };
  std::vector<Entry> entries;

  /// The CRL number, or 0 if it is absent or does not fit.
  std::uint64_t small_number() const;
};

/// "keyCompromise": a CRLReason as RFC 5280 section 5.3.1 writes it.
std::string_view crl_reason_in_words(int reason);

/// Reads DER. Does not verify the signature. The error's message is mbedTLS's.
Result<ReadCrl> read_crl(ByteView der);

}  // namespace persona::x509
