// Windows only.
#include "ncrypt_windows.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "persona/base/wide_windows.hpp"
#include "persona/pk/ecdsa_signature.hpp"

namespace persona::store {

namespace {

constexpr std::size_t most_signature = 1024;  // of RSA with 8192 bits

const wchar_t* name_of(pk::Hash hash) {
  switch (hash) {
    case pk::Hash::sha256:
      return BCRYPT_SHA256_ALGORITHM;
    case pk::Hash::sha384:
      return BCRYPT_SHA384_ALGORITHM;
    case pk::Hash::sha512:
      return BCRYPT_SHA512_ALGORITHM;
  }
  return nullptr;
}

/// The account that this process runs as, which may have no rights to the key.
std::string account() {
  std::array<wchar_t, 257> name{};  // UNLEN + 1
  auto size = static_cast<DWORD>(name.size());
  return GetUserNameW(name.data(), &size) != 0 ? from_wide(name.data()) : "?";
}

}  // namespace

SECURITY_STATUS sign_with(NCRYPT_KEY_HANDLE key, pk::Scheme scheme, pk::Hash hash, ByteView digest,
                          ByteSpan signature, std::size_t& size) {
  BCRYPT_PKCS1_PADDING_INFO pkcs1{name_of(hash)};
  BCRYPT_PSS_PADDING_INFO pss{name_of(hash), static_cast<ULONG>(pk::size_of(hash))};
  void* padding = nullptr;
  DWORD flags = NCRYPT_SILENT_FLAG;
  if (scheme == pk::Scheme::rsa_pkcs1) {
    padding = &pkcs1;
    flags |= BCRYPT_PAD_PKCS1;
  } else if (scheme == pk::Scheme::rsa_pss) {
    padding = &pss;
    flags |= BCRYPT_PAD_PSS;
  }
  std::array<BYTE, most_signature> made{};
  DWORD written = 0;
  const SECURITY_STATUS status = NCryptSignHash(
      key, padding, const_cast<BYTE*>(digest.data()),  // which it only reads
      static_cast<DWORD>(digest.size()), made.data(), static_cast<DWORD>(made.size()), &written, flags);
  if (status != ERROR_SUCCESS) {
    return status;
  }
  const ByteView whole = ByteView(made).first(std::min<std::size_t>(written, made.size()));
  if (scheme == pk::Scheme::ecdsa) {
    const auto der = pk::der_of_raw(whole, signature);
    size = der.value_or(0);
    return der ? ERROR_SUCCESS : NTE_INTERNAL_ERROR;
  }
  if (whole.size() > signature.size()) {
    return NTE_BUFFER_TOO_SMALL;
  }
  std::copy(whole.begin(), whole.end(), signature.begin());
  size = whole.size();
  return ERROR_SUCCESS;
}

std::string key_trouble(DWORD code, const std::string& owner) {
  const std::string words = windows_error_words(code);
  if (is_not_there(code)) {
    return fmt::format(
        "there is no private key of {} for this account ({}): let it read the key in certlm.msc (All Tasks, "
        "Manage Private Keys), for a service NT SERVICE\\NAME, or import the certificate again with its key: "
        "{}",
        owner, account(), words);
  }
  switch (static_cast<HRESULT>(code)) {
    case NTE_PERM:
    case E_ACCESSDENIED:
    case static_cast<HRESULT>(ERROR_ACCESS_DENIED):
      return fmt::format(
          "this account ({}) may not use the private key of {}: let it read that in certlm.msc (All Tasks, "
          "Manage Private Keys), for a service NT SERVICE\\NAME: {}",
          account(), owner, words);
    case NTE_SILENT_CONTEXT:
    case NTE_USER_CANCELLED:
    case SCARD_W_CANCELLED_BY_USER:
    case SCARD_W_CHV_BLOCKED:
      return fmt::format(
          "the private key of {} is used only after somebody has answered a dialog (a PIN, or strong "
          "protection), which a service has nobody for; use one without: {}",
          owner, words);
    case SCARD_W_REMOVED_CARD:
    case SCARD_E_NO_SMARTCARD:
    case SCARD_E_NO_READERS_AVAILABLE:
    case NTE_DEVICE_NOT_READY:
      return fmt::format("the card or device with the private key of {} is not there: {}", owner, words);
    case NTE_NOT_SUPPORTED:
    case NTE_BAD_FLAGS:
    case NTE_BAD_ALGID:
      return fmt::format(
          "the provider of the private key of {} does not make this kind of signature (TLS 1.3 wants RSA-PSS "
          "of an RSA key): {}",
          owner, words);
    default:
      return fmt::format("the private key of {} cannot be used: {}", owner, words);
  }
}

bool is_not_there(DWORD code) {
  switch (static_cast<HRESULT>(code)) {
    case NTE_BAD_KEYSET:
    case NTE_KEYSET_NOT_DEF:
    case NTE_NO_KEY:
    case NTE_NOT_FOUND:
    case CRYPT_E_NO_KEY_PROPERTY:
      return true;
    default:
      return false;
  }
}

std::string old_key_trouble(const std::string& provider, const std::string& owner) {
  return fmt::format(
      "CNG does not open the private key of {} for this account ({}), which an old provider has ({}): let it "
      "read "
      "the key in certlm.msc (All Tasks, Manage Private Keys), or import it again with certutil -csp "
      "\"Microsoft Software Key Storage Provider\" -importpfx FILE.pfx",
      owner, account(), provider);
}

}  // namespace persona::store
