// Windows only: CryptoAPI's certificate stores, and keys of CNG.
#include <windows.h>
// after windows.h
#include <chrono>
#include <functional>
#include <map>
#include <mutex>
#include <ncrypt.h>
#include <utility>
#include <wincrypt.h>

#include <fmt/format.h>

#include "ncrypt_windows.hpp"
#include "persona/base/text.hpp"
#include "persona/base/wide_windows.hpp"
#include "persona/store/system_store.hpp"
#include "persona/x509/certificate.hpp"

namespace persona::store {

namespace {

// Of Windows 8.1 and later; MinGW-w64's headers lack some.
constexpr DWORD disallowed_filetime = 104;      // CERT_DISALLOWED_FILETIME_PROP_ID
constexpr DWORD disallowed_enhkey_usage = 122;  // CERT_DISALLOWED_ENHKEY_USAGE_PROP_ID
constexpr DWORD not_before_filetime = 126;      // CERT_NOT_BEFORE_FILETIME_PROP_ID
constexpr DWORD not_before_enhkey_usage = 127;  // CERT_NOT_BEFORE_ENHKEY_USAGE_PROP_ID
constexpr DWORD group_of_templates = 9;         // CRYPT_TEMPLATE_OID_GROUP_ID

struct CloseStore {
  using pointer = HCERTSTORE;
  void operator()(HCERTSTORE store) const { CertCloseStore(store, 0); }
};
using Store = std::unique_ptr<void, CloseStore>;

struct FreeCertificate {
  void operator()(const CERT_CONTEXT* certificate) const { CertFreeCertificateContext(certificate); }
};
using Certificate = std::unique_ptr<const CERT_CONTEXT, FreeCertificate>;

struct FreeChain {
  void operator()(const CERT_CHAIN_CONTEXT* chain) const { CertFreeCertificateChain(chain); }
};

Result<Store> open(const StoreName& name) {
  const DWORD place = name.location == StoreName::Location::current_user ? CERT_SYSTEM_STORE_CURRENT_USER
                                                                         : CERT_SYSTEM_STORE_LOCAL_MACHINE;
  Store store(CertOpenStore(CERT_STORE_PROV_SYSTEM_W, 0, 0,
                            place | CERT_STORE_OPEN_EXISTING_FLAG | CERT_STORE_READONLY_FLAG,
                            to_wide(name.name).c_str()));
  if (store != nullptr) {
    return store;
  }
  const DWORD code = GetLastError();
  if (code == ERROR_FILE_NOT_FOUND) {
    return fail(
        ErrorKind::configuration,
        "there is no certificate store {}{}; its names are listed by: "
        "certutil {}-enumstore",
        name.to_string(),
        name.location == StoreName::Location::current_user ? " of the account that persona runs as" : "",
        name.location == StoreName::Location::current_user ? "-user " : "");
  }
  return fail(ErrorKind::configuration, "the certificate store {} cannot be opened: {}", name.to_string(),
              windows_error_words(code));
}

Bytes der_of(const CERT_CONTEXT& certificate) {
  return {certificate.pbCertEncoded, certificate.pbCertEncoded + certificate.cbCertEncoded};
}

bool has_property(const CERT_CONTEXT& certificate, DWORD property) {
  DWORD size = 0;
  return CertGetCertificateContextProperty(&certificate, property, nullptr, &size) != 0;
}

std::optional<Bytes> property_of(const CERT_CONTEXT& certificate, DWORD property) {
  DWORD size = 0;
  if (CertGetCertificateContextProperty(&certificate, property, nullptr, &size) == 0) {
    return std::nullopt;
  }
  Bytes value(size);
  if (CertGetCertificateContextProperty(&certificate, property, value.data(), &size) == 0) {
    return std::nullopt;
  }
  value.resize(size);
  return value;
}

/// A FILETIME: units of 100 ns since 1601. One that is no FILETIME is the beginning of time.
std::optional<x509::TimePoint> time_of(const CERT_CONTEXT& certificate, DWORD property) {
  const auto value = property_of(certificate, property);
  if (!value) {
    return std::nullopt;
  }
  constexpr std::uint64_t units = 10'000'000;
  constexpr std::int64_t from_1601_to_1970 = 11'644'473'600;
  std::uint64_t filetime = 0;
  for (std::size_t at = value->size() == sizeof filetime ? value->size() : 0; at > 0; --at) {
    filetime = filetime << 8U | (*value)[at - 1];
  }
  return x509::TimePoint(
      std::chrono::seconds(static_cast<std::int64_t>(filetime / units) - from_1601_to_1970));
}

StoredCertificate stored(const CERT_CONTEXT& certificate) {
  return {der_of(certificate),
          has_property(certificate, CERT_KEY_PROV_INFO_PROP_ID),
          {property_of(certificate, CERT_ENHKEY_USAGE_PROP_ID),
           property_of(certificate, disallowed_enhkey_usage), time_of(certificate, disallowed_filetime),
           time_of(certificate, not_before_filetime), property_of(certificate, not_before_enhkey_usage)}};
}

/// Calls visit(const CERT_CONTEXT&) until it returns false.
template <class Visit>
void for_each_in(HCERTSTORE store, Visit visit) {
  Certificate certificate;
  for (;;) {
    // It releases the one before.
    certificate.reset(CertEnumCertificatesInStore(store, certificate.release()));
    if (certificate == nullptr || !visit(*certificate)) {
      return;
    }
  }
}

/// The certificate as the store has it, with its properties; null: it is gone.
Certificate find(HCERTSTORE store, ByteView der) {
  Certificate found;
  for_each_in(store, [&](const CERT_CONTEXT& each) {
    const bool same = as_text(der) == as_text({each.pbCertEncoded, each.cbCertEncoded});
    // What a user's store shows of the machine's may be a copy without a key.
    const bool has_key = same && has_property(each, CERT_KEY_PROV_INFO_PROP_ID);
    if (same && (found == nullptr || has_key)) {
      found.reset(CertDuplicateCertificateContext(&each));
    }
    return !has_key;
  });
  return found;
}

/// "CN=app in LocalMachine\My"
std::string owner_of(const StoreName& store, ByteView der) {
  x509::CertificateList parsed;
  return fmt::format("{} in {}", parsed.append_der(der) ? x509::display_name(*parsed.get()) : "a certificate",
                     store.to_string());
}

/// The provider of an old key, which CNG does not have; empty: it is one of CNG.
std::string old_provider_of(const CERT_CONTEXT& certificate) {
  const auto value = property_of(certificate, CERT_KEY_PROV_INFO_PROP_ID);
  if (!value || value->size() < sizeof(CRYPT_KEY_PROV_INFO)) {
    return "";
  }
  const auto* info = reinterpret_cast<const CRYPT_KEY_PROV_INFO*>(value->data());
  return info->dwProvType == 0 || info->pwszProvName == nullptr ? "" : from_wide(info->pwszProvName);
}

class Key {
 public:
  Key(HCRYPTPROV_OR_NCRYPT_KEY_HANDLE handle, DWORD spec, bool ours)
      : handle_(handle), spec_(spec), ours_(ours) {}
  ~Key() {
    if (!ours_) {
      return;
    }
    if (is_cng()) {
      NCryptFreeObject(handle_);
    } else {
      CryptReleaseContext(handle_, 0);
    }
  }
  Key(const Key&) = delete;
  Key& operator=(const Key&) = delete;

