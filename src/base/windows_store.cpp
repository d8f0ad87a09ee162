#include "persona/base/windows_store.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <vector>

#include "persona/base/text.hpp"

namespace persona {

namespace {

constexpr std::size_t sha1_digits = 40;
constexpr std::size_t sha256_digits = 64;
constexpr std::size_t longest_store_name = 255;  // of a registry key, which it is

constexpr std::string_view current_user = "CurrentUser";
constexpr std::string_view local_machine = "LocalMachine";

/// Left-to-right and right-to-left marks, the byte order mark and the no-break space.
constexpr std::array<std::string_view, 4> invisible{"\xe2\x80\x8e", "\xe2\x80\x8f", "\xef\xbb\xbf",
                                                    "\xc2\xa0"};

std::optional<StoreName::Location> location_of(std::string_view word) {
  if (equals_ignoring_case(word, current_user)) {
    return StoreName::Location::current_user;
  }
  return equals_ignoring_case(word, local_machine) ? std::optional(StoreName::Location::local_machine)
                                                   : std::nullopt;
}

/// How many bytes of invisible characters the text begins with.
std::size_t invisible_length(std::string_view text) {
  for (const std::string_view each : invisible) {
    if (text.starts_with(each)) {
      return each.size();
    }
  }
  return 0;
}

bool is_hexadecimal(char character) {
  return is_digit(character) || (character >= 'a' && character <= 'f');
}

}  // namespace

Result<StoreName> StoreName::parse(std::string_view text) {
  const auto slash = text.find_first_of("\\/");
  const std::string_view where = text.substr(0, slash);
  const std::string_view name = slash == std::string_view::npos ? "" : text.substr(slash + 1);
  const auto location = location_of(where);
  if (!location || name.empty() || name.size() > longest_store_name ||
      name.find_first_of("\\/") != std::string_view::npos || printable(name) != name) {
    return fail(ErrorKind::configuration,
                "expected a certificate store such as CurrentUser\\My or LocalMachine\\My, found {}",
                in_quotes(text));
  }
  return StoreName{*location, std::string(name)};
}

std::string StoreName::to_string() const {
  return fmt::format("{}\\{}", location == Location::current_user ? current_user : local_machine, name);
}

std::string StoreSelector::to_string() const {
  switch (kind) {
    case Kind::thumbprint:
      return "thumbprint " + value;
    case Kind::subject:
      return "subject " + in_quotes(value);
    case Kind::template_name:
      return "template " + in_quotes(value);
  }
  return "";
}

Result<std::string> parse_thumbprint(std::string_view text) {
  std::vector<char> found;  // with a std::string, gcc 12 warns of its inner buffer
  for (std::string_view rest = text; !rest.empty();) {
    if (const std::size_t unseen = invisible_length(rest); unseen > 0) {
      rest.remove_prefix(unseen);
      continue;
    }
    if (rest.front() != ' ' && rest.front() != ':') {
      found.push_back(to_lower(rest.front()));
    }
    rest.remove_prefix(1);
  }
  if ((found.size() != sha1_digits && found.size() != sha256_digits) ||
      !std::all_of(found.begin(), found.end(), is_hexadecimal)) {
    return fail(
        ErrorKind::configuration,
        "expected a thumbprint of {} hexadecimal digits (SHA-1, as Windows shows it) or {} (SHA-256), "
        "found {}",
        sha1_digits, sha256_digits, in_quotes(text));
  }
  return std::string(found.begin(), found.end());
}

}  // namespace persona
