// What a server of stunnel serves, and whom.
#include <algorithm>
#include <string>

#include <fmt/format.h>

#include "persona/base/text.hpp"
#include "sections.hpp"

namespace persona::importing::sections {

namespace {

void remark_checks_of_nobody(const Draft& draft) {
  for (const auto* list : {&draft.hosts, &draft.addresses, &draft.emails}) {
    for (const Given& given : *list) {
      draft.remark(*given.line, Fate::left_out, "it has no effect without verifyChain or verifyPeer");
    }
  }
}

std::string allowed(const Draft& draft) {
  Block allow;
  std::vector<std::string> names;
  for (const Given& given : draft.hosts) {
    if (std::find(names.begin(), names.end(), to_lower(given.value)) == names.end()) {
      names.push_back(to_lower(given.value));
    }
  }
  if (draft.checks.itself && !names.empty()) {
    // One match lets in, where stunnel asks for both.
    draft.remark(*draft.hosts.front().line, Fate::left_out,
                 "names and pins of clients cannot be asked for together; pins are kept");
  } else if (!names.empty()) {
    allow.add("  dns", flow(names));
  }
  if (draft.checks.itself) {
    add_pins(draft, allow, "  pins", "clients'");
    return allow.under("  allow");
  }
  for (const auto* list : {&draft.addresses, &draft.emails}) {
    for (const Given& given : *list) {
      draft.to_do(*given.line,
                  "clients are not known by this: name them in clients.allow by cn, dns, uri or pins");
    }
  }
  if (names.empty()) {
    allow.add("  pins", flow(std::vector{std::string(nobodys_pin)}),
              "who was let in by checkIP or checkEmail, by cn, dns, uri or pins");
  }
  return allow.under("  allow");
}

std::string clients(const Draft& draft) {
  Block block;
  if (!has_clients_checked(draft)) {
    block.add("certificate", "none");
    draft.remark(
        draft.section.header, Fate::not_needed,
        "as before, clients are asked for no certificate; clients.certificate: required and trust.ca "
        "change that");
    remark_checks_of_nobody(draft);
    return block.under("clients");
  }
  const bool is_named =
      !draft.hosts.empty() || !draft.addresses.empty() || !draft.emails.empty() || draft.checks.itself;
  if (!draft.checks.required && !is_named && !draft.psk) {
    block.add("certificate", "optional");
  } else if (!draft.checks.required && !draft.psk) {
    draft.remark(draft.section.header, Fate::changed,
                 "every client has to have a certificate now, since those who have one are chosen by it");
  }
  if (is_named) {
    return "clients:\n" + allowed(draft);
  }
  return block.under("clients");
}

}  // namespace

std::string service_and_clients(const Draft& draft) {
  std::string yaml;
  const std::string address = draft.connects.front().second.to_string();
  if (draft.protocol == "proxy") {
    Block service;
    service.add("address", scalar(address));
    service.add("proxy_protocol", "v2");
    yaml += service.under("service");
  } else {
    yaml += fmt::format("service: {}\n", scalar(address));
  }
  return yaml + clients(draft);
}

}  // namespace persona::importing::sections
