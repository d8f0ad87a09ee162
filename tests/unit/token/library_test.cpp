// With the module of p11-kit's that is always there: the certificates that the system trusts.
#include "token/library.hpp"

#include <doctest/doctest.h>

#include "token/link.hpp"
#include "token/slots.hpp"

using namespace persona;
using namespace persona::token;

namespace {

Uri uri_of(std::string_view token) {
  auto uri = Uri::parse(fmt::format("pkcs11:token={}?module-path={}", token, PERSONA_TRUST_MODULE),
                        Object::private_key);
  REQUIRE(uri);
  return std::move(*uri);
}

std::shared_ptr<Library> opened(const Uri& uri) {
  auto library = Library::open(uri);
  if (!library) {
    FAIL(library.error().message);
  }
  return std::move(*library);
}

}  // namespace

TEST_CASE("all who want a module share it, until nobody has it or it is closed") {
  const Uri there = uri_of("System%20Trust");
  auto first = opened(there);
  CHECK(opened(there) == first);
  CHECK(find_token(first, there));
  Library::close(first);
  CHECK(first->call([]() -> CK_RV { return CKR_OK; }) == CKR_CRYPTOKI_NOT_INITIALIZED);
  const auto found = find_token(first, there);
  REQUIRE_FALSE(found);
  CHECK(found.error().fault == Fault::lost);
  const auto second = opened(there);
  CHECK(second != first);
  CHECK(find_token(second, there));
}

TEST_CASE("a token that is not there is looked for by a new module, unless another of it is in use") {
  const Uri away = uri_of("none");
  const auto first = opened(away);
  const auto missing = find_token(first, away);
  REQUIRE_FALSE(missing);
  CHECK(missing.error().fault == Fault::away);
  const auto second = opened(away);
  CHECK(second != first);
  const auto used = Link::find(uri_of("System%20Trust"), nullptr);
  REQUIRE(used);
  CHECK_FALSE(find_token(second, away));
  CHECK(opened(away) == second);
  CHECK((*used)->session());
}

TEST_CASE("users of a token share it, and its sessions") {
  const Uri there = uri_of("System%20Trust");
  auto one = Link::find(there, nullptr);
  REQUIRE(one);
  auto other = Link::find(there, nullptr);
  REQUIRE(other);
  CHECK(*one == *other);
  {
    auto session = (*one)->session();
    REQUIRE(session);
    auto second = (*other)->session();
    REQUIRE(second);
    CHECK(session->handle() != second->handle());
  }
  (*one)->is_lost();
  const auto again = Link::find(there, nullptr);
  REQUIRE(again);
  CHECK(*again != *one);
}
