#include "persona/x509/key_bounds.hpp"

#include <fmt/format.h>
#include <mbedtls/bignum.h>
#include <mbedtls/ecp.h>
#include <mbedtls/rsa.h>

#include "persona/x509/der_reader.hpp"
#include "persona/x509/extensions.hpp"
#include "persona/x509/words.hpp"

namespace persona::x509 {

namespace {

constexpr std::string_view too_weak = "is too weak";
constexpr std::string_view too_costly = "would take too long to use";
constexpr std::string_view not_taken = "is of a kind that is not accepted";

/// Owns an mbedtls_mpi.
class Number {
 public:
  Number() { mbedtls_mpi_init(&value_); }
  ~Number() { mbedtls_mpi_free(&value_); }
  Number(const Number&) = delete;
  Number& operator=(const Number&) = delete;

  mbedtls_mpi* get() { return &value_; }
  std::size_t bits() const { return mbedtls_mpi_bitlen(&value_); }
  bool is_odd() const { return mbedtls_mpi_get_bit(&value_, 0) == 1; }

 private:
  mbedtls_mpi value_{};
};

std::optional<KeyDefect> rsa_defect(const mbedtls_pk_context& key) {
  const std::size_t bits = mbedtls_pk_get_bitlen(&key);
  if (bits < least_rsa_bits) {
    return KeyDefect{too_weak, key_in_words(key)};
  }
  if (bits > most_rsa_bits) {
    return KeyDefect{too_costly, key_in_words(key)};
  }
  Number exponent;
  const bool known =
      mbedtls_rsa_export(mbedtls_pk_rsa(key), nullptr, nullptr, nullptr, nullptr, exponent.get()) == 0;
  if (!known || exponent.bits() > most_exponent_bits) {
    return KeyDefect{too_costly,
                     fmt::format("{} with a public exponent of {} bits", key_in_words(key), exponent.bits())};
  }
  if (exponent.bits() < 2 || !exponent.is_odd()) {
    return KeyDefect{too_weak, fmt::format("{} with an even public exponent", key_in_words(key))};
  }
  return std::nullopt;
}

std::optional<KeyDefect> curve_defect(const mbedtls_pk_context& key) {
  switch (mbedtls_ecp_keypair_get_group_id(mbedtls_pk_ec(key))) {
    case MBEDTLS_ECP_DP_SECP256R1:
    case MBEDTLS_ECP_DP_SECP384R1:
    case MBEDTLS_ECP_DP_SECP521R1:
      return std::nullopt;
    case MBEDTLS_ECP_DP_SECP192R1:
    case MBEDTLS_ECP_DP_SECP192K1:
    case MBEDTLS_ECP_DP_SECP224R1:
    case MBEDTLS_ECP_DP_SECP224K1:
      return KeyDefect{too_weak, key_in_words(key)};
    default:
      return KeyDefect{not_taken, key_in_words(key)};
  }
}

/// RFC 5480 section 2.1.1 allows named curves only; mbedTLS also accepts one whose parameters are spelled
/// out.
bool has_named_curve(const mbedtls_x509_crt& certificate) {
  DerReader outer(bytes_of(certificate.pk_raw));
  const auto spki = outer.take(DerReader::sequence);
  const auto algorithm = spki ? DerReader(*spki).take(DerReader::sequence) : std::nullopt;
  if (!algorithm) {
    return false;
  }
  DerReader fields(*algorithm);
  const auto id = fields.take(MBEDTLS_ASN1_OID);
  return id && as_text(*id) == oid::ec_public_key && fields.next_is(MBEDTLS_ASN1_OID);
}

}  // namespace

std::optional<KeyDefect> key_defect(const mbedtls_pk_context& key) {
  switch (mbedtls_pk_get_type(&key)) {
    case MBEDTLS_PK_RSA:
      return rsa_defect(key);
    case MBEDTLS_PK_ECKEY:
      return curve_defect(key);
    default:
      return KeyDefect{not_taken, key_in_words(key)};
  }
}

std::optional<KeyDefect> key_defect(const mbedtls_x509_crt& certificate) {
  if (auto defect = key_defect(certificate.pk)) {
    return defect;
  }
  if (mbedtls_pk_get_type(&certificate.pk) == MBEDTLS_PK_RSA) {
    const bool whole_octets = mbedtls_pk_get_bitlen(&certificate.pk) % 8 == 0;
    return whole_octets ? std::nullopt : std::optional(KeyDefect{not_taken, key_in_words(certificate.pk)});
  }
  if (!has_named_curve(certificate)) {
    return KeyDefect{not_taken, "EC with its curve spelled out instead of named"};
  }
  return std::nullopt;
}

}  // namespace persona::x509
