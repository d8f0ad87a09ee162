// What no server of an integration test can be made to show.
#include <algorithm>

#include <doctest/doctest.h>

#include "doctor/door_sentences.hpp"
#include "doctor/gateway_sentences.hpp"

using namespace persona;
using namespace persona::doctor;

namespace {

config::Config configured() {
  config::Config config;
  config.file = "pg.yaml";
  config.tls.ciphers = {0x1301, 0xc02b};
  config.tls.groups = {29};
  config.service = {*Endpoint::parse("127.0.0.1:5432"), {}};
  return config;
}

const Endpoint& target() {
  static const Endpoint endpoint = *Endpoint::parse("db.example.com:5433");
  return endpoint;
}

/// The last step of an attempt that failed.
Step failed_with(forward::End why, reload::Probe::Stage stage, const config::Config& config = configured(),
                 tls::CertificateRequest request = {}) {
  reload::Probe::Result result;
  result.failed = std::move(why);
  result.stages = {{stage, Milliseconds(1)}};
  result.request = std::move(request);
  x509::CertificateInfo ours;
  ours.name = "CN=client";
  ours.issuer = "CN=Test CA";
  const auto steps = gateway_steps(target(), "10.0.0.1:5433", result, {config, ours, x509::now()});
  REQUIRE(steps.size() == 1);
  CHECK(steps[0].state == State::failed);
  return steps[0];
}

bool says(const std::string& text, std::string_view words) {
  return text.find(words) != std::string::npos;
}

}  // namespace

TEST_CASE("connecting: each cause has its own advice") {
  std::vector<std::string> fixes;
  for (const int status :
       {UV_ECONNREFUSED, UV_ETIMEDOUT, UV_EHOSTUNREACH, UV_EACCES, UV_ECONNRESET, UV_EMFILE}) {
    forward::End why(forward::Reason::dial_failed, "cannot connect");
    why.status = status;
    const Step step = failed_with(why, reload::Probe::Stage::connecting);
    CHECK(step.kind == Kind::connect);
    CHECK_FALSE(step.fix.empty());
    fixes.push_back(step.fix);
  }
  std::sort(fixes.begin(), fixes.end());
  CHECK(std::adjacent_find(fixes.begin(), fixes.end()) == fixes.end());
}

TEST_CASE("a refused certificate: whose the gateway would take") {
  forward::End why(forward::Reason::client_certificate_refused, "the gateway refused our certificate");
  const auto stage = reload::Probe::Stage::accepting;
  tls::CertificateRequest request;
  CHECK(says(failed_with(why, stage, configured(), request).fix, "has not asked"));
  request.asked = true;
  CHECK(says(failed_with(why, stage, configured(), request).fix, "does not say whose"));
  request.authorities = {"CN=A", "CN=B", "CN=C", "CN=D"};
  request.more = 3;
  CHECK(says(failed_with(why, stage, configured(), request).fix,
             "issued by CN=A; CN=B; CN=C and 4 more, and ours is issued by CN=Test CA: have one"));
  request.names_ours = true;
  CHECK(says(failed_with(why, stage, configured(), request).fix, "something else against"));
}

TEST_CASE("a gateway that ends the session with another alert may not reach its service") {
  forward::End why(forward::Reason::gateway_reset, "the gateway ended the TLS session");
  CHECK(says(failed_with(why, reload::Probe::Stage::accepting).fix, "has not asked"));
  why.alert = 80;  // internal_error
  CHECK(says(failed_with(why, reload::Probe::Stage::accepting).fix, "does not reach the service behind it"));
}

TEST_CASE("what persona offers is told without what its versions exclude") {
  config::Config config = configured();
  const forward::End why(forward::Reason::handshake_failed, "nothing in common");
  CHECK(failed_with(why, reload::Probe::Stage::handshaking, config).fix ==
        "persona offers TLSv1.2 to TLSv1.3 with TLS_AES_128_GCM_SHA256, "
        "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256 and the groups x25519; compare that with what the gateway "
        "accepts");
  config.tls.min_version = TlsVersion::tls13;
  CHECK(says(failed_with(why, reload::Probe::Stage::handshaking, config).fix,
             "persona offers TLSv1.3 with TLS_AES_128_GCM_SHA256 and"));
}

TEST_CASE("one of our own addresses that we may not use, or nobody serves") {
  config::Config config = configured();
  config::Listen listen{*Endpoint::parse("unix:/run/pg.sock"), {}};
  listen.mode = 0660U;
  listen.group = config::Located<std::string>{"postgres", {}};
  Knock::Answer answer;
  answer.status = UV_EACCES;
  const Step forbidden = listen_step(config, listen, "unix:/run/pg.sock", answer);
  CHECK(forbidden.state == State::failed);
  CHECK(forbidden.sentence ==
        "unix:/run/pg.sock is there, and we may not connect to it: its mode is 0660 and its group postgres");
  answer.status = UV_EAGAIN;
  CHECK(says(listen_step(config, listen, "unix:/run/pg.sock", answer).sentence, "nobody accepts what comes"));
  answer.status = UV_ENOENT;
  CHECK(listen_step(config, listen, "unix:/run/pg.sock", answer).state == State::note);
  answer.status = 0;
  answer.words = "SSH-2.0-x";
  CHECK(listen_step(config, listen, "unix:/run/pg.sock", answer).state == State::failed);
  config.protocol = Protocol::mysql;  // whose facade greets
  CHECK(listen_step(config, listen, "unix:/run/pg.sock", answer).state == State::good);
}

TEST_CASE("a service that may not be used, and who answers at admin.listen") {
  config::Config config = configured();
  config.service = {*Endpoint::parse("unix:/run/pg.sock"), {}};
  Knock::Answer answer;
  answer.status = UV_EACCES;
  CHECK(says(service_steps(config, "unix:/run/pg.sock", answer)[0].fix, "member of the socket's group"));
  answer.status = 0;
  for (const auto& each : std::vector<std::pair<std::string, std::string>>{
           {"HTTP/1.1 200 OK\r\n\r\nready\n", ""},
           {"HTTP/1.1 503 Service Unavailable\r\n\r\ndraining\n", "is not ready: draining"},
           {"HTTP/1.1 503 Service Unavailable\r\n\r\ndraining\n\npg: x\n", "is not ready: draining; pg: x"},
           {"HTTP/1.1 404 Not Found\r\n\r\n", "is not persona: its status is 404"},
           {"HTTP/1.1 2", "is not persona but an HTTP server"},
           {"SSH-2.0-x\r\n", "is not persona but an SSH server"},
           {"", "says nothing"}}) {
    answer.words = each.first;
    const std::string said = why_not_ready("127.0.0.1:9901", answer);
    CHECK_MESSAGE((each.second.empty() ? said.empty() : says(said, each.second)), said);
  }
}
