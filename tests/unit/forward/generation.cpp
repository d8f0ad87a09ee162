#include "persona/forward/generation.hpp"

#include <array>
#include <initializer_list>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "material.hpp"
#include "persona/trust/trust_store.hpp"

using namespace persona;
using namespace persona::forward;
using namespace persona::forward::test;
using Keys = std::vector<std::string>;

TEST_CASE("the same certificates and settings: the TLS context, and with it the tickets, live on") {
  const auto first = make_generation(material("a"), nullptr);
  CHECK(make_generation(material("a"), first.get())->tls() == first->tls());
  CHECK(make_generation(material("b"), first.get())->tls() != first->tls());
  auto other = material("a");
  other.config.tls.alpn = {"postgresql"};
  CHECK(make_generation(std::move(other), first.get())->tls() != first->tls());
  other = material("a");
  other.config.tls.max_version = TlsVersion::tls12;
  CHECK(make_generation(std::move(other), first.get())->tls() != first->tls());
}

TEST_CASE("certificates that may have changed while they were read are new ones") {
  const auto first = make_generation(material(""), nullptr);
  CHECK(make_generation(material(""), first.get())->tls() != first->tls());
}

TEST_CASE("the health of targets is kept while the list of addresses is the same") {
  const auto first = make_generation(material("a"), nullptr);
  const auto second = make_generation(material("b"), first.get());
  CHECK(&second->targets() == &first->targets());
  CHECK(&make_generation(material("b", "192.0.2.2:1"), second.get())->targets() != &second->targets());
}

TEST_CASE("new connections get the new generation; the last user of the old one frees its key") {
  Lines lines;
  auto old = material("a");
  const std::weak_ptr<const identity::Identity> old_identity = old.identity;
  const auto service = make_service(std::move(old), lines);
  auto connection = service->current();
  service->replace(make_generation(material("b"), connection.get()));
  CHECK(service->current() != connection);
  CHECK(!old_identity.expired());
  connection.reset();
  CHECK(old_identity.expired());
}

TEST_CASE("an old key is not kept by new trust") {
  Lines lines;
  auto old = material("a");
  const std::weak_ptr<const trust::TrustStore> old_trust = old.trust;
  const auto service = make_service(std::move(old), lines);
  service->replace(make_generation(material("b"), service->current().get()));
  CHECK(old_trust.expired());
}

TEST_CASE("keys that only a restart can change keep their values, and are named") {
  auto running = material().config;
  running.listen.push_back({*Endpoint::parse("127.0.0.1:1"), {}});
  auto next = running;
  CHECK(keep_what_needs_restart(next, running).empty());
  next.timeouts.connect = Milliseconds(1);
  next.listen.front().mark = {7, 1};
  CHECK(keep_what_needs_restart(next, running).empty());
  CHECK(next.timeouts.connect == Milliseconds(1));

  next.name = "other";
  next.listen.front().value.port = 2;  // is no such key
  next.threads = 7;
  next.log.format = log::Format::json;
  next.log.file = "log";
  next.audit_file = "audit";
  next.log_opens = false;
  next.log.max_size = 1;
  next.log.max_files = 1;
  next.log.level = log::Level::warn;
  CHECK(keep_what_needs_restart(next, running) ==
        Keys{"name", "threads", "log.format", "log.file", "log.audit", "log.max_size", "log.max_files"});
  CHECK(next.name == running.name);
  CHECK(next.listen.front().value.port == 2);
  CHECK(next.threads == running.threads);
  CHECK(next.log.format == running.log.format);
  CHECK(next.log.file.empty());
  CHECK(next.audit_file.empty());
  CHECK(!next.log_opens);
  CHECK(next.log.max_size == running.log.max_size);
  CHECK(next.log.max_files == running.log.max_files);
  CHECK(next.log.level == log::Level::warn);
}

