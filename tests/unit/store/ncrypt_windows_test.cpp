// Signatures by keys of CNG, which mbedTLS verifies. Wine has RSA alone.
#include "store/ncrypt_windows.hpp"

#include <array>

#include <doctest/doctest.h>
#include <mbedtls/pk.h>
#include <mbedtls/rsa.h>

#include "persona/x509/crypto.hpp"

using namespace persona;
using namespace persona::store;

namespace {

/// Of RSA with 2048 bits, and gone with the object.
class NewKey {
 public:
  NewKey() {
    REQUIRE(x509::initialise_crypto());
    REQUIRE(NCryptOpenStorageProvider(&provider_, MS_KEY_STORAGE_PROVIDER, 0) == ERROR_SUCCESS);
    REQUIRE(NCryptCreatePersistedKey(provider_, &key_, BCRYPT_RSA_ALGORITHM, nullptr, 0, 0) == ERROR_SUCCESS);
    DWORD bits = 2048;
    REQUIRE(NCryptSetProperty(key_, NCRYPT_LENGTH_PROPERTY, reinterpret_cast<BYTE*>(&bits), sizeof bits, 0) ==
            ERROR_SUCCESS);
    REQUIRE(NCryptFinalizeKey(key_, 0) == ERROR_SUCCESS);
    mbedtls_pk_init(&public_);
    read_public();
  }
  ~NewKey() {
    mbedtls_pk_free(&public_);
    NCryptFreeObject(key_);
    NCryptFreeObject(provider_);
  }
  NewKey(const NewKey&) = delete;
  NewKey& operator=(const NewKey&) = delete;

  NCRYPT_KEY_HANDLE get() const { return key_; }
  mbedtls_pk_context* public_key() { return &public_; }

 private:
  void read_public() {
    std::array<BYTE, 1024> blob{};
    DWORD size = 0;
    REQUIRE(NCryptExportKey(key_, 0, BCRYPT_RSAPUBLIC_BLOB, nullptr, blob.data(), blob.size(), &size, 0) ==
            ERROR_SUCCESS);
    BCRYPT_RSAKEY_BLOB header{};
    std::copy_n(blob.begin(), sizeof header, reinterpret_cast<BYTE*>(&header));
    const BYTE* exponent = blob.data() + sizeof header;
    REQUIRE(mbedtls_pk_setup(&public_, mbedtls_pk_info_from_type(MBEDTLS_PK_RSA)) == 0);
    mbedtls_rsa_context* rsa = mbedtls_pk_rsa(public_);
    REQUIRE(mbedtls_rsa_import_raw(rsa, exponent + header.cbPublicExp, header.cbModulus, nullptr, 0, nullptr,
                                   0, nullptr, 0, exponent, header.cbPublicExp) == 0);
    REQUIRE(mbedtls_rsa_complete(rsa) == 0);
  }

  NCRYPT_PROV_HANDLE provider_ = 0;
  NCRYPT_KEY_HANDLE key_ = 0;
  mbedtls_pk_context public_{};
};

struct HashOfTest {
  pk::Hash hash;
  mbedtls_md_type_t type;
};
constexpr std::array hashes_of_test{HashOfTest{pk::Hash::sha256, MBEDTLS_MD_SHA256},
                                    HashOfTest{pk::Hash::sha384, MBEDTLS_MD_SHA384},
                                    HashOfTest{pk::Hash::sha512, MBEDTLS_MD_SHA512}};

}  // namespace

TEST_CASE("RSASSA-PKCS1-v1_5 and RSASSA-PSS, with each hash") {
  NewKey for_pkcs1;
  NewKey for_pss;  // with Wine a key that has made one of these makes none of the others
  for (const auto& [hash, type] : hashes_of_test) {
    const Bytes digest(pk::size_of(hash), 0x5a);
    Bytes signature(MBEDTLS_PK_SIGNATURE_MAX_SIZE);
    std::size_t size = 0;
    REQUIRE(sign_with(for_pkcs1.get(), pk::Scheme::rsa_pkcs1, hash, digest, signature, size) ==
            ERROR_SUCCESS);
    CHECK(size == 256);
    CHECK(mbedtls_pk_verify(for_pkcs1.public_key(), type, digest.data(), digest.size(), signature.data(),
                            size) == 0);
    REQUIRE(sign_with(for_pss.get(), pk::Scheme::rsa_pss, hash, digest, signature, size) == ERROR_SUCCESS);
    const mbedtls_pk_rsassa_pss_options pss{type, static_cast<int>(digest.size())};
    CHECK(mbedtls_pk_verify_ext(MBEDTLS_PK_RSASSA_PSS, &pss, for_pss.public_key(), type, digest.data(),
                                digest.size(), signature.data(), size) == 0);
  }
}

TEST_CASE("a signature for which there is no room is none") {
  const NewKey key;
  const Bytes digest(32, 1);
  Bytes signature(255);
  std::size_t size = 0;
  CHECK(sign_with(key.get(), pk::Scheme::rsa_pss, pk::Hash::sha256, digest, signature, size) ==
        NTE_BUFFER_TOO_SMALL);
  CHECK(size == 0);
}

TEST_CASE("what is wrong with a key is one sentence") {
  const auto words = [](HRESULT code) {
    return key_trouble(static_cast<DWORD>(code), "CN=app in LocalMachine\\My");
  };
  CHECK(words(NTE_PERM).find("Manage Private Keys") != std::string::npos);
  CHECK(words(NTE_SILENT_CONTEXT).find("somebody has answered a dialog") != std::string::npos);
  CHECK(words(NTE_BAD_KEYSET)
            .starts_with("there is no private key of CN=app in LocalMachine\\My for this account ("));
  CHECK(words(NTE_NOT_SUPPORTED).find("RSA-PSS") != std::string::npos);
  CHECK(words(SCARD_W_REMOVED_CARD).find("is not there") != std::string::npos);
  CHECK(words(NTE_FAIL).starts_with("the private key of CN=app in LocalMachine\\My cannot be used: "));
}
