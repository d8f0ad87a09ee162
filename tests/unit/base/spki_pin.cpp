#include "persona/base/spki_pin.hpp"

#include <doctest/doctest.h>

using namespace persona;

namespace {

std::string why(std::string_view text) {
  const auto pin = SpkiPin::parse(text);
  return pin ? "accepted" : pin.error().message;
}

}  // namespace

TEST_CASE("a pin is the Base64 of 32 bytes") {
  // SHA-256 of nothing.
  const auto pin = SpkiPin::parse("sha256//47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=");
  REQUIRE(pin);
  CHECK(pin->sha256[0] == 0xe3);
  CHECK(pin->sha256[1] == 0xb0);
  CHECK(pin->sha256[30] == 0xb8);
  CHECK(pin->sha256[31] == 0x55);
  CHECK(pin->to_string() == "sha256//47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=");
  CHECK(SpkiPin{}.to_string() == "sha256//AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=");
}

TEST_CASE("every pin is read back as it was written") {
  SpkiPin pin;
  for (unsigned value = 1; value < 256; ++value) {
    for (std::size_t i = 0; i < pin.sha256.size(); ++i) {
      pin.sha256[i] = static_cast<std::uint8_t>(value * 7 + i * value);
    }
    const auto read = SpkiPin::parse(pin.to_string());
    REQUIRE(read);
    CHECK(*read == pin);
  }
}

TEST_CASE("a text that is no pin is refused, and what it probably is said") {
  struct Case {
    std::string_view text;
    std::string_view part;
  };
  const std::string hex = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
  std::string colons;
  for (std::size_t i = 0; i < hex.size(); i += 2) {
    colons += (i == 0 ? "" : ":") + hex.substr(i, 2);
  }
  const std::string fingerprint = "SHA256 Fingerprint=" + colons;
  const std::string behind_prefix = "sha256//" + hex;
  const std::string long_text(1000, 'A');
  for (const auto& [text, part] : {
           Case{"", "is not a pin; write sha256//"},
           Case{"sha256//", "has 0 characters after sha256//"},
           Case{hex, "is this a certificate's fingerprint?"},
           Case{colons, "is this a certificate's fingerprint?"},
           Case{fingerprint, "is this a certificate's fingerprint?"},
           Case{behind_prefix, "is this a certificate's fingerprint?"},
           Case{"da39a3ee5e6b4b0d3255bfef95601890afd80709", "is as long as a SHA-1 hash"},
           Case{"sha1//2jmj7l5rSw0yVb/vlWAYkK/YBwk=", "is as long as a SHA-1 hash"},
           Case{"sha256//2jmj7l5rSw0yVb/vlWAYkK/YBwk=", "is as long as a SHA-1 hash"},
           Case{"47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=",
                "has no sha256// in front; write sha256//47DEQ"},
           Case{"sha256/47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=",
                "has no sha256// in front; write sha256//47"},
           Case{"SHA256//47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=", "is not a pin"},
           Case{"sha256//47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU=", "is Base64 for URLs"},
           Case{"sha256//47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU", "has lost the = at its end"},
           Case{"sha256//47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuF==", "typing error"},  // 31 bytes
           Case{"sha256//47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFV=", "typing error"},  // a bit too many
           Case{"sha256//47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFUA", "typing error"},  // 33 bytes
           Case{"sha256//47DEQpj8HBSa+=TImW+5JCeuQeRkm5NMpJWZG3hSuFU=", "typing error"},
           Case{"sha256//47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU= ", "has 45 characters"},
           Case{"sha256//=47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU", "typing error"},
           Case{"sha256//AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=", "is a placeholder"},
           Case{long_text, "is not a pin"},
       }) {
    const std::string said = why(text);
    CHECK_MESSAGE(said.find(part) != std::string::npos, said);
  }
  CHECK(why(long_text).size() < 300);
  CHECK(why(std::string_view("sha256//\0", 9)).find("\\u0000") != std::string::npos);
}
