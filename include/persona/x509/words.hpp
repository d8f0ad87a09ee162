// Certificates in words, for messages.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include <mbedtls/x509_crt.h>

#include "persona/base/bytes.hpp"
#include "persona/x509/time.hpp"

namespace persona::x509 {

/// Writes everything but printable ASCII, and the backslash, as \xNN: names in certificates come from
/// strangers and end up in logs.
std::string escape(std::string_view text);

/// A BMPString (`width` 2) or UniversalString (4), which Windows and old CAs write, in UTF-8. Surrogates are
/// taken in pairs, as whoever writes UTF-16 there means them; nothing if it is neither.
std::optional<std::string> decode_wide(ByteView text, std::size_t width);

/// A distinguished name as RFC 4514 writes it, with control characters escaped. Empty for an empty name.
std::string name_in_words(const mbedtls_x509_name& name);

/// The same of a name in DER that mbedTLS has not parsed: octets that are not printable ASCII are escaped.
std::string name_in_words(ByteView name);

/// "10.0.0.1" for the octets of an iPAddress; an IPv4-mapped IPv6 address keeps its ::ffff: prefix.
std::string address_in_words(ByteView octets);

/// What mbedTLS's error code means.
std::string mbedtls_reason(int code);

TimePoint to_time_point(const mbedtls_x509_time& time);

/// "expired 3 days ago (2026-11-18)" or "is not valid before 2026-11-23 (in 2 days)"; nothing if it is
/// valid.
std::optional<std::string> validity_problem(const mbedtls_x509_crt& certificate, TimePoint at);

/// "EC secp256r1", "RSA 2048"
std::string key_in_words(const mbedtls_pk_context& key);

}  // namespace persona::x509