TEST_CASE("the group of the administrators' socket needs a restart, and its place in the file does not") {
  auto running = material().config;
  running.admin = {*Endpoint::parse("unix:/run/a"), {1, 1}, 0660, {{"postgres", {1, 2}}}};
  auto next = running;
  next.admin->group->mark = {7, 1};
  CHECK(keep_what_needs_restart(next, running).empty());
  next.admin->group->value = "root";
  CHECK(keep_what_needs_restart(next, running) == Keys{"admin"});
  CHECK(next.admin->group->value == "postgres");
  next.admin.reset();
  CHECK(keep_what_needs_restart(next, running) == Keys{"admin"});
}

TEST_CASE("what expires: our chain, our CAs, and the gateways as last seen") {
  Lines lines;
  const auto service = make_service(material("a"), lines);
  const Endpoint gateway = *Endpoint::parse("192.0.2.1:1");
  const x509::TimePoint soon = x509::now() + std::chrono::hours(1);
  service->saw_gateway(gateway, {Expiry::Role::gateway, "CN=old", soon});
  service->saw_gateway(gateway, {Expiry::Role::gateway, "CN=gateway", soon});
  const auto expiries = service->expiries();
  REQUIRE(expiries.size() == 3);
  CHECK(expiries[0].role == Expiry::Role::leaf);
  CHECK(expiries[0].name == "CN=client");
  CHECK(expiries[1].role == Expiry::Role::ca);
  CHECK(expiries[1].name == "CN=Test CA");
  CHECK(expiries[2].role == Expiry::Role::gateway);
  CHECK(expiries[2].name == "CN=gateway");
  CHECK(expiries[2].not_after == soon);
  service->replace(make_generation(material("a", "192.0.2.2:1"), service->current().get()));
  CHECK(service->expiries().size() == 2);  // it is no longer ours
}

TEST_CASE("what lives for a week at most is warned of in the last third of its time") {
  const x509::TimePoint begin{std::chrono::days(10'000)};
  const auto notice = [&](std::chrono::seconds period) {
    return expiry_of(Expiry::Role::leaf, "spiffe://example.org/app", begin, begin + period).notice;
  };
  CHECK(notice(std::chrono::hours(1)) == std::chrono::minutes(20));
  CHECK(notice(std::chrono::days(7)) == std::chrono::hours(56));
  CHECK(notice(std::chrono::days(8)) == std::chrono::days(30));
}

TEST_CASE("what expires: the CRLs that count") {
  using namespace std::chrono_literals;
  const x509::TimePoint now = x509::now();
  const auto expiries = [&](bool allowed, std::initializer_list<std::array<x509::TimePoint, 2>> periods) {
    std::string lists;
    std::uint64_t number = 0;
    for (const auto& [from, until] : periods) {
      const auto list = tls::test::test_ca().revocation_list({from, until, ++number, {}});
      REQUIRE(list);
      lists += *list;
    }
    auto from = material("a");
    from.trust = *trust::TrustStore::from_pem({tls::test::test_ca().certificate_pem(), lists, allowed});
    std::vector<x509::TimePoint> ends;
    const auto generation = make_generation(std::move(from), nullptr);
    for (const Expiry& each : generation->expiries()) {
      if (each.role == Expiry::Role::crl) {
        CHECK(each.name == "CN=Test CA (the CRL text)");
        ends.push_back(each.not_after);
      }
    }
    return ends;
  };
  using Ends = std::vector<x509::TimePoint>;
  CHECK(expiries(false, {{now - 1h, now + 24h}}) == Ends{now + 24h});
  // The next one takes over in time, or leaves a gap.
  CHECK(expiries(false, {{now - 1h, now + 24h}, {now + 20h, now + 48h}}) == Ends{now + 48h});
  CHECK(expiries(false, {{now - 1h, now + 24h}, {now + 30h, now + 48h}}) == Ends{now + 24h, now + 48h});
  CHECK(expiries(false, {{now - 24h, now - 1h}}) == Ends{now - 1h});
  CHECK(expiries(true, {{now - 24h, now - 1h}}) == Ends{});
}
