#include "name_constraints.hpp"

#include <algorithm>
#include <string_view>

#include "persona/base/address.hpp"
#include "persona/base/text.hpp"
#include "persona/x509/der_reader.hpp"
#include "persona/x509/distinguished_name.hpp"
#include "persona/x509/dns_name.hpp"
#include "persona/x509/extensions.hpp"
#include "persona/x509/san.hpp"
#include "persona/x509/words.hpp"

namespace persona::trust {

namespace {

struct Mailbox {
  std::string_view local;
  std::string_view host;
};

std::optional<Mailbox> mailbox(std::string_view text) {
  const std::size_t at = text.find('@');
  if (at == 0 || at == std::string_view::npos || !x509::is_dns_name(text.substr(at + 1))) {
    return std::nullopt;
  }
  return Mailbox{text.substr(0, at), text.substr(at + 1)};
}

// RFC 3986 section 3.2: what is between "//" and the path, without user and port. Empty if there is none, or
// none that can be compared: an address, or a name with an escape or a trailing dot.
std::string_view host_of(std::string_view uri) {
  const std::size_t slashes = uri.find("://");
  if (slashes == std::string_view::npos) {
    return {};
  }
  std::string_view authority = uri.substr(slashes + 3);
  authority = authority.substr(0, authority.find_first_of("/?#"));
  if (const std::size_t at = authority.rfind('@'); at != std::string_view::npos) {
    authority.remove_prefix(at + 1);
  }
  const std::string_view host = authority.substr(0, authority.find(':'));
  return x509::is_dns_name(host) && !IpAddress::parse(host) ? host : std::string_view();
}

// "db.example.com" is within "example.com" and itself; every name is within "".
bool is_dns_within(std::string_view name, std::string_view base) {
  if (base.empty() || equals_ignoring_case(name, base)) {
    return true;
  }
  return name.size() > base.size() && name[name.size() - base.size() - 1] == '.' &&
         equals_ignoring_case(name.substr(name.size() - base.size()), base);
}

// For the hosts of mailboxes and URIs, a base with a leading dot means the names below it, and one without
// only itself (RFC 5280 section 4.2.1.10).
bool is_host_within(std::string_view host, std::string_view base) {
  if (base.starts_with('.')) {
    return host.size() > base.size() && equals_ignoring_case(host.substr(host.size() - base.size()), base);
  }
  return equals_ignoring_case(host, base);
}

// Before the '@', case counts (RFC 5280 section 7.5).
bool is_mailbox_within(std::string_view name, std::string_view base) {
  const auto address = mailbox(name);
  if (!address) {
    return false;
  }
  if (const auto exact = mailbox(base)) {
    return address->local == exact->local && equals_ignoring_case(address->host, exact->host);
  }
  return is_host_within(address->host, base);
}

bool is_address_within(ByteView address, ByteView base) {
  if (base.size() != 2 * address.size()) {
    return false;
  }
  for (std::size_t i = 0; i < address.size(); ++i) {
    if ((address[i] & base[address.size() + i]) != (base[i] & base[address.size() + i])) {
      return false;
    }
  }
  return true;
}

bool has_contiguous_mask(ByteView base) {
  const ByteView mask = base.subspan(base.size() / 2);
  bool ended = false;
  for (const std::uint8_t octet : mask) {
    for (int bit = 7; bit >= 0; --bit) {
      const bool set = ((octet >> static_cast<unsigned>(bit)) & 1U) != 0;
      if (set && ended) {
        return false;
      }
      ended = ended || !set;
    }
  }
  return true;
}

std::string_view without_wildcard(std::string_view name) {
  return name.starts_with("*.") ? name.substr(2) : name;
}

bool is_comparable(const GeneralName& name) {
  if (name.type != GeneralName::dns_name) {
    return true;  // in a leaf, leaf_defect() refuses malformed ones
  }
  return x509::is_dns_name_or_underscored(without_wildcard(as_text(name.value)));
}

enum class Question { permitted, excluded };

// A wildcard counts as all the names that it matches: each must be permitted, none may be excluded.
bool dns_matches(std::string_view name, std::string_view base, Question question) {
  const std::string_view parent = without_wildcard(name);
  if (parent.size() == name.size()) {
    return is_dns_within(name, base);
  }
  return is_dns_within(parent, base) ||
         (question == Question::excluded && is_dns_within(base, parent) && !base.empty());
}

bool matches(const GeneralName& name, const GeneralName& base, Question question) {
  switch (name.type) {
    case GeneralName::rfc822_name:
      return is_mailbox_within(as_text(name.value), as_text(base.value));
    case GeneralName::dns_name:
      return dns_matches(as_text(name.value), as_text(base.value), question);
    case GeneralName::directory_name:
      return x509::is_within(name.value, base.value);
    case GeneralName::uri: {
      const std::string_view host = host_of(as_text(name.value));
      // RFC 5280 section 4.2.1.10: where URIs are constrained, one without a host must be refused.
      return host.empty() ? question == Question::excluded : is_host_within(host, as_text(base.value));
    }
    case GeneralName::ip_address:
      return is_address_within(name.value, base.value);
    default:
      return question == Question::excluded;  // a type that we cannot compare: assume the worst
  }
}

// RFC 5280 section 4.2.1.10. Anything else would silently match nothing.
bool is_valid_base(const GeneralName& base) {
  const std::string_view text = as_text(base.value);
  const std::string_view host = text.starts_with('.') ? text.substr(1) : text;
  switch (base.type) {
    case GeneralName::rfc822_name:
      return mailbox(text) || x509::is_dns_name(host);
    case GeneralName::dns_name:
      return text.empty() || x509::is_dns_name(text);
    case GeneralName::uri:
      return x509::is_dns_name(host);
    case GeneralName::ip_address:
      return (base.value.size() == 8 || base.value.size() == 32) && has_contiguous_mask(base.value);
    default:
      return true;
  }
}

bool read_subtrees(ByteView content, std::vector<GeneralName>& subtrees) {
  if (content.empty()) {
    return false;
  }
  for (x509::DerReader list(content); !list.empty();) {
    const auto subtree = list.take(x509::DerReader::sequence);
    if (!subtree) {
      return false;
    }
    x509::DerReader fields(*subtree);
    const auto base = fields.take_any();
    // minimum must be 0, which DER omits, and maximum must be absent.
    if (!base || (base->tag & MBEDTLS_ASN1_TAG_CLASS_MASK) != MBEDTLS_ASN1_CONTEXT_SPECIFIC ||
        !fields.empty()) {
      return false;
    }
    const GeneralName name{base->tag & MBEDTLS_ASN1_TAG_VALUE_MASK, base->content};
    if (!is_valid_base(name)) {
      return false;
    }
    subtrees.push_back(name);
  }
  return true;
}

// The emailAddress attributes of a distinguished name.
void add_subject_mailboxes(ByteView subject, std::vector<GeneralName>& names) {
  const auto rdns = x509::DerReader(subject).take(x509::DerReader::sequence);
  if (!rdns) {
    return;
  }
  for (x509::DerReader list(*rdns); !list.empty();) {
    const auto rdn = list.take(x509::DerReader::set);
    if (!rdn) {
      return;
    }
    for (x509::DerReader attributes(*rdn); !attributes.empty();) {
      const auto attribute = attributes.take(x509::DerReader::sequence);
      if (!attribute) {
        return;
      }
      x509::DerReader fields(*attribute);
      const auto type = fields.take(MBEDTLS_ASN1_OID);
      const auto value = fields.take_any();
      if (type && value && as_text(*type) == x509::oid::email_address) {
        names.push_back({GeneralName::rfc822_name, value->content});
      }
    }
  }
}

}  // namespace

std::vector<GeneralName> names_of(const mbedtls_x509_crt& certificate) {
  std::vector<GeneralName> names;
  bool has_mailbox = false;
  x509::for_each_alternative_name(certificate, [&](int type, ByteView value) {
    names.push_back({type, value});
    has_mailbox = has_mailbox || type == GeneralName::rfc822_name;
    return true;
  });
  const ByteView subject = x509::bytes_of(certificate.subject_raw);
  if (!x509::is_empty_name(subject)) {
    names.push_back({GeneralName::directory_name, subject});
    if (!has_mailbox) {
      add_subject_mailboxes(subject, names);
    }
  }
  return names;
}

bool is_well_formed(const GeneralName& name) {
  const std::string_view text = as_text(name.value);
  switch (name.type) {
    case GeneralName::rfc822_name:
      return mailbox(text).has_value();
    case GeneralName::dns_name:
      return x509::is_dns_name(without_wildcard(text));
    case GeneralName::ip_address:
      return name.value.size() == 4 || name.value.size() == 16;
    default:
      return true;
  }
}

std::string in_words(const GeneralName& name) {
  switch (name.type) {
    case GeneralName::rfc822_name:
      return "mailbox " + x509::escape(as_text(name.value));
    case GeneralName::dns_name:
      return "DNS name " + x509::escape(as_text(name.value));
    case GeneralName::directory_name:
      return "directory name in it";
    case GeneralName::uri:
      return "URI " + x509::escape(as_text(name.value));
    case GeneralName::ip_address:
      return "address " + x509::address_in_words(name.value);
    default:
      return fmt::format("name of type {} in it", name.type);
  }
}

std::optional<NameConstraints> NameConstraints::read(ByteView value) {
  NameConstraints constraints;
  x509::DerReader outer(value);
  const auto content = outer.take(x509::DerReader::sequence);
  if (!content || content->empty() || !outer.empty()) {
    return std::nullopt;
  }
  x509::DerReader fields(*content);
  for (const int number : {0, 1}) {
    if (!fields.next_is(x509::DerReader::constructed(number))) {
      continue;
    }
    const auto subtrees = fields.take(x509::DerReader::constructed(number));
    if (!subtrees ||
        !read_subtrees(*subtrees, number == 0 ? constraints.permitted_ : constraints.excluded_)) {
      return std::nullopt;
    }
  }
  if (!fields.empty()) {
    return std::nullopt;
  }
  return constraints;
}

std::optional<std::string> NameConstraints::refuse(const GeneralName& name) const {
  const auto same_type = [&](const GeneralName& base) { return base.type == name.type; };
  const bool constrained = std::any_of(permitted_.begin(), permitted_.end(), same_type) ||
                           std::any_of(excluded_.begin(), excluded_.end(), same_type);
  if (constrained && !is_comparable(name)) {
    return "is malformed, so that it cannot be compared with what is permitted";
  }
  const auto is_in = [&](const std::vector<GeneralName>& subtrees, Question question) {
    return std::any_of(subtrees.begin(), subtrees.end(), [&](const GeneralName& base) {
      return same_type(base) && matches(name, base, question);
    });
  };
  if (is_in(excluded_, Question::excluded)) {
    return "is excluded";
  }
  const bool restricted = std::any_of(permitted_.begin(), permitted_.end(), same_type);
  if (restricted && !is_in(permitted_, Question::permitted)) {
    return "is outside what is permitted";
  }
  return std::nullopt;
}

}  // namespace persona::trust
