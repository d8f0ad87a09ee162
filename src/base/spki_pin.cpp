#include "persona/base/spki_pin.hpp"

#include <algorithm>
#include <optional>
#include <vector>

#include "persona/base/text.hpp"

namespace persona {

namespace {

constexpr std::string_view prefix = "sha256//";
constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::size_t sha1_size = 20;
constexpr std::size_t longest_pin = 256;  // nothing longer is looked at closely

bool is_hexadecimal(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

// RFC 4648 section 4, at its strictest: padded, no other characters, and zeros in the unused bits.
std::optional<std::vector<std::uint8_t>> from_base64(std::string_view text) {
  if (text.empty() || text.size() % 4 != 0) {
    return std::nullopt;
  }
  const std::size_t padding = text.ends_with("==") ? 2 : (text.ends_with('=') ? 1 : 0);
  std::vector<std::uint8_t> bytes;
  std::uint32_t bits = 0;
  unsigned held = 0;
  for (const char c : text.substr(0, text.size() - padding)) {
    const std::size_t value = alphabet.find(c);
    if (value == std::string_view::npos) {
      return std::nullopt;
    }
    bits = bits << 6 | static_cast<std::uint32_t>(value);
    held += 6;
    if (held >= 8) {
      held -= 8;
      bytes.push_back(static_cast<std::uint8_t>(bits >> held));
      bits &= (1U << held) - 1;
    }
  }
  return bits == 0 ? std::optional(std::move(bytes)) : std::nullopt;
}

// The digits of "12:AB:…" or "12ab…", after "sha256//" or an algorithm's name and a colon; empty when it is
// something else.
std::string hexadecimal_digits(std::string_view text) {
  const std::size_t name = text.find_first_of(":/=");
  if (name != std::string_view::npos && name > 2) {
    text.remove_prefix(std::min(text.find_first_not_of(":/=", name), text.size()));
  }
  std::string digits(text);
  std::erase(digits, ':');
  return std::all_of(digits.begin(), digits.end(), is_hexadecimal) ? digits : "";
}

tl::unexpected<Error> not_a_pin(std::string_view text, std::string_view why) {
  return fail(ErrorKind::configuration, "{} {}",
              in_quotes(text.size() > longest_pin ? std::string(utf8_prefix(text, 60)) + "..." : text), why);
}

constexpr std::string_view expected =
    "is not a pin; write sha256// and the 44 characters of Base64 that \"persona pki show FILE\" prints";

// A pin of another spelling, or something else that is a hash.
tl::unexpected<Error> explain(std::string_view text) {
  if (text.size() > longest_pin) {
    return not_a_pin(text, expected);
  }
  const std::string digits = hexadecimal_digits(text);
  if (digits.size() == 64) {
    return not_a_pin(
        text,
        "is hexadecimal; is this a certificate's fingerprint? A pin is the hash of its public key in "
        "Base64: sha256// and the 44 characters that \"persona pki show FILE\" prints");
  }
  const std::string_view hash = text.substr(text.starts_with("sha1//") ? 6 : 0);
  const auto bytes = from_base64(hash.starts_with(prefix) ? hash.substr(prefix.size()) : hash);
  if (digits.size() == 2 * sha1_size || (bytes && bytes->size() == sha1_size)) {
    return not_a_pin(text,
                     "is as long as a SHA-1 hash; pins are SHA-256: sha256// and 44 characters of Base64");
  }
  if (text.starts_with(prefix)) {
    const std::string_view base64 = text.substr(prefix.size());
    if (base64.find_first_of("-_") != std::string_view::npos) {
      return not_a_pin(text, "is Base64 for URLs; write + for - and / for _");
    }
    if (base64.size() == 43 && base64.back() != '=') {
      return not_a_pin(text, "has lost the = at its end");
    }
    if (base64.size() != 44) {
      return not_a_pin(text,
                       fmt::format("has {} characters after sha256//; the Base64 of a SHA-256 hash has 44",
                                   utf8_length(base64)));
    }
    return not_a_pin(text, "is not the Base64 of a SHA-256 hash: it has a typing error after sha256//");
  }
  const std::string_view bare = text.substr(text.starts_with("sha256/") ? 7 : 0);
  if (const auto pin = SpkiPin::parse(std::string(prefix) + std::string(bare))) {
    return not_a_pin(text, fmt::format("has no sha256// in front; write {}", pin->to_string()));
  }
  return not_a_pin(text, expected);
}

}  // namespace

Result<SpkiPin> SpkiPin::parse(std::string_view text) {
  if (text.starts_with(prefix) && text.size() <= longest_pin) {
    const auto bytes = from_base64(text.substr(prefix.size()));
    SpkiPin pin;
    if (bytes && bytes->size() == pin.sha256.size()) {
      std::copy(bytes->begin(), bytes->end(), pin.sha256.begin());
      if (pin == SpkiPin{}) {
        return not_a_pin(text, "is a placeholder: all its bits are zero");
      }
      return pin;
    }
  }
  return explain(text);
}

std::string SpkiPin::to_string() const {
  std::string text(prefix);
  for (std::size_t at = 0; at < sha256.size(); at += 3) {
    const std::size_t count = std::min<std::size_t>(sha256.size() - at, 3);
    std::uint32_t group = 0;
    for (std::size_t i = 0; i < 3; ++i) {
      group = group << 8 | (i < count ? sha256[at + i] : 0U);
    }
    for (std::size_t i = 0; i < 4; ++i) {
      text += i <= count ? alphabet[group >> (18 - 6 * i) & 0x3fU] : '=';
    }
  }
  return text;
}

}  // namespace persona