  bool is_cng() const { return spec_ == CERT_NCRYPT_KEY_SPEC; }
  NCRYPT_KEY_HANDLE get() const { return handle_; }

 private:
  HCRYPTPROV_OR_NCRYPT_KEY_HANDLE handle_;
  DWORD spec_;
  bool ours_;  // else it goes with the certificate
};

Result<std::shared_ptr<const Key>> acquire(const CERT_CONTEXT& certificate, const std::string& owner) {
  HCRYPTPROV_OR_NCRYPT_KEY_HANDLE handle = 0;
  DWORD spec = 0;
  BOOL ours = FALSE;
  const BOOL acquired = CryptAcquireCertificatePrivateKey(
      &certificate,
      CRYPT_ACQUIRE_ONLY_NCRYPT_KEY_FLAG | CRYPT_ACQUIRE_SILENT_FLAG | CRYPT_ACQUIRE_COMPARE_KEY_FLAG,
      nullptr, &handle, &spec, &ours);
  const DWORD code = acquired != 0 ? ERROR_SUCCESS : GetLastError();
  auto key = acquired != 0 ? std::make_shared<const Key>(handle, spec, ours != FALSE) : nullptr;
  if (key != nullptr && key->is_cng()) {
    return key;
  }
  const std::string provider = old_provider_of(certificate);
  if (!provider.empty() && (acquired != 0 || is_not_there(code))) {
    return fail(ErrorKind::configuration, "{}", old_key_trouble(provider, owner));
  }
  return fail(ErrorKind::configuration, "{}", key_trouble(code, owner));
}

/// Whatever its key is in: the process of Windows that keeps keys, a TPM, a card.
class StoreSigner final : public pk::Signer {
 public:
  StoreSigner(Certificate certificate, std::shared_ptr<const Key> key, std::string owner)
      : certificate_(std::move(certificate)), owner_(std::move(owner)), key_(std::move(key)) {}

