#include "persona/x509/file.hpp"

#include <string>
#include <string_view>
#include <utility>

#include <doctest/doctest.h>

#include "../../forge/fixtures.hpp"
#include "../../support/temporary_folder.hpp"
#include "persona/x509/crypto.hpp"
#include "persona/x509/show.hpp"

using namespace persona::x509;
using namespace std::string_view_literals;

TEST_CASE("the password is the first line of its file, whatever follows") {
  const support::TemporaryFolder folder;
  for (const auto& [content, password] :
       {std::pair("secret"sv, "secret"sv), std::pair("secret\n"sv, "secret"sv),
        std::pair("secret\r\n"sv, "secret"sv), std::pair("secret\n\n"sv, "secret"sv),
        std::pair("secret\nanother\n"sv, "secret"sv), std::pair("secret\r\nanother"sv, "secret"sv),
        std::pair(" two words \n"sv, " two words "sv), std::pair("\nsecret\n"sv, ""sv), std::pair(""sv, ""sv),
        std::pair("\xef\xbb\xbfsecret\r\n"sv, "secret"sv), std::pair("\xff\xfes\0e\0\r\0\n\0"sv, "se"sv)}) {
    const auto& text = content;  // Clang 14 captures no binding
    CAPTURE(text);
    const auto read = read_password_file(folder.write("pw", content));
    REQUIRE(read.has_value());
    CHECK(read->view() == password);
  }
  CHECK_FALSE(read_password_file(folder.path() / "none").has_value());
}

TEST_CASE("show opens a key with the first line of a password file") {
  REQUIRE(initialise_crypto());
  const support::TemporaryFolder folder;
  const auto key = folder.write("client.key", fixtures::ec_key_encrypted);
  const auto shown = [&](std::string_view more) {
    return show_file(key, folder.write("pw", std::string(fixtures::password) + std::string(more))).value();
  };
  CHECK(shown("\nanother\n").find("pin ") != std::string::npos);
  CHECK(shown("x\n").find("pin ") == std::string::npos);
}
