// Stores of the current user, made for the test and deleted after it.
#include <windows.h>
// after windows.h
#include <algorithm>
#include <wincrypt.h>

#include <doctest/doctest.h>
#include <fmt/format.h>

#include "certificates.hpp"
#include "persona/base/wide_windows.hpp"
#include "persona/store/load.hpp"
#include "persona/store/system_store.hpp"

using namespace persona;
using namespace persona::store;
using namespace persona::store::test;

namespace {

/// A store with a name of its own.
class NewStore {
 public:
  NewStore()
      : name_{StoreName::Location::current_user, fmt::format("persona-test-{}", GetCurrentProcessId())} {
    REQUIRE(Opened(name_).store != nullptr);
  }
  ~NewStore() { open(name_, CERT_STORE_DELETE_FLAG); }
  NewStore(const NewStore&) = delete;
  NewStore& operator=(const NewStore&) = delete;

  const StoreName& name() const { return name_; }

  Bytes add(const support::Forgery& what) { return add(forged(what), nullptr); }

  /// `provider`: what is said to have its key.
  Bytes add_with_key(const support::Forgery& what, const wchar_t* provider = MS_KEY_STORAGE_PROVIDER,
                     DWORD type = 0) {
    return add_with_key(forged(what), provider, type);
  }

  Bytes add_with_key(Bytes der, const wchar_t* provider = MS_KEY_STORAGE_PROVIDER, DWORD type = 0) {
    std::wstring container = L"persona-test";
    std::wstring name = provider;
    CRYPT_KEY_PROV_INFO info{};
    info.pwszContainerName = container.data();
    info.pwszProvName = name.data();
    info.dwProvType = type;
    info.dwKeySpec = type == 0 ? 0 : AT_KEYEXCHANGE;
    return add(std::move(der), [&](const CERT_CONTEXT* added) {
      return CertSetCertificateContextProperty(added, CERT_KEY_PROV_INFO_PROP_ID, 0, &info);
    });
  }

  Bytes add_for_mail(const support::Forgery& what) {
    Bytes usages = {0x30, 0x0a, 0x06, 0x08, 0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03, 0x04};
    CRYPT_DATA_BLOB blob{static_cast<DWORD>(usages.size()), usages.data()};
    return add(forged(what), [&](const CERT_CONTEXT* added) {
      return CertSetCertificateContextProperty(added, CERT_ENHKEY_USAGE_PROP_ID, 0, &blob);
    });
  }

  Bytes add(Bytes der, const std::function<BOOL(const CERT_CONTEXT*)>& set_properties) {
    const CERT_CONTEXT* added = nullptr;
    const Opened opened(name_);
    REQUIRE(CertAddEncodedCertificateToStore(opened.store, X509_ASN_ENCODING, der.data(),
                                             static_cast<DWORD>(der.size()), CERT_STORE_ADD_NEW,
                                             &added) != 0);
    CHECK((!set_properties || set_properties(added) != 0));
    CertFreeCertificateContext(added);
    return der;
  }

 private:
  static Bytes forged(const support::Forgery& what) {
    return support::forge_der(what, test_key(), test_key());
  }

  static HCERTSTORE open(const StoreName& name, DWORD flags) {
    return CertOpenStore(CERT_STORE_PROV_SYSTEM_W, 0, 0, CERT_SYSTEM_STORE_CURRENT_USER | flags,
                         to_wide(name.name).c_str());
  }

  /// Wine writes what has changed when the store is closed.
  struct Opened {
    explicit Opened(const StoreName& name) : store(open(name, 0)) {}
    ~Opened() { CertCloseStore(store, 0); }
    Opened(const Opened&) = delete;
    Opened& operator=(const Opened&) = delete;

    HCERTSTORE store;
  };

  StoreName name_;
};

const StoreSelector app{StoreSelector::Kind::subject, "app"};

}  // namespace

TEST_CASE("a store has the certificates that were put into it, with what is known of their keys") {
  NewStore store;
  const Bytes one = store.add(support::client("CN=one", "CN=Test CA"));
  const Bytes two = store.add_with_key(support::client("CN=two", "CN=Test CA"));
  const auto found = certificates_in(store.name());
  REQUIRE(found);
  REQUIRE(found->size() == 2);
  for (const StoredCertificate& each : *found) {
    CHECK((each.der == one || each.der == two));
    CHECK(each.has_key == (each.der == two));
    CHECK_FALSE(each.restrictions.usages);
    CHECK_FALSE(each.restrictions.disallowed_since);
  }
}

