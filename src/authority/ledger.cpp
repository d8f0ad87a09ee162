#include "ledger.hpp"

#include <algorithm>
#include <charconv>
#include <limits>

#include <nlohmann/json.hpp>

#include "persona/base/text.hpp"
#include "persona/x509/serial_number.hpp"

namespace persona::authority {

namespace {

using Json = nlohmann::ordered_json;

constexpr unsigned format_version = 1;

std::string time_text(x509::TimePoint time) {
  const std::chrono::hh_mm_ss clock(time - std::chrono::floor<std::chrono::days>(time));
  return fmt::format("{}T{:02}:{:02}:{:02}Z", x509::format_date(time), clock.hours().count(),
                     clock.minutes().count(), clock.seconds().count());
}

std::optional<x509::TimePoint> parse_time(std::string_view text) {
  constexpr std::string_view shape = "dddd-dd-ddTdd:dd:ddZ";
  if (text.size() != shape.size()) {
    return std::nullopt;
  }
  for (std::size_t i = 0; i < shape.size(); ++i) {
    const bool digit = text[i] >= '0' && text[i] <= '9';
    if (shape[i] == 'd' ? !digit : text[i] != shape[i]) {
      return std::nullopt;
    }
  }
  const auto number = [&](std::size_t at, std::size_t size) {
    int value = 0;
    std::from_chars(text.data() + at, text.data() + at + size, value);
    return value;
  };
  const std::chrono::year_month_day date(std::chrono::year(number(0, 4)),
                                         std::chrono::month(static_cast<unsigned>(number(5, 2))),
                                         std::chrono::day(static_cast<unsigned>(number(8, 2))));
  if (!date.ok() || number(11, 2) > 23 || number(14, 2) > 59 || number(17, 2) > 59) {
    return std::nullopt;
  }
  return std::chrono::sys_days(date) + std::chrono::hours(number(11, 2)) +
         std::chrono::minutes(number(14, 2)) + std::chrono::seconds(number(17, 2));
}

Json entry_json(const LedgerEntry& entry) {
  Json json;
  json["serial"] = entry.serial;
  json["name"] = entry.name;
  json["usage"] = usage_in_words(entry.usage);
  json["dns"] = entry.dns_names;
  json["ip"] = entry.ip_addresses;
  json["uri"] = entry.uris;
  json["days"] = entry.days;
  json["issued_at"] = time_text(entry.issued_at);
  json["not_after"] = time_text(entry.not_after);
  if (entry.revocation) {
    json["revoked_at"] = time_text(entry.revocation->when);
    json["reason"] = reason_in_words(entry.revocation->reason);
  }
  return json;
}

/// Reads the members of one object, and remembers the first that is missing or malformed.
class Members {
 public:
  explicit Members(const Json& json) : json_(json) {}

  std::string text(const char* key) {
    const Json* value = find(key, [](const Json& one) { return one.is_string(); });
    return value != nullptr ? value->get<std::string>() : std::string();
  }
  std::vector<std::string> texts(const char* key) {
    const Json* value = find(key, [](const Json& one) {
      return one.is_array() &&
             std::all_of(one.begin(), one.end(), [](const Json& text) { return text.is_string(); });
    });
    return value != nullptr ? value->get<std::vector<std::string>>() : std::vector<std::string>();
  }
  std::uint64_t number(const char* key) {
    const Json* value = find(key, [](const Json& one) { return one.is_number_unsigned(); });
    return value != nullptr ? value->get<std::uint64_t>() : 0;
  }
  x509::TimePoint time(const char* key) {
    const auto parsed = parse_time(text(key));
    note(parsed.has_value(), key);
    return parsed.value_or(x509::TimePoint());
  }
  template <class Parse>
  auto word(const char* key, Parse parse) {
    const auto parsed = parse(text(key));
    note(parsed.has_value(), key);
    return parsed.value_or(typename decltype(parsed)::value_type());
  }
  bool has(const char* key) const { return json_.contains(key); }

  void note(bool good, const char* key) {
    if (!good && wrong_.empty()) {
      wrong_ = key;
    }
  }
  const std::string& wrong() const { return wrong_; }

