#include "persona/x509/words.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <deque>
#include <optional>

#include <fmt/format.h>
#include <mbedtls/ecp.h>
#include <mbedtls/error.h>
#include <mbedtls/oid.h>
#include <mbedtls/pk.h>

#include "persona/base/address.hpp"
#include "persona/base/utf8.hpp"
#include "persona/x509/der_reader.hpp"
#include "persona/x509/extensions.hpp"

namespace persona::x509 {

namespace {

std::optional<std::string> decoded(const mbedtls_x509_buf& value) {
  switch (value.tag) {
    case MBEDTLS_ASN1_BMP_STRING:
      return decode_wide(bytes_of(value), 2);
    case MBEDTLS_ASN1_UNIVERSAL_STRING:
      return decode_wide(bytes_of(value), 4);
    default:
      return std::nullopt;
  }
}

std::string attribute_in_words(ByteView type) {
  mbedtls_asn1_buf id{MBEDTLS_ASN1_OID, type.size(),
                      const_cast<unsigned char*>(type.data())};  // mbedTLS only reads
  const char* name = nullptr;
  return mbedtls_oid_get_attr_short_name(&id, &name) == 0 ? name : oid_in_words(type);
}

}  // namespace

std::string escape(std::string_view text) {
  std::string escaped;
  escaped.reserve(text.size());
  for (const char character : text) {
    const auto octet = static_cast<unsigned char>(character);
    if (octet < 0x20 || octet >= 0x7f || character == '\\') {
      escaped += fmt::format("\\x{:02x}", octet);
    } else {
      escaped += character;
    }
  }
  return escaped;
}

std::optional<std::string> decode_wide(ByteView text, std::size_t width) {
  std::string out;
  std::uint32_t high = 0;
  if (text.size() % width != 0) {
    return std::nullopt;
  }
  for (std::size_t at = 0; at < text.size(); at += width) {
    std::uint32_t character = 0;
    for (const std::uint8_t octet : text.subspan(at, width)) {
      character = character << 8U | octet;
    }
    const bool is_high = character >= 0xd800 && character < 0xdc00;
    const bool is_low = character >= 0xdc00 && character < 0xe000;
    if (is_low != (high != 0) || character > 0x10ffff || (width == 4 && (is_high || is_low))) {
      return std::nullopt;
    }
    if (is_high) {
      high = character;
      continue;
    }
    std::array<char, utf8_longest> utf8{};
    out.append(utf8.data(),
               put_utf8(is_low ? 0x10000 + ((high - 0xd800) << 10U) + (character - 0xdc00) : character,
                        utf8.data()));
    high = 0;
  }
  return high == 0 ? std::optional(out) : std::nullopt;
}

std::string name_in_words(const mbedtls_x509_name& name) {
  // mbedTLS shows every string octet by octet: what has more of them for a character is given to it as UTF-8.
  std::deque<mbedtls_x509_name> parts;
  std::deque<std::string> texts;
  for (const mbedtls_x509_name* part = &name; part != nullptr; part = part->next) {
    mbedtls_x509_name& copy = parts.emplace_back(*part);
    if (auto text = decoded(part->val)) {
      std::string& kept = texts.emplace_back(std::move(*text));
      copy.val.tag = MBEDTLS_ASN1_UTF8_STRING;
      copy.val.p = reinterpret_cast<unsigned char*>(kept.data());
      copy.val.len = kept.size();
    }
    if (parts.size() > 1) {
      parts[parts.size() - 2].next = &copy;
    }
  }
  std::array<char, 4096> buffer{};
  const int length = mbedtls_x509_dn_gets(buffer.data(), buffer.size(), &parts.front());
  if (length < 0) {
    return "(a name that cannot be shown)";
  }
  return {buffer.data(), static_cast<std::size_t>(length)};  // mbedTLS has escaped it
}

std::string name_in_words(ByteView name) {
  DerReader reader(name);
  const auto content = reader.take(DerReader::sequence);
  if (!content || content->empty()) {
    return "";
  }
  std::string words;
  for (DerReader rdns(*content); !rdns.empty();) {
    DerReader attributes(rdns.take(DerReader::set).value_or(ByteView()));
    DerReader fields(attributes.take(DerReader::sequence).value_or(ByteView()));
    const auto type = fields.take(MBEDTLS_ASN1_OID);
    const auto value = fields.take_any();
    if (!type || !value) {
      return "(a name that cannot be shown)";
    }
    words += fmt::format("{}{}={}", words.empty() ? "" : ", ", attribute_in_words(*type),
                         escape(as_text(value->content)));
  }
  return words;
}

std::string address_in_words(ByteView octets) {
  IpAddress::Octets address{};
  if (octets.size() == 16) {
    std::copy(octets.begin(), octets.end(), address.begin());
    const IpAddress v6(address);
    return v6.is_v4() ? "::ffff:" + v6.to_string() : v6.to_string();
  }
  if (octets.size() == 4) {
    address[10] = address[11] = 0xff;
    std::copy(octets.begin(), octets.end(), address.begin() + 12);
    return IpAddress(address).to_string();
  }
  return "(not an address)";
}

std::string mbedtls_reason(int code) {
  std::array<char, 256> buffer{};
  mbedtls_strerror(code, buffer.data(), buffer.size());
  return buffer.data();
}

TimePoint to_time_point(const mbedtls_x509_time& time) {
  const std::chrono::year_month_day date(std::chrono::year(time.year),
                                         std::chrono::month(static_cast<unsigned>(time.mon)),
                                         std::chrono::day(static_cast<unsigned>(time.day)));
  return std::chrono::sys_days(date) + std::chrono::hours(time.hour) + std::chrono::minutes(time.min) +
         std::chrono::seconds(time.sec);
}

std::optional<std::string> validity_problem(const mbedtls_x509_crt& certificate, TimePoint at) {
  const TimePoint not_before = to_time_point(certificate.valid_from);
  const TimePoint not_after = to_time_point(certificate.valid_to);
  if (not_after < at) {
    return fmt::format("expired {} ago ({})", span_in_words(at - not_after), format_date(not_after));
  }
  if (at < not_before) {
    return fmt::format("is not valid before {} (in {})", format_date(not_before),
                       span_in_words(not_before - at));
  }
  return std::nullopt;
}

std::string key_in_words(const mbedtls_pk_context& key) {
  if (mbedtls_pk_get_type(&key) == MBEDTLS_PK_ECKEY) {
    const auto group = mbedtls_ecp_keypair_get_group_id(mbedtls_pk_ec(key));
    const mbedtls_ecp_curve_info* curve = mbedtls_ecp_curve_info_from_grp_id(group);
    return curve != nullptr ? fmt::format("EC {}", curve->name) : "EC";
  }
  return fmt::format("{} {}", mbedtls_pk_get_name(&key), mbedtls_pk_get_bitlen(&key));
}

}  // namespace persona::x509