TEST_CASE("a store that is not there is told, and how to find those that are") {
  const auto found = certificates_in({StoreName::Location::current_user, "persona-none"});
  REQUIRE_FALSE(found);
  CHECK(found.error().message ==
        "there is no certificate store CurrentUser\\persona-none of the account that persona runs as; its "
        "names "
        "are listed by: certutil -user -enumstore");
}

TEST_CASE("the newest certificate is found, and another one once that is there") {
  NewStore store;
  auto forgery = support::client("CN=app", "CN=Test CA");
  forgery.not_before = -std::chrono::days(3);
  const Bytes old = store.add_with_key(forgery);
  const auto first = find_identity(store.name(), app, identity::IdentityUse::client);
  REQUIRE(first);
  CHECK(first->leaf == old);
  CHECK(first->to_string().find("the newest of") == std::string::npos);
  forgery.not_before = -std::chrono::days(1);
  const Bytes renewed = store.add_with_key(forgery);
  const auto second = find_identity(store.name(), app, identity::IdentityUse::client);
  REQUIRE(second);
  CHECK(second->leaf == renewed);
  CHECK(second->to_string().ends_with(", the newest of 2 with subject \"app\""));
}

TEST_CASE("issuers come from the same store, and the root is not sent") {
  NewStore store;
  support::ForgedKey root_key;
  support::ForgedKey issuer_key;
  const Bytes root = store.add(
      support::forge_der(support::ca("CN=Store Root", "CN=Store Root"), root_key, root_key), nullptr);
  const Bytes issuer = store.add(
      support::forge_der(support::ca("CN=Store Issuer", "CN=Store Root"), issuer_key, root_key), nullptr);
  const Bytes leaf = store.add_with_key(
      support::forge_der(support::client("CN=app", "CN=Store Issuer"), test_key(), issuer_key));
  CHECK(issuers_of(store.name(), leaf) == std::vector<Bytes>{issuer});
  CHECK(issuers_of(store.name(), root).empty());
  const auto found = find_identity(store.name(), app, identity::IdentityUse::client);
  REQUIRE(found);
  Bytes both = leaf;
  both.insert(both.end(), issuer.begin(), issuer.end());
  CHECK(found->chain == both);
}

TEST_CASE("a key that is not there, and one of an old provider, are told") {
  NewStore store;
  const Bytes missing = store.add_with_key(support::client("CN=missing", "CN=Test CA"));
  const Bytes old =
      store.add_with_key(support::client("CN=old", "CN=Test CA"), MS_ENH_RSA_AES_PROV_W, PROV_RSA_AES);
  const auto no_key = open_key(store.name(), missing);
  REQUIRE_FALSE(no_key);
  const std::string missing_words = no_key.error().message;
  CHECK_MESSAGE(
      missing_words.find("private key of CN=missing in CurrentUser\\persona-test-") != std::string::npos,
      missing_words);
  const auto old_key = open_key(store.name(), old);
  REQUIRE_FALSE(old_key);
  const std::string old_words = old_key.error().message;
  CHECK_MESSAGE(
      old_words.find("which an old provider has (Microsoft Enhanced RSA and AES") != std::string::npos,
      old_words);
  CHECK_FALSE(open_key(store.name(), support::forge_der({}, test_key(), test_key())));
}

TEST_CASE("CAs of a store vouch, but those that are not for TLS, and always in the same order") {
  NewStore store;
  store.add(support::ca("CN=One", "CN=One"));
  const auto alone = find_roots(store.name(), trust::PeerRole::gateway);
  REQUIRE(alone);
  CHECK(alone->count == 1);
  store.add_for_mail(support::ca("CN=Mail", "CN=Mail"));
  const auto without = find_roots(store.name(), trust::PeerRole::gateway);
  REQUIRE(without);
  CHECK(without->left_out == 1);
  CHECK(without->certificates == alone->certificates);
  store.add(support::ca("CN=Two", "CN=Two"));
  const auto both = find_roots(store.name(), trust::PeerRole::gateway);
  REQUIRE(both);
  CHECK(both->count == 2);
  CHECK(find_roots(store.name(), trust::PeerRole::gateway)->certificates == both->certificates);
}