 private:
  template <class Test>
  const Json* find(const char* key, Test test) {
    const auto found = json_.find(key);
    const bool good = found != json_.end() && test(*found);
    note(good, key);
    return good ? &*found : nullptr;
  }

  const Json& json_;
  std::string wrong_;
};

std::optional<IssueRequest::Usage> parse_usage(std::string_view word) {
  for (const auto usage : {IssueRequest::Usage::client, IssueRequest::Usage::server}) {
    if (word == usage_in_words(usage)) {
      return usage;
    }
  }
  return std::nullopt;
}

LedgerEntry parse_entry(Members& members) {
  LedgerEntry entry;
  const auto serial = x509::parse_serial(members.text("serial"));
  members.note(serial.has_value(), "serial");
  entry.serial = serial.value_or("");
  entry.name = members.text("name");
  entry.usage = members.word("usage", parse_usage);
  entry.dns_names = members.texts("dns");
  entry.ip_addresses = members.texts("ip");
  entry.uris = members.texts("uri");
  const std::uint64_t days = members.number("days");
  members.note(days <= std::numeric_limits<std::uint16_t>::max(), "days");
  entry.days = static_cast<unsigned>(days);
  entry.issued_at = members.time("issued_at");
  entry.not_after = members.time("not_after");
  if (members.has("revoked_at") || members.has("reason")) {
    entry.revocation = Revocation{members.time("revoked_at"), members.word("reason", parse_reason)};
  }
  return entry;
}

}  // namespace

const LedgerEntry* Ledger::latest(std::string_view name) const {
  const auto found = std::find_if(entries.rbegin(), entries.rend(),
                                  [&](const LedgerEntry& entry) { return entry.name == name; });
  return found != entries.rend() ? &*found : nullptr;
}

std::string Ledger::to_json() const {
  // One line per certificate, for people and for grep.
  std::string text =
      fmt::format("{{\n \"format\": {},\n \"profile\": {},\n \"permitted_dns\": {},\n", format_version,
                  Json(terms_of(profile).name).dump(), Json(permitted_dns_names).dump());
  text += fmt::format(" \"crl_number\": {},\n \"certificates\": [", crl_number);
  for (const LedgerEntry& entry : entries) {
    text += fmt::format("{}\n  {}", &entry == &entries.front() ? "" : ",", entry_json(entry).dump());
  }
  return text + "\n ]\n}\n";
}

Result<Ledger> Ledger::parse(std::string_view text, std::string_view source) {
  const auto broken = [&](std::string_view what) {
    return fail(ErrorKind::configuration, "{} {}: restore it from a backup", source, what);
  };
  const Json json = Json::parse(text, nullptr, false);
  if (json.is_discarded() || !json.is_object()) {
    return broken("is not JSON");
  }
  Members members(json);
  const std::uint64_t version = members.number("format");
  if (version > format_version) {
    return fail(ErrorKind::configuration, "{} was written by a newer persona: use that one", source);
  }
  Ledger ledger;
  ledger.profile = members.word("profile", parse_profile);
  ledger.permitted_dns_names = members.texts("permitted_dns");
  ledger.crl_number = members.number("crl_number");
  members.note(json.contains("certificates") && json["certificates"].is_array(), "certificates");
  if (!members.wrong().empty()) {
    return broken(fmt::format("has no good \"{}\"", members.wrong()));
  }
  for (const Json& one : json["certificates"]) {
    Members entry(one);
    ledger.entries.push_back(parse_entry(entry));
    if (!entry.wrong().empty()) {
      return broken(
          fmt::format("has no good \"{}\" in certificate {}", entry.wrong(), ledger.entries.size()));
    }
  }
  return ledger;
}

std::string_view usage_in_words(IssueRequest::Usage usage) {
  switch (usage) {
    case IssueRequest::Usage::client:
      return "client";
    case IssueRequest::Usage::server:
      return "server";
    case IssueRequest::Usage::both:
      return "client and server";
  }
  return {};
}

}  // namespace persona::authority
