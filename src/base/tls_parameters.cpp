#include "persona/base/tls_parameters.hpp"

#include <algorithm>
#include <array>
#include <iterator>

namespace persona {

namespace {

// TLS 1.2: forward secrecy and an AEAD only, so that a recorded session cannot be opened with a stolen key.
constexpr std::array<CipherSuite, 9> suite_names = {{
    {"TLS_AES_256_GCM_SHA384", 0x1302, TlsVersion::tls13, Aead::aes_256_gcm},
    {"TLS_AES_128_GCM_SHA256", 0x1301, TlsVersion::tls13, Aead::aes_128_gcm},
    {"TLS_CHACHA20_POLY1305_SHA256", 0x1303, TlsVersion::tls13, Aead::chacha20_poly1305},
    {"TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384", 0xc02c, TlsVersion::tls12, Aead::aes_256_gcm},
    {"TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384", 0xc030, TlsVersion::tls12, Aead::aes_256_gcm},
    {"TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", 0xc02b, TlsVersion::tls12, Aead::aes_128_gcm},
    {"TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", 0xc02f, TlsVersion::tls12, Aead::aes_128_gcm},
    {"TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256", 0xcca9, TlsVersion::tls12, Aead::chacha20_poly1305},
    {"TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256", 0xcca8, TlsVersion::tls12, Aead::chacha20_poly1305},
}};

constexpr NamedGroup group_names[] = {
#ifdef PERSONA_ML_KEM
    {hybrid_group, 0x11ec, TlsVersion::tls13},
#endif
    {"x25519", 0x001d, TlsVersion::tls12},     {"secp256r1", 0x0017, TlsVersion::tls12},
    {"secp384r1", 0x0018, TlsVersion::tls12},  {"secp521r1", 0x0019, TlsVersion::tls12},
};
static_assert(std::size(group_names) <= most_named_groups);

template <class Table, class Predicate>
auto find_in(const Table& table, Predicate predicate) {
  const auto found = std::find_if(std::begin(table), std::end(table), predicate);
  return found == std::end(table) ? nullptr : &*found;
}

}  // namespace

std::string_view to_string(TlsVersion version) {
  return version == TlsVersion::tls12 ? "TLSv1.2" : "TLSv1.3";
}

std::span<const CipherSuite> cipher_suites() {
  return suite_names;
}
std::span<const NamedGroup> named_groups() {
  return group_names;
}

const CipherSuite* find_cipher_suite(std::string_view name) {
  return find_in(suite_names, [name](const CipherSuite& suite) { return suite.name == name; });
}

const CipherSuite* find_cipher_suite(std::uint16_t code_point) {
  return find_in(suite_names,
                 [code_point](const CipherSuite& suite) { return suite.code_point == code_point; });
}

const NamedGroup* find_named_group(std::string_view name) {
  return find_in(group_names, [name](const NamedGroup& group) { return group.name == name; });
}

const NamedGroup* find_named_group(std::uint16_t code_point) {
  return find_in(group_names,
                 [code_point](const NamedGroup& group) { return group.code_point == code_point; });
}

}  // namespace persona
