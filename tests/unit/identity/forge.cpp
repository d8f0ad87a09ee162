#include "forge.hpp"

#include <array>

#include <doctest/doctest.h>
#include <fmt/chrono.h>
#include <mbedtls/ecp.h>
#include <mbedtls/oid.h>
#include <mbedtls/x509_crt.h>

#include "persona/identity/random.hpp"
#include "support.hpp"

namespace support {

namespace {

constexpr std::size_t pem_size = 4096;

std::string date_and_time(std::chrono::seconds from_now) {
  return fmt::format(
      "{:%Y%m%d%H%M%S}",
      fmt::gmtime(std::chrono::system_clock::to_time_t(std::chrono::system_clock::now() + from_now)));
}

}  // namespace

ForgedKey::ForgedKey() {
  test_authority();  // starts the crypto library
  mbedtls_pk_init(&context);
  REQUIRE(mbedtls_pk_setup(&context, mbedtls_pk_info_from_type(MBEDTLS_PK_ECKEY)) == 0);
  REQUIRE(mbedtls_ecp_gen_key(MBEDTLS_ECP_DP_SECP256R1, mbedtls_pk_ec(context), persona::identity::psa_random,
                              nullptr) == 0);
}

std::string ForgedKey::pem() {
  std::array<unsigned char, pem_size> text{};
  REQUIRE(mbedtls_pk_write_key_pem(&context, text.data(), text.size()) == 0);
  return reinterpret_cast<const char*>(text.data());
}

std::string forge(const Forgery& what, ForgedKey& key, ForgedKey& signer) {
  static unsigned char serial = 0;
  ++serial;
  mbedtls_x509write_cert writer;
  mbedtls_x509write_crt_init(&writer);
  mbedtls_x509write_crt_set_version(&writer, MBEDTLS_X509_CRT_VERSION_3);
  mbedtls_x509write_crt_set_subject_key(&writer, &key.context);
  mbedtls_x509write_crt_set_issuer_key(&writer, &signer.context);
  mbedtls_x509write_crt_set_md_alg(&writer, what.hash);
  REQUIRE(mbedtls_x509write_crt_set_serial_raw(&writer, &serial, 1) == 0);
  REQUIRE(mbedtls_x509write_crt_set_subject_name(&writer, what.subject.c_str()) == 0);
  REQUIRE(mbedtls_x509write_crt_set_issuer_name(&writer, what.issuer.c_str()) == 0);
  REQUIRE(mbedtls_x509write_crt_set_validity(&writer, date_and_time(-days(1)).c_str(),
                                             date_and_time(days(10)).c_str()) == 0);
  if (what.ca != Ca::absent) {
    REQUIRE(mbedtls_x509write_crt_set_basic_constraints(&writer, what.ca == Ca::yes ? 1 : 0, -1) == 0);
  }
  if (what.key_usage != 0) {
    REQUIRE(mbedtls_x509write_crt_set_key_usage(&writer, what.key_usage) == 0);
  }
  std::vector<mbedtls_asn1_sequence> usages(what.extended_usage.size());
  for (std::size_t i = 0; i < usages.size(); ++i) {
    const std::string& oid = what.extended_usage[i];
    usages[i].buf = {MBEDTLS_ASN1_OID, oid.size(),
                     const_cast<unsigned char*>(reinterpret_cast<const unsigned char*>(oid.data()))};
    usages[i].next = i + 1 < usages.size() ? &usages[i + 1] : nullptr;
  }
  if (!usages.empty()) {
    REQUIRE(mbedtls_x509write_crt_set_ext_key_usage(&writer, usages.data()) == 0);
  }
  std::array<unsigned char, pem_size> text{};
  REQUIRE(mbedtls_x509write_crt_pem(&writer, text.data(), text.size(), persona::identity::psa_random,
                                    nullptr) == 0);
  mbedtls_x509write_crt_free(&writer);
  return reinterpret_cast<const char*>(text.data());
}

}  // namespace support
