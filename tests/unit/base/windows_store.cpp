#include "persona/base/windows_store.hpp"

#include <doctest/doctest.h>

using namespace persona;

TEST_CASE("a store is a place and a name") {
  for (const char* text : {"LocalMachine\\My", "localmachine\\My", "LOCALMACHINE/My"}) {
    const auto store = StoreName::parse(text);
    REQUIRE(store);
    CHECK(store->location == StoreName::Location::local_machine);
    CHECK(store->to_string() == "LocalMachine\\My");
  }
  const auto mine = StoreName::parse("CurrentUser\\Remote Desktop");
  REQUIRE(mine);
  CHECK(mine->location == StoreName::Location::current_user);
  CHECK(mine->name == "Remote Desktop");
}

TEST_CASE("what is no store is told with what one looks like") {
  for (const char* text : {"", "My", "\\My", "LocalMachine", "LocalMachine\\", "Machine\\My",
                           "LocalMachine\\My\\x", "LocalMachine\\a\nb"}) {
    CAPTURE(text);
    CHECK_FALSE(StoreName::parse(text));
  }
  CHECK_FALSE(StoreName::parse("LocalMachine\\" + std::string(256, 'a')));
  CHECK(StoreName::parse("Machine\\My").error().message ==
        "expected a certificate store such as CurrentUser\\My or LocalMachine\\My, found \"Machine\\\\My\"");
}

TEST_CASE("a thumbprint is taken as Windows' dialog, PowerShell and OpenSSL write it") {
  const std::string sha1 = "00112233445566778899aabbccddeeff01234567";
  for (const char* text :
       {"00112233445566778899aabbccddeeff01234567", "00112233445566778899AABBCCDDEEFF01234567",
        "\xe2\x80\x8e"
        "00 11 22 33 44 55 66 77 88 99 aa bb cc dd ee ff 01 23 45 67",
        "00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF:01:23:45:67",
        "\xef\xbb\xbf"
        "00112233445566778899aabb"
        "ccddeeff01234567\xc2\xa0"}) {
    CAPTURE(text);
    const auto digits = parse_thumbprint(text);
    REQUIRE(digits);
    CHECK(*digits == sha1);
  }
  CHECK(parse_thumbprint(std::string(64, 'F')) == std::string(64, 'f'));
}

TEST_CASE("what is no thumbprint is told") {
  for (const std::string& text :
       {std::string(), std::string(39, '0'), std::string(41, '0'), std::string(63, '0'), std::string(32, '0'),
        std::string(39, '0') + "g", std::string(40, '0') + "-", "0x" + std::string(38, '0')}) {
    CAPTURE(text);
    CHECK_FALSE(parse_thumbprint(text));
  }
}

TEST_CASE("what is selected, in words") {
  CHECK(StoreSelector{StoreSelector::Kind::thumbprint, "0a"}.to_string() == "thumbprint 0a");
  CHECK(StoreSelector{StoreSelector::Kind::subject, "app1"}.to_string() == "subject \"app1\"");
  CHECK(StoreSelector{StoreSelector::Kind::template_name, "Machine"}.to_string() == "template \"Machine\"");
}
