#include "persona/token/uri.hpp"

#include <doctest/doctest.h>

using namespace persona;
using namespace persona::token;

namespace {

std::string refusal(std::string_view text, Object object = Object::private_key) {
  const auto uri = Uri::parse(text, object);
  return uri ? "" : uri.error().message;
}

std::string pin_file(std::string_view source) {
  const auto uri = Uri::parse("pkcs11:token=db?pin-source=" + std::string(source), Object::private_key);
  return uri ? uri->pin_file() : "refused: " + uri.error().message;
}

bool has(const std::string& text, std::string_view words) {
  return text.find(words) != std::string::npos;
}

}  // namespace

TEST_CASE("a URI names a token, a key, a PIN's file and a module") {
  const auto uri = Uri::parse(
      "pkcs11:token=my%20db;object=client;id=%01%ff;type=private?pin-source=file:pin&module-path=/usr/lib/"
      "x.so",
      Object::private_key);
  REQUIRE(uri);
  CHECK(uri->pin_file() == "pin");
  CHECK(uri->module_path() == "/usr/lib/x.so");
  CHECK(uri->module_name().empty());
  const auto named = Uri::parse("pkcs11:serial=1?module-name=softhsm2", Object::private_key);
  REQUIRE(named);
  CHECK(named->module_name() == "softhsm2");
  CHECK(named->pin_file().empty());
  for (const char* text : {"pkcs11:serial=1", "pkcs11:model=x", "pkcs11:manufacturer=x", "pkcs11:token=x"}) {
    CHECK(refusal(text) == "");
  }
}

TEST_CASE("the file of a PIN is named with and without file:") {
  CHECK(pin_file("file:client.pin") == "client.pin");
  CHECK(pin_file("client.pin") == "client.pin");
  CHECK(pin_file("file:%2frun%2fpin") == "/run/pin");
  CHECK(pin_file("file:/run/pin") == "/run/pin");
  CHECK(pin_file("file:///run/pin") == "/run/pin");
  CHECK(pin_file("file:my%20pin") == "my pin");
  CHECK(has(pin_file("file://host/pin"), "another machine"));
  CHECK(has(pin_file("%7Csecret-tool"), "is the name of a file"));
  CHECK(has(pin_file(""), "is the name of a file"));
  CHECK(has(pin_file("file:"), "is the name of a file"));
}

TEST_CASE("what is wrong with a URI is said") {
  CHECK(has(refusal("pkcs11:object=client"), "it does not say which token"));
  CHECK(has(refusal("pkcs11:"), "it does not say which token"));
  CHECK(has(refusal("pkcs11:token=x?pin-value=1234"), "a PIN has no place in it"));
  CHECK(!has(refusal("pkcs11:token=x?pin-value=1234"), "1234"));
  CHECK(has(refusal("pkcs11:token=x;colour=red"), "does not know"));
  CHECK(has(refusal("pkcs11:token=x;type=public"), "that of a private key"));
  CHECK(has(refusal("pkcs11:token=x;type=cert"), "that of a private key"));
  CHECK(refusal("pkcs11:token=x;type=cert", Object::certificate) == "");
  CHECK(has(refusal("pkcs11:token=x;type=private", Object::certificate), "that of a certificate"));
  CHECK(has(refusal("pkcs11:token=x?pin-source=y", Object::certificate),
            "belongs into the URI of private_key"));
  CHECK(has(refusal("pkcs11:token=%zz"), "expected a PKCS#11 URI"));
  CHECK(has(refusal("token=x"), "expected a PKCS#11 URI"));
  CHECK(has(refusal("pkcs11:token=" + std::string(5000, 'x')), "too long"));
  CHECK(has(refusal(std::string("pkcs11:token=x\0y", 16)), "expected a PKCS#11 URI"));
}
