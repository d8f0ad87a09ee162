#include "read_certificate_request.hpp"

#include <mbedtls/x509_crt.h>

#include "persona/identity/identity.hpp"
#include "persona/x509/distinguished_name.hpp"
#include "persona/x509/words.hpp"
#include "wire.hpp"

namespace persona::tls {

namespace {

constexpr std::uint16_t certificate_authorities = 47;  // RFC 8446 section 4.2

/// The names, one after the other, each with its length.
ByteView authorities_of(ByteView message, TlsVersion version) {
  WireReader body(message);
  body.take(1 + 3);  // the header of a handshake message
  if (version == TlsVersion::tls12) {
    body.vector(1);  // certificate_types
    body.vector(2);  // supported_signature_algorithms
    return body.vector(2);
  }
  body.vector(1);  // certificate_request_context
  WireReader extensions(body.vector(2));
  while (extensions.ok() && !extensions.at_end()) {
    const auto type = extensions.number(2);
    const ByteView content = extensions.vector(2);
    if (type == certificate_authorities) {
      return WireReader(content).vector(2);
    }
  }
  return {};
}

bool has_issued(ByteView name, const identity::Identity& ours) {
  for (const mbedtls_x509_crt* each = ours.chain().get(); each != nullptr; each = each->next) {
    if (x509::same_distinguished_name(name, {each->issuer_raw.p, each->issuer_raw.len})) {
      return true;
    }
  }
  return false;
}

}  // namespace

CertificateRequest read_certificate_request(ByteView message, TlsVersion version,
                                            const identity::Identity* ours) {
  CertificateRequest request;
  request.asked = true;
  WireReader names(authorities_of(message, version));
  while (names.ok() && !names.at_end()) {
    const ByteView name = names.vector(2);
    if (name.empty()) {
      continue;
    }
    request.names_ours = request.names_ours || (ours != nullptr && has_issued(name, *ours));
    if (request.authorities.size() < CertificateRequest::most_names) {
      request.authorities.push_back(x509::name_in_words(name));
    } else {
      ++request.more;
    }
  }
  return request;
}

}  // namespace persona::tls
