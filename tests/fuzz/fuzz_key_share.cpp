// A real hello whose key_share is the input: a ClientHello for a server, a ServerHello or a HelloRetryRequest
// for a client. No share may crash an end or establish a session, and who refuses one says why.
#include <cstdint>
#include <cstdlib>

#include "../support/engine.hpp"
#include "../support/hello.hpp"
#include "persona/authority/authority.hpp"
#include "persona/identity/identity.hpp"
#include "persona/trust/trust_store.hpp"
#include "persona/x509/crypto.hpp"

using namespace persona;
using namespace persona::tls::test;

namespace {

std::shared_ptr<const tls::Context> context_for(tls::Role role, const authority::Authority& authority) {
  authority::IssueRequest request;
  request.usage = role == tls::Role::client ? authority::IssueRequest::Usage::client
                                            : authority::IssueRequest::Usage::server;
  request.common_name = "fuzz";
  request.dns_names = {"fuzz.example"};
  const auto pem = must(authority.issue(request));
  tls::ContextOptions options;
  options.role = role;
  options.trust = *must(trust::TrustStore::from_pem({.ca = authority.certificate_pem()}));
  options.identity = *must(identity::Identity::from_pem(pem->certificate, pem->private_key, std::nullopt));
  options.min_version = TlsVersion::tls13;
  for (const NamedGroup& group : named_groups()) {
    options.groups.push_back(group.code_point);
  }
  return *must(tls::Context::create(std::move(options)));
}

struct Contexts {
  Contexts() {
    must(x509::initialise_crypto());
    const auto authority = must(authority::Authority::create("Fuzz CA", std::chrono::hours(24)));
    client = context_for(tls::Role::client, *authority);
    server = context_for(tls::Role::server, *authority);
  }
  std::shared_ptr<const tls::Context> client;
  std::shared_ptr<const tls::Context> server;
};

std::unique_ptr<Engine> end_of(const std::shared_ptr<const tls::Context>& context) {
  return std::move(*must(Engine::create(context, "fuzz.example")));
}

Bytes say(Engine& end, ByteView heard) {
  Buffer wire;
  must(end.handshake(heard, wire) == tls::Status::want_input);
  return bytes_of(wire.view());
}

void hear(Engine& end, ByteView hello) {
  Buffer answer;
  const tls::Status status = end.handshake(hello, answer);
  must(status == tls::Status::want_input || (status == tls::Status::failed && end.failure()));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const Contexts contexts;
  constexpr std::size_t longest = 10'000;
  if (size < 1 || size > longest) {
    return 0;
  }
  const ByteView share(data + 1, size - 1);
  const auto client = end_of(contexts.client);
  const auto server = end_of(contexts.server);
  const Bytes hello = say(*client, {});
  switch (data[0] % 3) {
    case 0:
      hear(*server, with_extension(hello, extension_key_share, share));
      break;
    case 1:
      hear(*client, with_extension(first_record(say(*server, hello)), extension_key_share, share));
      break;
    default:
      hear(*client, hello_retry_request(hello, extension(extension_key_share, share)));
      break;
  }
  return 0;
}