  Result<std::size_t> sign(pk::Scheme scheme, pk::Hash hash, ByteView digest,
                           ByteSpan signature) const override {
    std::size_t size = 0;
    SECURITY_STATUS status = sign_with(current()->get(), scheme, hash, digest, signature, size);
    if (status != ERROR_SUCCESS && status != static_cast<SECURITY_STATUS>(NTE_SILENT_CONTEXT)) {
      // A card that was pulled and put back, or a service of Windows that was restarted, wants it opened
      // anew.
      auto again = acquire(*certificate_, owner_);
      if (!again) {
        return tl::unexpected(again.error());
      }
      status = sign_with((*again)->get(), scheme, hash, digest, signature, size);
      if (status == ERROR_SUCCESS) {
        const std::lock_guard lock(mutex_);
        key_ = std::move(*again);
      }
    }
    if (status != ERROR_SUCCESS) {
      return fail(ErrorKind::configuration, "{}", key_trouble(static_cast<DWORD>(status), owner_));
    }
    return size;
  }

  bool is_slow() const override { return true; }

 private:
  std::shared_ptr<const Key> current() const {
    const std::lock_guard lock(mutex_);
    return key_;
  }

  Certificate certificate_;  // outlives the key, which may be released with it
  std::string owner_;
  mutable std::mutex mutex_;  // of key_; who signs has a share of it
  mutable std::shared_ptr<const Key> key_;
};

}  // namespace

bool stores_are_supported() {
  return true;
}

Result<std::vector<StoredCertificate>> certificates_in(const StoreName& store) {
  const auto opened = open(store);
  if (!opened) {
    return tl::unexpected(opened.error());
  }
  std::vector<StoredCertificate> found;
  for_each_in(opened->get(), [&](const CERT_CONTEXT& each) {
    found.push_back(stored(each));
    return true;
  });
  return found;
}

std::vector<Bytes> distrusted() {
  std::vector<Bytes> found;
  for (const auto place : {StoreName::Location::current_user, StoreName::Location::local_machine}) {
    if (const auto opened = open({place, "Disallowed"})) {
      for_each_in(opened->get(), [&](const CERT_CONTEXT& each) {
        found.push_back(der_of(each));
        return true;
      });
    }
  }
  return found;
}

std::vector<Bytes> issuers_of(const StoreName& store, ByteView certificate) {
  const auto opened = open(store);
  const Certificate leaf = opened ? find(opened->get(), certificate) : nullptr;
  if (leaf == nullptr) {
    return {};
  }
  CERT_CHAIN_PARA how{};
  how.cbSize = sizeof how;
  const CERT_CHAIN_CONTEXT* built = nullptr;
  const HCERTCHAINENGINE engine =
      store.location == StoreName::Location::local_machine ? HCCE_LOCAL_MACHINE : HCCE_CURRENT_USER;
  if (CertGetCertificateChain(engine, leaf.get(), nullptr, opened->get(), &how,
                              CERT_CHAIN_CACHE_ONLY_URL_RETRIEVAL | CERT_CHAIN_DISABLE_AUTH_ROOT_AUTO_UPDATE,
                              nullptr, &built) == 0) {
    return {};
  }
  const std::unique_ptr<const CERT_CHAIN_CONTEXT, FreeChain> chain(built);
  std::vector<Bytes> issuers;
  if (chain->cChain == 0) {
    return issuers;
  }
  const CERT_SIMPLE_CHAIN& simple = *chain->rgpChain[0];
  for (DWORD at = 1; at < simple.cElement; ++at) {
    const CERT_CHAIN_ELEMENT& element = *simple.rgpElement[at];
    if ((element.TrustStatus.dwInfoStatus & CERT_TRUST_IS_SELF_SIGNED) == 0) {
      issuers.push_back(der_of(*element.pCertContext));
    }
  }
  return issuers;
}

std::string oid_of_template(std::string_view name) {
  static std::mutex mutex;
  static std::map<std::string, std::string, std::less<>> known;  // a domain never changes it
  const std::lock_guard lock(mutex);
  if (const auto found = known.find(name); found != known.end()) {
    return found->second;
  }
  const CRYPT_OID_INFO* info =
      CryptFindOIDInfo(CRYPT_OID_INFO_NAME_KEY, to_wide(name).data(), group_of_templates);
  if (info == nullptr || info->pszOID == nullptr) {
    return "";
  }
  return known.emplace(name, info->pszOID).first->second;
}

Result<std::unique_ptr<const pk::Signer>> open_key(const StoreName& store, ByteView certificate) {
  const std::string owner = owner_of(store, certificate);
  const auto opened = open(store);
  if (!opened) {
    return tl::unexpected(opened.error());
  }
  Certificate found = find(opened->get(), certificate);
  if (found == nullptr) {
    return fail(ErrorKind::configuration, "{} has been removed meanwhile", owner);
  }
  auto key = acquire(*found, owner);
  if (!key) {
    return tl::unexpected(key.error());
  }
  return std::make_unique<StoreSigner>(std::move(found), std::move(*key), owner);
}

}  // namespace persona::store
