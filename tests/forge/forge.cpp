#include "forge.hpp"

#include <array>
#include <chrono>
#include <stdexcept>

#include <fmt/chrono.h>
#include <mbedtls/dhm.h>
#include <mbedtls/oid.h>
#include <mbedtls/pem.h>
#include <mbedtls/rsa.h>
#include <mbedtls/x509_crt.h>

#include "persona/x509/crypto.hpp"
#include "persona/x509/der_reader.hpp"
#include "persona/x509/der_writer.hpp"

namespace support {

namespace {

using persona::Bytes;
using persona::ByteView;
using persona::x509::DerReader;
using persona::x509::DerWriter;
using std::chrono::days;

constexpr std::size_t most_octets = 16384;

void must(bool holds, const char* what) {
  if (!holds) {
    throw std::runtime_error(what);
  }
}

void start(mbedtls_pk_context& key, mbedtls_pk_type_t type) {
  must(persona::x509::initialise_crypto().has_value(), "the crypto library starts");
  mbedtls_pk_init(&key);
  must(mbedtls_pk_setup(&key, mbedtls_pk_info_from_type(type)) == 0, "a key");
}

std::string date_and_time(std::chrono::seconds from_now) {
  return fmt::format(
      "{:%Y%m%d%H%M%S}",
      fmt::gmtime(std::chrono::system_clock::to_time_t(std::chrono::system_clock::now() + from_now)));
}

void set_extended_usage(mbedtls_x509write_cert& writer, const std::vector<std::string>& oids) {
  std::vector<mbedtls_asn1_sequence> usages(oids.size());
  for (std::size_t i = 0; i < usages.size(); ++i) {
    usages[i].buf = {MBEDTLS_ASN1_OID, oids[i].size(),
                     const_cast<unsigned char*>(reinterpret_cast<const unsigned char*>(oids[i].data()))};
    usages[i].next = i + 1 < usages.size() ? &usages[i + 1] : nullptr;
  }
  must(usages.empty() || mbedtls_x509write_crt_set_ext_key_usage(&writer, usages.data()) == 0,
       "an extendedKeyUsage");
}

/// The values of a SEQUENCE, each with its header.
std::vector<Bytes> values_of(ByteView sequence) {
  std::vector<Bytes> values;
  const auto content = DerReader(sequence).take(DerReader::sequence);
  must(content.has_value(), "a SEQUENCE");
  for (DerReader rest(*content); !rest.empty();) {
    const ByteView before = rest.rest();
    must(rest.take_any().has_value(), "a value");
    const ByteView value = before.first(before.size() - rest.rest().size());
    values.emplace_back(value.begin(), value.end());
  }
  return values;
}

Bytes sequence_of(const std::vector<Bytes>& values) {
  DerWriter der(most_octets);
  for (auto value = values.rbegin(); value != values.rend(); ++value) {
    der.raw(*value);
  }
  der.wrap(DerWriter::sequence, 0);
  must(der.error() == 0, "room for DER");
  return {der.bytes().begin(), der.bytes().end()};
}

}  // namespace

ForgedKey::ForgedKey(mbedtls_ecp_group_id curve) {
  start(context, MBEDTLS_PK_ECKEY);
  must(mbedtls_ecp_gen_key(curve, mbedtls_pk_ec(context), persona::x509::psa_random, nullptr) == 0,
       "an EC key");
}

ForgedKey::ForgedKey(Exponent exponent) {
  static const unsigned char p[] = MBEDTLS_DHM_RFC3526_MODP_4096_P_BIN;
  static const unsigned char q[] = MBEDTLS_DHM_RFC7919_FFDHE4096_P_BIN;
  static const unsigned char e[] = {1, 0, 1};
  start(context, MBEDTLS_PK_RSA);
  mbedtls_rsa_context* rsa = mbedtls_pk_rsa(context);
  must(mbedtls_rsa_import_raw(rsa, nullptr, 0, p, sizeof p, q, sizeof q, nullptr, 0, e, sizeof e) == 0 &&
           mbedtls_rsa_complete(rsa) == 0,
       "an RSA key");
  if (exponent == Exponent::usual) {
    return;
  }
  std::array<unsigned char, sizeof p + sizeof q> modulus{};
  must(mbedtls_rsa_export_raw(rsa, modulus.data(), modulus.size(), nullptr, 0, nullptr, 0, nullptr, 0,
                              nullptr, 0) == 0,
       "its modulus");
  auto longest = modulus;
  longest.front() -= 1;  // as odd as the modulus, and smaller
  mbedtls_pk_free(&context);
  start(context, MBEDTLS_PK_RSA);
  rsa = mbedtls_pk_rsa(context);
  must(mbedtls_rsa_import_raw(rsa, modulus.data(), modulus.size(), nullptr, 0, nullptr, 0, nullptr, 0,
                              longest.data(), longest.size()) == 0 &&
           mbedtls_rsa_complete(rsa) == 0,
       "an RSA key with a long exponent");
}

std::string ForgedKey::pem() {
  Bytes text(most_octets);
  must(mbedtls_pk_write_key_pem(&context, text.data(), text.size()) == 0, "a key as PEM");
  return reinterpret_cast<const char*>(text.data());
}

Bytes forge_der(const Forgery& what, ForgedKey& key, ForgedKey& signer) {
  static unsigned char serial = 0;
  serial = static_cast<unsigned char>(serial % 127 + 1);
  mbedtls_x509write_cert writer;
  mbedtls_x509write_crt_init(&writer);
  mbedtls_x509write_crt_set_version(&writer, MBEDTLS_X509_CRT_VERSION_3);
  mbedtls_x509write_crt_set_subject_key(&writer, &key.context);
  mbedtls_x509write_crt_set_issuer_key(&writer, &signer.context);
  mbedtls_x509write_crt_set_md_alg(&writer, what.hash);
  must(mbedtls_x509write_crt_set_serial_raw(&writer, &serial, 1) == 0 &&
           mbedtls_x509write_crt_set_subject_name(&writer, what.subject.c_str()) == 0 &&
           mbedtls_x509write_crt_set_issuer_name(&writer, what.issuer.c_str()) == 0 &&
           mbedtls_x509write_crt_set_validity(&writer, date_and_time(what.not_before).c_str(),
                                              date_and_time(what.not_after).c_str()) == 0,
       "a certificate's names and dates");
  if (what.ca != Ca::absent) {
    must(mbedtls_x509write_crt_set_basic_constraints(&writer, what.ca == Ca::yes ? 1 : 0, -1) == 0,
         "basicConstraints");
  }
  if (what.key_usage != 0) {
    must(mbedtls_x509write_crt_set_key_usage(&writer, what.key_usage) == 0, "a keyUsage");
  }
  if (what.key_identifiers) {
    must(mbedtls_x509write_crt_set_subject_key_identifier(&writer) == 0 &&
             mbedtls_x509write_crt_set_authority_key_identifier(&writer) == 0,
         "key identifiers");
  }
  set_extended_usage(writer, what.extended_usage);
  for (const ForgedExtension& each : what.others) {
    must(mbedtls_x509write_crt_set_extension(&writer, each.oid.data(), each.oid.size(), 0, each.value.data(),
                                             each.value.size()) == 0,
         "another extension");
  }
  Bytes buffer(most_octets);
  const int size =
      mbedtls_x509write_crt_der(&writer, buffer.data(), buffer.size(), persona::x509::psa_random, nullptr);
  mbedtls_x509write_crt_free(&writer);
  must(size > 0, "a certificate");
  if (what.broken) {
    buffer.back() ^= 1U;
  }
  return {buffer.end() - size, buffer.end()};  // mbedTLS writes to the end
}

std::string forge(const Forgery& what, ForgedKey& key, ForgedKey& signer) {
  return to_pem(forge_der(what, key, signer));
}

Forgery ca(const std::string& subject, const std::string& issuer) {
  return {.subject = subject,
          .issuer = issuer,
          .ca = Ca::yes,
          .key_usage = MBEDTLS_X509_KU_KEY_CERT_SIGN | MBEDTLS_X509_KU_CRL_SIGN,
          .key_identifiers = true};
}

Forgery client(const std::string& subject, const std::string& issuer) {
  return {.subject = subject,
          .issuer = issuer,
          .key_usage = MBEDTLS_X509_KU_DIGITAL_SIGNATURE,
          .extended_usage = {std::string(MBEDTLS_OID_CLIENT_AUTH, MBEDTLS_OID_SIZE(MBEDTLS_OID_CLIENT_AUTH))},
          .key_identifiers = true};
}

Bytes with_compressed_point(ByteView certificate) {
  constexpr std::size_t key_info =
      6;  // of TBSCertificate, whose first value is the version (RFC 5280 section 4.1)
  std::vector<Bytes> whole = values_of(certificate);
  std::vector<Bytes> fields = values_of(whole.at(0));
  std::vector<Bytes> info = values_of(fields.at(key_info));
  const auto bits = DerReader(info.at(1)).take(MBEDTLS_ASN1_BIT_STRING);
  must(bits && bits->size() > 2 && (*bits)[1] == 4, "an uncompressed point");
  const ByteView point = bits->subspan(2);
  Bytes compressed = {static_cast<std::uint8_t>((point.back() & 1U) != 0 ? 3 : 2)};
  compressed.insert(compressed.end(), point.begin(),
                    point.begin() + static_cast<std::ptrdiff_t>(point.size() / 2));
  DerWriter der(most_octets);
  der.bit_string(compressed);
  must(der.error() == 0, "a point");
  info[1].assign(der.bytes().begin(), der.bytes().end());
  fields[key_info] = sequence_of(info);
  whole[0] = sequence_of(fields);
  return sequence_of(whole);
}

std::string to_pem(ByteView certificate) {
  Bytes text(2 * most_octets);
  std::size_t size = 0;
  must(mbedtls_pem_write_buffer("-----BEGIN CERTIFICATE-----\n", "-----END CERTIFICATE-----\n",
                                certificate.data(), certificate.size(), text.data(), text.size(), &size) == 0,
       "PEM");
  return reinterpret_cast<const char*>(text.data());
}

}  // namespace support
