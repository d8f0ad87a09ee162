// A server's CertificateRequest, of which mbedTLS has looked at less than is read here: what is kept is
// bounded and printable, and a request that is whole is read the same whatever follows it. The first byte
// chooses the version.
#include <cstdint>
#include <cstdlib>

#include "persona/base/text.hpp"
#include "tls/read_certificate_request.hpp"

using namespace persona;

namespace {

void expect(bool holds) {
  if (!holds) {
    std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 1) {
    return 0;
  }
  const TlsVersion version = (data[0] & 1U) != 0 ? TlsVersion::tls13 : TlsVersion::tls12;
  const ByteView message(data + 1, size - 1);
  const tls::CertificateRequest request = tls::read_certificate_request(message, version, nullptr);
  expect(request.asked && !request.names_ours);
  expect(request.authorities.size() <= tls::CertificateRequest::most_names);
  expect(request.more == 0 || request.authorities.size() == tls::CertificateRequest::most_names);
  // Each name has two octets of length, and one of content at least.
  expect((request.authorities.size() + request.more) * 3 <= message.size());
  for (const std::string& name : request.authorities) {
    expect(printable(name) == name);
  }
  return 0;
}
