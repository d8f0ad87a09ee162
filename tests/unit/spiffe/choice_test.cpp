// Which SVID is ours, what of it is checked, and whose bundle counts.
#include "persona/spiffe/choice.hpp"

#include <doctest/doctest.h>
#include <mbedtls/pk.h>

#include "../../forge/forge.hpp"

using namespace persona;
using namespace persona::spiffe;

namespace {

const std::string app = "spiffe://example.org/app";

Bytes der_of(support::ForgedKey& key) {
  Bytes buffer(2000);
  const int size = mbedtls_pk_write_key_der(&key.context, buffer.data(), buffer.size());
  REQUIRE(size > 0);
  return {buffer.end() - size, buffer.end()};
}

support::ForgedExtension names(const std::vector<std::string>& uris) {
  Bytes content;
  for (const std::string& uri : uris) {
    content.push_back(0x86);  // [6] uniformResourceIdentifier
    content.push_back(static_cast<std::uint8_t>(uri.size()));
    content.insert(content.end(), uri.begin(), uri.end());
  }
  content.insert(content.begin(), {0x30, static_cast<std::uint8_t>(content.size())});
  return {"\x55\x1d\x11", content};
}

/// A CA, and what an agent would give of it.
struct Made {
  explicit Made(const std::vector<std::string>& uris = {app}) {
    support::Forgery leaf = support::client("CN=leaf", "CN=Domain");
    leaf.others.push_back(names(uris));
    svid.id = app;
    svid.chain = support::forge_der(leaf, key, ca_key);
    svid.key = x509::Secret(as_text(der_of(key)));
    svid.bundle = support::forge_der(support::ca("CN=Domain", "CN=Domain"), ca_key, ca_key);
  }

  std::string load() const {
    const auto loaded = load_identity(svid, identity::IdentityUse::client, "the SVID");
    return loaded ? "" : loaded.error().front().message;
  }

  support::ForgedKey key, ca_key;
  Svid svid{};
};

Update two() {
  Update update;
  update.svids.resize(2);
  update.svids[0].id = app;
  update.svids[0].bundle = {1};
  update.svids[1].id = "spiffe://example.org/db";
  update.federated.push_back({"spiffe://example.com", {2}});
  update.crls = {{3}};
  return update;
}

}  // namespace

TEST_CASE("a trust domain is what stands between the scheme and the path") {
  CHECK(trust_domain_of(app) == "spiffe://example.org");
  CHECK(trust_domain_of("spiffe://example.org") == "spiffe://example.org");
  for (const char* none :
       {"", "spiffe://", "spiffe:///app", "https://example.org/app", "spiffe://Example.org/app",
        "spiffe://user@example.org/app", "spiffe://example.org:1/app"}) {
    CHECK_MESSAGE(trust_domain_of(none).empty(), none);
  }
}

TEST_CASE("the first SVID is ours, or the one that is named") {
  const Update update = two();
  CHECK((*choose(update, ""))->id == app);
  CHECK((*choose(update, "spiffe://example.org/db"))->id == "spiffe://example.org/db");
  CHECK(choose(update, "spiffe://example.org/none").error().message ==
        "the agent gives no SVID with the ID spiffe://example.org/none, only spiffe://example.org/app; "
        "spiffe://example.org/db");
}

TEST_CASE("a peer is verified by the bundle of its own trust domain alone") {
  const Update update = two();
  const auto own = bundle_for(update, update.svids[0], "");
  REQUIRE(own);
  CHECK(own->source == "the bundle of example.org");
  CHECK(own->certificates == Bytes{1});
  CHECK(own->crls == std::vector<Bytes>{{3}});
  CHECK(bundle_for(update, update.svids[0], "db.example.com")->certificates == Bytes{1});
  CHECK(bundle_for(update, update.svids[0], "spiffe://example.org/db")->certificates == Bytes{1});
  CHECK(bundle_for(update, update.svids[0], "spiffe://example.com/db")->certificates == Bytes{2});
  CHECK(bundle_for(update, update.svids[0], "spiffe://example.net/db").error().message ==
        "the agent gives no bundle of spiffe://example.net, only of spiffe://example.org; "
        "spiffe://example.com: "
        "federate the two trust domains");
}

TEST_CASE("an SVID is loaded from DER") {
  CHECK(Made().load() == "");
}

TEST_CASE("the first certificate of an SVID has its ID as its only URI") {
  const std::string words =
      "the first certificate of the SVID does not have spiffe://example.org/app as its only URI: CN=leaf";
  CHECK(Made({"spiffe://example.org/db"}).load() == words);
  CHECK(Made({app, "spiffe://example.org/db"}).load() == words);
  Made made;
  made.svid.chain.insert(made.svid.chain.begin(), made.svid.bundle.begin(), made.svid.bundle.end());
  CHECK(made.load().starts_with("the first certificate of the SVID does not have"));
}

TEST_CASE("the key of an SVID is that of its first certificate") {
  Made made;
  support::ForgedKey other;
  made.svid.key = x509::Secret(as_text(der_of(other)));
  CHECK(made.load() == "the private key does not match the certificate: CN=leaf");
  made.svid.key = x509::Secret("\x30\x03\x02\x01");
  CHECK(made.load().starts_with("the private key in the SVID"));
  // One of another certificate in the chain.
  Made behind;
  const Made another;
  behind.svid.chain.insert(behind.svid.chain.end(), another.svid.chain.begin(), another.svid.chain.end());
  behind.svid.key = x509::Secret(another.svid.key.view());
  CHECK(behind.load() == "the private key of the SVID is not that of its first certificate: CN=leaf");
}

TEST_CASE("certificates that are none are refused") {
  Made made;
  made.svid.chain.resize(made.svid.chain.size() / 2);
  CHECK(made.load().starts_with("certificate 1 in the SVID"));
}
