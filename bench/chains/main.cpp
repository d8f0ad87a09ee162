// What the chain that a client sends costs a server: CPU time of judging it, and of the whole handshake.
#include <algorithm>
#include <cstdlib>
#include <ctime>
#include <functional>

#include <fmt/format.h>

#include "../../tests/forge/raw_peer.hpp"
#include "cases.hpp"
#include "persona/authority/authority.hpp"
#include "persona/identity/identity.hpp"
#include "persona/tls/handshake.hpp"
#include "persona/trust/trust_store.hpp"
#include "persona/trust/verify.hpp"
#include "persona/x509/crypto.hpp"

namespace persona::bench {

namespace {

constexpr int rounds = 7;
constexpr double bound = 10;

void demand(bool holds, const char* what) {
  if (!holds) {
    fmt::print(stderr, "bench_chains: {}\n", what);
    std::exit(1);
  }
}

/// Of this process, which has one thread.
double cpu_milliseconds() {
  return 1000.0 * static_cast<double>(std::clock()) / CLOCKS_PER_SEC;
}

double median(const std::function<double()>& run) {
  std::vector<double> times;
  for (int i = 0; i < rounds; ++i) {
    times.push_back(run());
  }
  std::sort(times.begin(), times.end());
  return times[times.size() / 2];
}

x509::CertificateList parsed(const ChainCase& chain) {
  x509::CertificateList list;
  for (const Bytes& der : chain.chain) {
    demand(list.append_der(der).has_value(), "a chain cannot be parsed");
  }
  return list;
}

std::shared_ptr<const trust::TrustStore> make_trust(const std::string& ca) {
  auto trust = trust::TrustStore::from_pem({.ca = ca});
  demand(trust.has_value(), "the CA is refused");
  return *trust;
}

struct Judged {
  double milliseconds = 0;
  std::string reason;
};

Judged judge(const ChainCase& chain, const std::string& ca) {
  trust::VerifyPolicy policy;
  policy.role = trust::PeerRole::client;
  Judged judged;
  judged.milliseconds = median([&] {
    const auto trust = make_trust(ca);  // which remembers nothing
    const double before = cpu_milliseconds();
    const auto list = parsed(chain);
    judged.reason = trust::to_string(trust::verify_chain(*trust, *list.get(), policy).reason);
    return cpu_milliseconds() - before;
  });
  return judged;
}

/// The server's part alone.
double handshake(const ChainCase& chain, const std::shared_ptr<const tls::Context>& context) {
  const auto list = parsed(chain);
  support::RawPeer client(support::RawPeer::Role::client, list, *chain.key);
  auto server = tls::Handshake::create(context, {});
  demand(server.has_value(), "no handshake");
  Buffer to_client;
  Buffer to_server;
  double spent = 0;
  for (int i = 0; i < 20; ++i) {
    client.step(to_client, to_server);
    ByteView input = to_server.view();
    const std::size_t size = input.size();
    const double before = cpu_milliseconds();
    const tls::Status status = (*server)->advance(input, to_client);
    spent += cpu_milliseconds() - before;
    to_server.consume(size - input.size());
    if (status != tls::Status::want_input) {
      return spent;
    }
  }
  demand(false, "the handshake does not end");
  return spent;
}

tls::ContextOptions server_options(const std::string& ca) {
  const auto authority = authority::Authority::create("Own CA", std::chrono::hours(24));
  demand(authority.has_value(), "no CA");
  authority::IssueRequest request;
  request.usage = authority::IssueRequest::Usage::server;
  request.common_name = "server";
  const auto pair = authority->issue(request);
  demand(pair.has_value(), "no certificate");
  auto own = identity::Identity::from_pem(pair->certificate, pair->private_key, std::nullopt);
  demand(own.has_value(), "no identity");
  tls::ContextOptions options;
  options.role = tls::Role::server;
  options.identity = *own;
  options.trust = make_trust(ca);
  return options;
}

std::shared_ptr<const tls::Context> make_context(tls::ContextOptions options) {
  auto context = tls::Context::create(std::move(options));
  demand(context.has_value(), "no context");
  return *context;
}

int run() {
  const ChainCases made;
  tls::ContextOptions options = server_options(made.ca);
  const auto cold = [&](const ChainCase& chain) {
    return median([&] {
      options.trust = make_trust(made.ca);
      return handshake(chain, make_context(options));
    });
  };
  const ChainCase& good = made.cases.front();
  const double good_cold = cold(good);
  const auto warm_context = make_context(options);
  handshake(good, warm_context);
  const double good_warm = median([&] { return handshake(good, warm_context); });
  double worst = 0;
  double good_judged = 0;
  fmt::print(
      "| chain | verdict | judged: CPU ms | × good | handshake: CPU ms | × good "
      "|\n|---|---|---|---|---|---|\n");
  for (const ChainCase& chain : made.cases) {
    const Judged judged = judge(chain, made.ca);
    const double spent = &chain == &good ? good_cold : cold(chain);
    good_judged = &chain == &good ? judged.milliseconds : good_judged;
    worst = std::max({worst, spent / good_cold, judged.milliseconds / good_judged});
    fmt::print("| {} | {} | {:.2f} | {:.1f} | {:.2f} | {:.1f} |\n", chain.name, judged.reason,
               judged.milliseconds, judged.milliseconds / good_judged, spent, spent / good_cold);
  }
  fmt::print("\nThe good one again, its signatures remembered: {:.2f} ms a handshake.\n", good_warm);
  fmt::print("The worst chain costs at most {} times a good one: {:.1f}, {}.\n", bound, worst,
             worst <= bound ? "met" : "missed");
  return worst <= bound ? 0 : 1;
}

}  // namespace

}  // namespace persona::bench

int main() {
  persona::bench::demand(persona::x509::initialise_crypto().has_value(), "the crypto library does not start");
  return persona::bench::run();
}
