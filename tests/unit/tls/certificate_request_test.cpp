#include <string>

#include <mbedtls/x509_crt.h>

#include "pair.hpp"
#include "tls/read_certificate_request.hpp"

using namespace persona;
using namespace persona::tls;
using namespace persona::tls::test;

namespace {

const identity::Identity& our_identity() {
  static const auto identity = make_identity(client_request());
  return *identity;
}

/// The name of the CA that has issued ours.
ByteView our_ca() {
  const mbedtls_x509_buf& name = our_identity().chain().get()->issuer_raw;
  return {name.p, name.len};
}

/// CN=`letters`, of less than 100.
Bytes authority_named(std::string_view letters) {
  const auto size = static_cast<std::uint8_t>(letters.size());
  Bytes name{0x30, static_cast<std::uint8_t>(size + 11),
             0x31, static_cast<std::uint8_t>(size + 9),
             0x30, static_cast<std::uint8_t>(size + 7),
             0x06, 3,
             0x55, 4,
             3,    0x0c,
             size};
  const ByteView bytes = as_bytes(letters);
  name.insert(name.end(), bytes.begin(), bytes.end());
  return name;
}

/// `content` behind its length in so many octets.
void append_vector(Bytes& output, const Bytes& content, unsigned length_octets) {
  for (unsigned i = length_octets; i-- > 0;) {
    output.push_back(static_cast<std::uint8_t>(content.size() >> (8 * i)));
  }
  output.insert(output.end(), content.begin(), content.end());
}

/// A CertificateRequest with these names of CAs.
Bytes request_for(TlsVersion version, const std::vector<Bytes>& authorities) {
  Bytes names;
  for (const Bytes& name : authorities) {
    append_vector(names, name, 2);
  }
  Bytes body;
  if (version == TlsVersion::tls12) {
    append_vector(body, Bytes{64}, 1);
    append_vector(body, Bytes{4, 3}, 2);
    append_vector(body, names, 2);
  } else {
    Bytes list;
    append_vector(list, names, 2);
    Bytes extensions{0, 13, 0, 4, 0, 2, 4, 3};     // signature_algorithms
    extensions.insert(extensions.end(), {0, 47});  // certificate_authorities
    append_vector(extensions, list, 2);
    append_vector(body, Bytes{}, 1);
    append_vector(body, extensions, 2);
  }
  Bytes message{13};
  append_vector(message, body, 3);
  return message;
}

Bytes octets_of(ByteView bytes) {
  return {bytes.begin(), bytes.end()};
}

}  // namespace

TEST_CASE("the CAs that a server asks for, in both versions") {
  for (const TlsVersion version : {TlsVersion::tls12, TlsVersion::tls13}) {
    CAPTURE(to_string(version));
    const auto both = read_certificate_request(
        request_for(version, {authority_named("Other CA"), octets_of(our_ca())}), version, &our_identity());
    CHECK(both.asked);
    CHECK(both.authorities == std::vector<std::string>{"CN=Other CA", "CN=Test CA"});
    CHECK(both.names_ours);
    const auto other = read_certificate_request(request_for(version, {authority_named("Test CA 2")}), version,
                                                &our_identity());
    CHECK_FALSE(other.names_ours);
    const auto any = read_certificate_request(request_for(version, {}), version, nullptr);
    CHECK(any.asked);
    CHECK(any.authorities.empty());
  }
}

TEST_CASE("names that cannot be shown, too many, and a message that is cut off do no harm") {
  const Bytes line_feed = authority_named("a\nb");
  std::vector<Bytes> many(CertificateRequest::most_names + 5, authority_named("CA"));
  many.back() = octets_of(our_ca());
  for (const TlsVersion version : {TlsVersion::tls12, TlsVersion::tls13}) {
    CAPTURE(to_string(version));
    CHECK(read_certificate_request(request_for(version, {line_feed}), version, nullptr).authorities ==
          std::vector<std::string>{"CN=a\\x0ab"});
    const auto all = read_certificate_request(request_for(version, many), version, &our_identity());
    CHECK(all.authorities.size() == CertificateRequest::most_names);
    CHECK(all.more == 5);
    CHECK(all.names_ours);
    const Bytes whole = request_for(version, {authority_named("CA"), Bytes{1, 2, 3}});
    for (std::size_t size = 0; size <= whole.size(); ++size) {
      CHECK(read_certificate_request(ByteView(whole).first(size), version, &our_identity()).asked);
    }
  }
}
