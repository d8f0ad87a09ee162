#include <doctest/doctest.h>

#include "folder.hpp"

using namespace persona;
using namespace persona::config;
using namespace persona::config::test;

namespace {

Loaded with_identity(std::string_view identity) {
  const Folder folder;
  return folder.parse("listen: 127.0.0.1:1\ngateway: db.example.com:2\ntrust: {ca: ca.crt}\nidentity: " +
                      std::string(identity) + "\n");
}

bool tells(const Loaded& loaded, std::string_view words) {
  return loaded.report.render().find(words) != std::string::npos;
}

}  // namespace

TEST_CASE("private_key and certificate: pkcs11:… are on a token, as they are written") {
  const Loaded loaded =
      with_identity("{certificate: pg.crt, private_key: \"pkcs11:token=db?pin-source=file:pin\"}");
  CHECK(loaded.report.render().empty());
  REQUIRE(loaded.config.identity.token_key);
  CHECK(loaded.config.identity.token_key->value == "pkcs11:token=db?pin-source=file:pin");
  CHECK(loaded.config.identity.private_key.value.empty());
  CHECK(loaded.config.identity.private_key.mark.line == 4);
  CHECK_FALSE(loaded.config.identity.token_certificate);
  const Loaded both = with_identity("{certificate: \"pkcs11:token=db\", private_key: \"pkcs11:token=db\"}");
  CHECK(both.report.render().empty());
  CHECK(both.config.identity.token_certificate);
  CHECK(both.config.identity.certificate.value.empty());
}

TEST_CASE("a token's key has no password, and its certificate is not for a key in a file") {
  CHECK(
      tells(with_identity(
                "{certificate: pg.crt, private_key: \"pkcs11:token=db\", private_key_password_file: pg.crt}"),
            "a token's PIN is in the file that pin-source names"));
  CHECK(tells(with_identity("{certificate: \"pkcs11:token=db\", private_key: pg.key}"),
              "identity.certificate: a certificate on a token is for a key on one"));
  CHECK(tells(with_identity("{certificate: \"pkcs11:token=db\"}"),
              "a certificate on a token is for a key on one"));
}

TEST_CASE("a PIN in the configuration is refused, and not shown") {
  const Loaded loaded =
      with_identity("{certificate: pg.crt, private_key: \"pkcs11:token=db?pin-value=31337\"}");
  CHECK(tells(loaded, "identity.private_key in line 4: a configuration is no place for a PIN"));
  CHECK_FALSE(tells(loaded, "31337"));
  REQUIRE(loaded.config.identity.token_key);
  CHECK(loaded.config.identity.token_key->value.empty());
}
