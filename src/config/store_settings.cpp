#include "store_settings.hpp"

#include <array>

#include <fmt/format.h>

namespace persona::config {

namespace {

using Kind = StoreSelector::Kind;

struct Selector {
  std::string_view key;
  Kind kind;
};
constexpr std::array selectors{Selector{"thumbprint", Kind::thumbprint}, Selector{"subject", Kind::subject},
                               Selector{"template", Kind::template_name}};

std::optional<StoreName> read_name(const Value& value, std::string_view text) {
  auto store = StoreName::parse(text);
  if (!store) {
    value.error(store.error().message);
    return std::nullopt;
  }
  return std::move(*store);
}

std::optional<StoreSelector> read_selector(const Value& value, Kind kind) {
  auto text = value.text();
  if (!text) {
    return std::nullopt;
  }
  if (text->empty()) {
    value.error("expected what the certificate has, found \"\"");
    return std::nullopt;
  }
  if (kind == Kind::thumbprint) {
    auto thumbprint = parse_thumbprint(*text);
    if (!thumbprint) {
      value.error(thumbprint.error().message);
      return std::nullopt;
    }
    return StoreSelector{kind, std::move(*thumbprint)};
  }
  return StoreSelector{kind, std::move(*text)};
}

/// Nothing if none is there, or none that is good; both are reported.
std::optional<StoreSelector> read_selectors(Section& section) {
  std::optional<StoreSelector> found;
  std::string_view first;
  for (const Selector& each : selectors) {
    if (!section.has(each.key)) {
      continue;
    }
    if (!first.empty()) {
      section.refuse(each.key, fmt::format("and \"identity.{}\" exclude each other: leave one out", first));
      continue;
    }
    first = each.key;
    if (const auto value = section.get(each.key)) {
      found = read_selector(*value, each.kind);
    }
  }
  if (first.empty()) {
    section.missing({"thumbprint", "subject", "template"},
                    "identity.windows_store needs one of thumbprint, subject and template, which say which "
                    "certificate of the store is meant");
  }
  return found;
}

}  // namespace

bool read_windows_store(Section& section, Identity& identity) {
  if (!section.has("windows_store")) {
    for (const Selector& each : selectors) {
      section.refuse(each.key, "belongs to identity.windows_store: without that the identity is in files");
    }
    return false;
  }
  const auto value = section.get("windows_store");
  for (const char* key : {"certificate", "private_key", "private_key_password_file"}) {
    section.refuse(key,
                   "and \"identity.windows_store\" exclude each other: the certificate and its key are "
                   "in the store, or in files");
  }
  const auto selector = read_selectors(section);
  const auto text = value ? value->text() : std::nullopt;
  const auto store = text ? read_name(*value, *text) : std::nullopt;
  if (store && selector) {
    identity.windows_store = {{*store, *selector}, value->mark()};
  }
  return true;
}

void read_windows_store(const Value& value, Trust& trust) {
  const auto text = value.text();
  if (!text) {
    return;
  }
  // The roots that a service sees are the machine's.
  const bool name_alone = !text->empty() && text->find_first_of("\\/") == std::string::npos;
  if (const auto store = read_name(value, name_alone ? "LocalMachine\\" + *text : *text)) {
    trust.windows_store = {*store, value.mark()};
  }
}

}  // namespace persona::config
