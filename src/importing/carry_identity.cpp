// Who one is, and whom one believes.
#include <algorithm>

#include <fmt/format.h>

#include "carry.hpp"
#include "persona/base/address.hpp"
#include "persona/base/endpoint.hpp"
#include "persona/base/text.hpp"

namespace persona::importing::carry {

namespace {

constexpr std::size_t most_names = 64;

void add(Draft& draft, Line line, std::vector<Given>& list) {
  if (list.size() == most_names) {
    draft.refuse(line, fmt::format("there are more than {} of them", most_names));
  } else {
    list.push_back({&line, line.value});
  }
}

bool is_given(Draft& draft, Line line, std::string_view what) {
  if (line.value.empty()) {
    draft.refuse(line, fmt::format("expected {}, found nothing", what));
  }
  return !line.value.empty();
}

}  // namespace

void certificate(Draft& draft, Line line, Option) {
  if (is_given(draft, line, "a file")) {
    draft.certificate = line.value;
  }
}

void private_key(Draft& draft, Line line, Option) {
  if (is_given(draft, line, "a file")) {
    draft.private_key = line.value;
  }
}

void engine_control(Draft& draft, Line line, Option) {
  if (to_lower(line.value).starts_with("pin:")) {
    draft.engine_pin = {&line, {}};
  } else {
    draft.remark(line, Fate::not_needed, "p11-kit knows the PKCS#11 modules: see p11-kit list-modules");
  }
}

void psk(Draft& draft, Line line, Option) {
  draft.psk = {&line, {}};
  draft.remark(line, Fate::left_out,
               "there are no pre-shared keys: each end needs a certificate (persona pki issue)");
}

void ca_file(Draft& draft, Line line, Option) {
  if (is_given(draft, line, "a file")) {
    draft.ca_file = {&line, line.value};
  }
}

void ca_path(Draft& draft, Line line, Option) {
  if (is_given(draft, line, "a folder")) {
    draft.ca_path = {&line, line.value};
  }
}

void crl_file(Draft& draft, Line line, Option) {
  if (is_given(draft, line, "a file")) {
    draft.crl_file = {&line, line.value};
  }
}

void crl_path(Draft& draft, Line line, Option) {
  if (is_given(draft, line, "a folder")) {
    draft.crl_path = {&line, line.value};
  }
}

void check_host(Draft& draft, Line line, Option) {
  const std::string_view name = line.value;
  const bool is_wild = name.starts_with("*.");
  if (!is_dialable_host(is_wild ? name.substr(2) : name)) {
    draft.refuse(line, fmt::format("{} is not a host name", in_quotes(utf8_prefix(name, 80))));
  } else if (draft.is_client && is_wild) {
    draft.remark(line, Fate::left_out, "gateway.server_name is one name, without a *");
  } else {
    add(draft, line, draft.hosts);
  }
}

void check_ip(Draft& draft, Line line, Option) {
  if (IpAddress::parse(line.value)) {
    add(draft, line, draft.addresses);
  } else {
    draft.refuse(line, fmt::format("{} is not an address", in_quotes(utf8_prefix(line.value, 80))));
  }
}

void check_email(Draft& draft, Line line, Option) {
  if (is_given(draft, line, "an e-mail address")) {
    add(draft, line, draft.emails);
  }
}

// The five levels, by the manual.
void verify(Draft& draft, Line line, Option) {
  const std::uint32_t level = number(draft, line, "a level", 4);
  draft.checks = {level >= 1 && level <= 3, level >= 3, true, level >= 2};
  if (level == 0 && !draft.is_client) {
    draft.remark(line, Fate::changed,
                 "clients are asked for no certificate any more, since nobody looks at it; with "
                 "clients.certificate: required and trust.ca they have to have one");
  }
}

void verify_chain(Draft& draft, Line line, Option) {
  draft.checks.chain = is_yes(draft, line);
  draft.checks.required = draft.checks.required || draft.checks.chain;
}

void verify_peer(Draft& draft, Line line, Option) {
  draft.checks.itself = is_yes(draft, line);
  draft.checks.required = draft.checks.required || draft.checks.itself;
}

void require_certificate(Draft& draft, Line line, Option) {
  draft.checks.required = is_yes(draft, line);
}

void restricts_clients(Draft& draft, Line line, Option option) {
  if (equals_ignoring_case(line.option, "libwrap") && !is_yes(draft, line)) {
    return;
  }
  draft.locals_only = {&line, {}};
  draft.remark(line, Fate::to_do,
               fmt::format("{}; until then only clients of this machine may connect", option.words));
}

}  // namespace persona::importing::carry
