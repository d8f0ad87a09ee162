// libcrypto out of memory, and what it leaves in memory. Its allocator is ours from the beginning.
#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <malloc.h>
#include <openssl/crypto.h>

#include <doctest/doctest.h>

#include "keys.hpp"
#include "persona/pk/signer.hpp"

using namespace persona;
using namespace persona::pk;
using namespace persona::pk::test;

namespace {

thread_local long allocations_left = std::numeric_limits<long>::max();
ByteView secret;  // looked for in whatever is freed
long freed_with_secret = 0;

bool allowed() {
  return allocations_left > 0 && allocations_left-- > 0;
}

void look_at(const void* block) {
  if (block != nullptr && !secret.empty() &&
      memmem(block, malloc_usable_size(const_cast<void*>(block)), secret.data(), secret.size()) != nullptr) {
    ++freed_with_secret;
  }
}

void* our_malloc(std::size_t size, const char* /*file*/, int /*line*/) {
  return allowed() ? std::malloc(size) : nullptr;
}

void our_free(void* block, const char* /*file*/, int /*line*/) {
  look_at(block);
  std::free(block);
}

void* our_realloc(void* block, std::size_t size, const char* file, int line) {
  if (!allowed()) {
    return nullptr;
  }
  void* moved = our_malloc(size, file, line);
  if (moved != nullptr && block != nullptr) {
    std::memcpy(moved, block, std::min(size, malloc_usable_size(block)));
    our_free(block, file, line);
  }
  return moved;
}

const bool replaced = CRYPTO_set_mem_functions(our_malloc, our_realloc, our_free) == 1;

/// The first `count` allocations on this thread succeed.
struct Scarce {
  explicit Scarce(long count) { allocations_left = count; }
  ~Scarce() { allocations_left = std::numeric_limits<long>::max(); }
  Scarce(const Scarce&) = delete;
  Scarce& operator=(const Scarce&) = delete;

  static bool ran_out() { return allocations_left <= 0; }
};

constexpr long never_as_many = 10'000;

const Bytes digest_of_test(32, 0x42);

}  // namespace

TEST_CASE("verification without memory for libcrypto is mbedTLS's: the verdict is the same") {
  REQUIRE(replaced);
  Key ec(MBEDTLS_ECP_DP_SECP256R1);
  Bytes wrong = digest_of_test;
  wrong[5] ^= 1U;
  for (Key* key : {&ec, &rsa_key()}) {
    const Bytes signature = sign(*key, digest_of_test, MBEDTLS_MD_SHA256);
    // With a spare key each time, and from when there is none.
    for (const bool spare : {true, false}) {
      bool ran_out = true;
      long count = 0;
      for (; ran_out && count < never_as_many; ++count) {
        CAPTURE(count);
        CAPTURE(spare);
        for (const bool good : {true, false}) {
          if (spare) {
            CHECK(verify(*key, digest_of_test, signature, MBEDTLS_MD_SHA256) == 0);
          }
          const Scarce scarce(count);
          CHECK((verify(*key, good ? digest_of_test : wrong, signature, MBEDTLS_MD_SHA256) == 0) == good);
          ran_out = Scarce::ran_out();
        }
      }
      CHECK(count > 3);
      CHECK_FALSE(ran_out);
    }
  }
}

TEST_CASE("signatures and keys without memory for libcrypto are errors in words") {
  Key ec(MBEDTLS_ECP_DP_SECP256R1);
  for (Key* key : {&ec, &rsa_key()}) {
    const Scheme scheme = key == &ec ? Scheme::ecdsa : Scheme::rsa_pss;
    bool ran_out = true;
    int failures = 0;
    for (long count = 0; ran_out && count < never_as_many; ++count) {
      const Scarce scarce(count);
      const auto signer = make_signer(key->context);
      ran_out = Scarce::ran_out();
      if (!signer) {
        ++failures;
        CHECK(signer.error().message.starts_with("libcrypto does not take the private key: "));
      }
    }
    CHECK(failures > 3);
    CHECK_FALSE(ran_out);
    const auto signer = make_signer(key->context);
    REQUIRE(signer);
    ran_out = true;
    failures = 0;
    for (long count = 0; ran_out && count < never_as_many; ++count) {
      Bytes signature(MBEDTLS_PK_SIGNATURE_MAX_SIZE);
      const Scarce scarce(count);
      const auto size = (*signer)->sign(scheme, Hash::sha256, digest_of_test, signature);
      ran_out = Scarce::ran_out();
      if (!size) {
        ++failures;
        CHECK(size.error().message.starts_with("libcrypto failed: "));
        continue;
      }
      REQUIRE(*size <= signature.size());
      signature.resize(*size);
      allocations_left = std::numeric_limits<long>::max();
      CHECK(verify(*key, digest_of_test, signature, MBEDTLS_MD_SHA256, key != &ec) == 0);
    }
    CHECK(failures > 3);
    CHECK_FALSE(ran_out);
  }
}

TEST_CASE("libcrypto frees nothing that still has the private key in it") {
  Key ec(MBEDTLS_ECP_DP_SECP256R1);
  const auto watch = [](Key& key, const mbedtls_mpi& number, Scheme scheme) {
    // As BIGNUM has it in memory on a little-endian machine.
    Bytes octets(mbedtls_mpi_size(&number));
    must(mbedtls_mpi_write_binary_le(&number, octets.data(), octets.size()) == 0);
    freed_with_secret = 0;
    secret = ByteView(octets).first(24);
    {
      auto signer = make_signer(key.context);
      Bytes signature(MBEDTLS_PK_SIGNATURE_MAX_SIZE);
      CHECK((*signer)->sign(scheme, Hash::sha256, digest_of_test, signature));
    }
    secret = {};
    return freed_with_secret;
  };
  CHECK(watch(ec, mbedtls_pk_ec(ec.context)->MBEDTLS_PRIVATE(d), Scheme::ecdsa) == 0);
  auto* rsa = mbedtls_pk_rsa(rsa_key().context);
  for (const mbedtls_mpi* each :
       {&rsa->MBEDTLS_PRIVATE(D), &rsa->MBEDTLS_PRIVATE(P), &rsa->MBEDTLS_PRIVATE(Q),
        &rsa->MBEDTLS_PRIVATE(DP), &rsa->MBEDTLS_PRIVATE(QP)}) {
    CHECK(watch(rsa_key(), *each, Scheme::rsa_pss) == 0);
  }
}
