#include "persona/x509/words.hpp"

#include <algorithm>
#include <array>

#include <mbedtls/ecp.h>
#include <mbedtls/error.h>
#include <mbedtls/pk.h>

#include "persona/base/address.hpp"

namespace persona::x509 {

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

std::string name_in_words(const mbedtls_x509_name& name) {
  std::array<char, 4096> buffer{};
  const int length = mbedtls_x509_dn_gets(buffer.data(), buffer.size(), &name);
  if (length < 0) {
    return "(a name that cannot be shown)";
  }
  return {buffer.data(), static_cast<std::size_t>(length)};  // mbedTLS has escaped it
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
