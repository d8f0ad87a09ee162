#include "persona/host/service_name.hpp"

#include <algorithm>
#include <array>

#include "persona/base/text.hpp"

namespace persona::host {

namespace {

constexpr std::size_t longest_name = 80;

constexpr std::string_view default_account = R"(NT AUTHORITY\LocalService)";
constexpr std::string_view virtual_authority = R"(NT SERVICE\)";

bool is_allowed(char c) {
  return is_letter_or_digit(c) || c == '.' || c == '_' || c == '-';
}

/// `user`: without what comes before a backslash.
bool is_local_system(std::string_view user) {
  user = user.substr(0, user.find('@'));
  const auto first = user.find_first_not_of(' ');
  user = first == std::string_view::npos ? "" : user.substr(first, user.find_last_not_of(' ') - first + 1);
  const auto is_it = [&](std::string_view spelling) { return equals_ignoring_case(user, spelling); };
  constexpr std::array<std::string_view, 4> spellings = {"LocalSystem", "Local System", "SYSTEM", "S-1-5-18"};
  return std::any_of(spellings.begin(), spellings.end(), is_it);
}

bool is_control(char c) {
  return static_cast<unsigned char>(c) < 0x20 || c == 0x7F;
}

}  // namespace

Result<void> check_service_name(std::string_view name) {
  constexpr std::string_view rule =
      "a service's name may have only letters, digits, '.', '_' and '-' (--display may have anything)";
  if (name.empty()) {
    return fail(ErrorKind::configuration, "the service's name is empty: {}", rule);
  }
  if (name.size() > longest_name) {
    return fail(ErrorKind::configuration, "the service's name is longer than {} characters: {}", longest_name,
                in_quotes(name.substr(0, longest_name)) + "...");
  }
  const auto wrong = std::find_if_not(name.begin(), name.end(), is_allowed);
  if (wrong != name.end()) {
    const auto rest = name.substr(static_cast<std::size_t>(wrong - name.begin()));
    return fail(ErrorKind::configuration, "the service's name {} contains {}: {}", in_quotes(name),
                *wrong == ' ' ? "a space" : in_quotes(utf8_prefix(rest, 1)), rule);
  }
  if (!is_letter_or_digit(name.front())) {
    return fail(ErrorKind::configuration, "the service's name {} must begin with a letter or a digit",
                in_quotes(name));
  }
  return {};
}

bool is_same_service(std::string_view one, std::string_view other) {
  return equals_ignoring_case(one, other);
}

Result<std::string> check_account(std::string_view account, std::string_view service) {
  if (account.empty()) {
    return fail(ErrorKind::configuration, "--account is empty: leave it out for {}", default_account);
  }
  if (std::any_of(account.begin(), account.end(), is_control)) {
    return fail(ErrorKind::configuration, "--account contains a control character: {}", in_quotes(account));
  }
  const auto backslash = account.rfind('\\');
  const auto user = account.substr(backslash == std::string_view::npos ? 0 : backslash + 1);
  if (is_local_system(user)) {
    return fail(
        ErrorKind::configuration,
        "persona does not run as LocalSystem, which may do everything on this machine: leave --account out "
        "for {}, or name an account with few rights",
        default_account);
  }
  if (account.size() > virtual_authority.size() &&
      equals_ignoring_case(account.substr(0, virtual_authority.size()), virtual_authority) &&
      !equals_ignoring_case(user, service)) {
    return fail(ErrorKind::configuration, "the virtual account of service {0} is {1}{0}, not {2}", service,
                virtual_authority, in_quotes(account));
  }
  if (backslash == std::string_view::npos && account.find('@') == std::string_view::npos) {
    for (const std::string_view known : {"LocalService", "NetworkService"}) {
      if (equals_ignoring_case(user, known)) {
        return fmt::format(R"(NT AUTHORITY\{})", known);
      }
    }
    return fmt::format(R"(.\{})", account);
  }
  return std::string(account);
}

}  // namespace persona::host
