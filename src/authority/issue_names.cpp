#include "issue_names.hpp"

#include <algorithm>

#include "persona/base/address.hpp"
#include "persona/base/endpoint.hpp"
#include "persona/base/text.hpp"
#include "persona/x509/dns_name.hpp"

namespace persona::authority {

namespace {

constexpr std::size_t longest_common_name = 64;  // RFC 5280 appendix A.1, ub-common-name
constexpr std::size_t longest_uri = 2048;        // also the limit for a SPIFFE ID

template <class... Args>
tl::unexpected<Error> refuse(fmt::format_string<Args...> format, Args&&... args) {
  return fail(ErrorKind::configuration, format, std::forward<Args>(args)...);
}

bool is_address(std::string_view text) {
  return IpAddress::parse(text).has_value();
}

bool has_hyphen_at_an_end(std::string_view host) {
  return host.starts_with('-') || host.ends_with('-') || host.find(".-") != std::string_view::npos ||
         host.find("-.") != std::string_view::npos;
}

bool is_host_name(std::string_view name) {
  return is_valid_host(name) && !is_address(name) && !has_hyphen_at_an_end(name);
}

// The name becomes that of a folder, and the common name of a client.
Result<void> check_folder_name(std::string_view name) {
  const bool good_characters = std::all_of(name.begin(), name.end(), [](char c) {
    return is_letter_or_digit(c) || c == '.' || c == '-' || c == '_' || c == '@';
  });
  if (name.starts_with("*.") && is_host_name(name.substr(2))) {
    return refuse("{} cannot be the name of a folder: give the certificate a name and the wildcard as --dns",
                  in_quotes(name));
  }
  if (name.empty() || name.size() > longest_common_name || !good_characters || name.front() == '.' ||
      name.front() == '-' || name.back() == '.') {
    return refuse(
        "{} cannot be the name of a certificate: use up to {} letters, digits, and . - _ @ with neither . "
        "nor - first",
        in_quotes(utf8_prefix(name, 80)), longest_common_name);
  }
  return {};
}

Result<void> check_dns_name(std::string_view name) {
  const std::string shown = in_quotes(utf8_prefix(name, 260));
  if (is_address(name)) {
    return refuse("{} is an address: use --ip for it", shown);
  }
  if (name.ends_with('.')) {
    return refuse("write the host name {} without the dot at its end", shown);
  }
  const bool wildcard = name.starts_with("*.");
  const std::string_view host = wildcard ? name.substr(2) : name;
  if (wildcard && x509::is_public_suffix(host)) {
    return refuse("the wildcard {} would match everybody's domains below {}, and no verifier takes it", shown,
                  in_quotes(host.substr(0, 260)));
  }
  if (host.find('*') != std::string_view::npos) {
    return refuse("{} is not a host name: a wildcard is the whole first label, as in *.example.com", shown);
  }
  if (std::any_of(name.begin(), name.end(), [](char c) { return static_cast<unsigned char>(c) >= 0x80; })) {
    return refuse("{} is not a host name: write it in its ASCII form, xn--...", shown);
  }
  if (!is_host_name(host)) {
    return refuse("{} is not a host name", shown);
  }
  return {};
}

bool is_uri_character(char c) {
  return is_letter_or_digit(c) ||
         std::string_view("-._~:/?#[]@!$&'()*+,;=%").find(c) != std::string_view::npos;
}

bool has_broken_percent(std::string_view uri) {
  constexpr std::string_view hex = "0123456789abcdefABCDEF";
  for (std::size_t at = uri.find('%'); at != std::string_view::npos; at = uri.find('%', at + 1)) {
    const std::string_view digits = uri.substr(at + 1, 2);
    if (digits.size() != 2 || digits.find_first_not_of(hex) != std::string_view::npos) {
      return true;
    }
  }
  return false;
}

// The SPIFFE ID standard, section 2.
bool is_spiffe_id(std::string_view uri) {
  const std::string_view rest = uri.substr(std::string_view("spiffe://").size());
  const std::size_t slash = rest.find('/');
  const std::string_view domain = rest.substr(0, slash);
  const auto only = [](std::string_view text, std::string_view more) {
    return std::all_of(text.begin(), text.end(), [&](char c) {
      return is_letter_or_digit(c) || more.find(c) != std::string_view::npos;
    });
  };
  if (domain.empty() || domain.size() > 255 || !only(domain, "-._") || domain != to_lower(domain)) {
    return false;
  }
  if (slash == std::string_view::npos) {
    return true;
  }
  for (std::size_t at = slash; at != std::string_view::npos;) {
    const std::size_t next = rest.find('/', at + 1);
    const std::string_view segment =
        rest.substr(at + 1, next == std::string_view::npos ? next : next - at - 1);
    if (segment.empty() || segment == "." || segment == ".." || !only(segment, "-._")) {
      return false;
    }
    at = next;
  }
  return true;
}

// RFC 3986, RFC 5280 section 4.2.1.6: absolute, with a scheme-specific part.
Result<void> check_uri(std::string_view uri) {
  const std::string shown = in_quotes(utf8_prefix(uri, 200));
  if (uri.size() > longest_uri) {
    return refuse("the URI {} is longer than {} characters", shown, longest_uri);
  }
  const std::size_t colon = uri.find(':');
  const std::string_view scheme = uri.substr(0, colon);
  const bool good_scheme =
      colon != std::string_view::npos && !scheme.empty() && is_letter_or_digit(scheme.front()) &&
      (scheme.front() < '0' || scheme.front() > '9') && std::all_of(scheme.begin(), scheme.end(), [](char c) {
        return is_letter_or_digit(c) || c == '+' || c == '-' || c == '.';
      });
  const std::string_view rest = colon == std::string_view::npos ? "" : uri.substr(colon + 1);
  if (!good_scheme || rest.empty() || rest == "//" || rest.starts_with("///") ||
      !std::all_of(uri.begin(), uri.end(), is_uri_character) || has_broken_percent(uri)) {
    return refuse("{} is not a URI: write one such as spiffe://example.org/billing or urn:example:billing",
                  shown);
  }
  if (to_lower(scheme) == "spiffe" && (!uri.starts_with("spiffe://") || !is_spiffe_id(uri))) {
    return refuse(
        "{} is not a SPIFFE ID: that is spiffe://TRUST-DOMAIN/PATH, in which the domain is of lower-case "
        "letters and nothing follows the path",
        shown);
  }
  return {};
}

bool is_permitted(std::string_view name, const std::vector<std::string>& permitted) {
  const std::string host = to_lower(name.starts_with("*.") ? name.substr(2) : name);
  return permitted.empty() || std::any_of(permitted.begin(), permitted.end(), [&](const std::string& domain) {
           const std::string suffix = to_lower(domain);
           return host == suffix || host.ends_with("." + suffix);
         });
}

Result<void> check_all(const IssueRequest& request, const std::vector<std::string>& permitted) {
  for (const std::string& name : request.dns_names) {
    if (auto good = check_dns_name(name); !good) {
      return good;
    }
    if (!is_permitted(name, permitted)) {
      return refuse("this CA is limited to {}: nobody would accept its certificate for {}",
                    fmt::join(permitted, ", "), in_quotes(name));
    }
  }
  for (const std::string& address : request.ip_addresses) {
    if (!is_address(address)) {
      return refuse("{} is not an IP address{}", in_quotes(utf8_prefix(address, 80)),
                    is_host_name(address) ? ": use --dns for it" : "");
    }
  }
  for (const std::string& uri : request.uris) {
    if (auto good = check_uri(uri); !good) {
      return good;
    }
  }
  return {};
}

template <class List>
void add_once(List& list, std::string_view value) {
  if (std::find(list.begin(), list.end(), value) == list.end()) {
    list.emplace_back(value);
  }
}

std::string server_common_name(const std::string& name, const IssueRequest& request) {
  std::vector<std::string> names = request.dns_names;
  names.insert(names.end(), request.ip_addresses.begin(), request.ip_addresses.end());
  if (std::find(names.begin(), names.end(), name) != names.end()) {
    return name;
  }
  const auto fitting = std::find_if(names.begin(), names.end(),
                                    [](const std::string& one) { return one.size() <= longest_common_name; });
  return fitting != names.end() ? *fitting : std::string();
}

}  // namespace

Result<void> check_authority_name(std::string_view name) {
  const bool odd = std::any_of(name.begin(), name.end(),
                               [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
  if (name.empty() || utf8_length(name) > longest_common_name || odd || printable(name) != name ||
      name.front() == ' ' || name.back() == ' ') {
    return refuse("{} cannot be the name of a CA: use 1 to {} printable characters, such as \"Example CA\"",
                  in_quotes(utf8_prefix(name, 80)), longest_common_name);
  }
  return {};
}

Result<void> check_permitted_dns_name(std::string_view name) {
  if (name.starts_with("*.") || name.starts_with('.')) {
    return refuse("write {} without what is before the domain: the domains below it are permitted as well",
                  in_quotes(utf8_prefix(name, 260)));
  }
  return check_dns_name(name);
}

Result<IssueRequest> complete_names(const LeafRequest& request, const std::vector<std::string>& permitted) {
  if (const auto good = check_folder_name(request.name); !good) {
    return tl::unexpected(good.error());
  }
  IssueRequest complete;
  complete.usage = request.usage;
  for (const std::string& name : request.dns_names) {
    add_once(complete.dns_names, name);
  }
  for (const std::string& address : request.ip_addresses) {
    add_once(complete.ip_addresses, address);
  }
  for (const std::string& uri : request.uris) {
    add_once(complete.uris, uri);
  }
  const bool server = request.usage != IssueRequest::Usage::client;
  if (server && complete.dns_names.empty() && complete.ip_addresses.empty()) {
    if (is_address(request.name)) {
      complete.ip_addresses.push_back(request.name);
    } else if (is_host_name(request.name)) {
      complete.dns_names.push_back(request.name);
    } else {
      return refuse(
          "a server needs the names that its clients dial: add --dns or --ip, because {} is not a host name",
          in_quotes(request.name));
    }
  }
  if (const auto good = check_all(complete, permitted); !good) {
    return tl::unexpected(good.error());
  }
  complete.common_name = server ? server_common_name(request.name, complete) : request.name;
  if (complete.common_name.empty()) {
    return refuse("every name of {} is longer than the {} characters of a common name: add a shorter --dns",
                  in_quotes(request.name), longest_common_name);
  }
  // OpenSSL applies name constraints to the common name if there is no dNSName.
  if (complete.dns_names.empty() && complete.common_name.find('.') != std::string::npos &&
      is_host_name(complete.common_name) && !is_permitted(complete.common_name, permitted)) {
    return refuse("this CA is limited to {}: choose another name for the certificate than {}",
                  fmt::join(permitted, ", "), in_quotes(complete.common_name));
  }
  return complete;
}

std::vector<std::string> name_warnings(Profile profile, const IssueRequest& request) {
  std::vector<std::string> warnings;
  if (profile != Profile::production) {
    return warnings;
  }
  for (const std::string& name : request.dns_names) {
    if (name.starts_with("*.")) {
      warnings.push_back(fmt::format("{} is a wildcard: whoever has this key can pose as every host below {}",
                                     name, name.substr(2)));
    } else if (to_lower(name) == "localhost") {
      warnings.emplace_back(
          "localhost is every machine's name: whoever has this key can pose as a service on any of them");
    }
  }
  for (const std::string& text : request.ip_addresses) {
    const auto address = IpAddress::parse(text);
    if (address && address->is_loopback()) {
      warnings.push_back(fmt::format(
          "{} is every machine's address: whoever has this key can pose as a service on any of them", text));
    }
  }
  return warnings;
}

}  // namespace persona::authority
