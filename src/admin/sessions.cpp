#include "persona/admin/sessions.hpp"

#include <algorithm>
#include <charconv>
#include <optional>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "persona/base/text.hpp"

namespace persona::admin {

namespace {

using Json = nlohmann::ordered_json;

std::optional<unsigned> hexadecimal(char character) {
  const char digit = to_lower(character);
  if (is_digit(digit)) {
    return static_cast<unsigned>(digit - '0');
  }
  return digit >= 'a' && digit <= 'f' ? std::optional(static_cast<unsigned>(digit - 'a') + 10U)
                                      : std::nullopt;
}

/// Nothing: a "%" is not followed by two digits.
std::optional<std::string> percent_decoded(std::string_view text) {
  std::string decoded;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      decoded += text[i];
      continue;
    }
    const auto high = i + 1 < text.size() ? hexadecimal(text[i + 1]) : std::nullopt;
    const auto low = i + 2 < text.size() ? hexadecimal(text[i + 2]) : std::nullopt;
    if (!high || !low) {
      return std::nullopt;
    }
    decoded += static_cast<char>(16 * *high + *low);
    i += 2;
  }
  return decoded;
}

std::string percent_encoded(std::string_view text) {
  std::string encoded;
  for (const char each : text) {
    if (is_letter_or_digit(each) || each == '-' || each == '.' || each == '_' || each == '~') {
      encoded += each;
    } else {
      encoded += fmt::format("%{:02X}", static_cast<unsigned char>(each));
    }
  }
  return encoded;
}

Result<void> add_id(SessionQuery& query, const std::string& text) {
  std::uint64_t id = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), id);
  if (error != std::errc() || end != text.data() + text.size()) {
    return fail(ErrorKind::peer, "{} is no id of a connection: it is a number, as in the log",
                in_quotes(text));
  }
  if (query.ids.size() == SessionQuery::most_ids) {
    return fail(ErrorKind::peer, "there are more than {} ids: ask once more for the others",
                SessionQuery::most_ids);
  }
  query.ids.push_back(id);
  return {};
}

Result<void> set_once(std::string& value, std::string_view key, std::string text) {
  if (!value.empty()) {
    return fail(ErrorKind::peer, "there is more than one {}", key);
  }
  value = std::move(text);
  return {};
}

Result<void> add_parameter(SessionQuery& query, std::string_view parameter) {
  const std::size_t equals = parameter.find('=');
  const auto key = percent_decoded(parameter.substr(0, equals));
  auto value = percent_decoded(equals == std::string_view::npos ? "" : parameter.substr(equals + 1));
  if (!key || !value) {
    return fail(ErrorKind::peer, "in {} a % is not followed by two hexadecimal digits", in_quotes(parameter));
  }
  if (*key != "id" && *key != "service" && *key != "peer") {
    return fail(ErrorKind::peer, "{} is unknown: there are id, service and peer", in_quotes(*key));
  }
  if (value->empty()) {
    return fail(ErrorKind::peer, "{} is empty", *key);
  }
  if (*key == "id") {
    return add_id(query, *value);
  }
  return set_once(*key == "peer" ? query.peer : query.service, *key, std::move(*value));
}

/// Empty as null.
Json or_null(const std::string& text) {
  return text.empty() ? Json(nullptr) : Json(text);
}

std::string text_of(const Json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

std::uint64_t number_of(const Json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_number_unsigned() ? found->get<std::uint64_t>() : 0;
}

SessionState session_of(const Json& object) {
  SessionState session;
  const std::string id = text_of(object, "id");
  static_cast<void>(std::from_chars(id.data(), id.data() + id.size(), session.id));
  session.service = text_of(object, "service");
  session.client = text_of(object, "client");
  session.target = text_of(object, "target");
  session.peer = text_of(object, "peer");
  session.cipher = text_of(object, "cipher");
  session.version = text_of(object, "version");
  session.group = text_of(object, "group");
  session.state = text_of(object, "state");
  session.age_ms = static_cast<std::int64_t>(number_of(object, "age_ms"));
  session.bytes_up = number_of(object, "bytes_up");
  session.bytes_down = number_of(object, "bytes_down");
  return session;
}

tl::unexpected<Error> not_expected(std::string_view json) {
  constexpr std::size_t longest_quoted = 60;
  return fail(ErrorKind::peer, "this is not the answer of a persona that knows of sessions: {}",
              in_quotes(utf8_prefix(json, longest_quoted)));
}

}  // namespace

Result<SessionQuery> parse_session_query(std::string_view query) {
  SessionQuery parsed;
  while (!query.empty()) {
    const std::size_t end = std::min(query.find('&'), query.size());
    if (auto added = add_parameter(parsed, query.substr(0, end)); !added) {
      return tl::unexpected(added.error());
    }
    query.remove_prefix(std::min(end + 1, query.size()));
  }
  return parsed;
}

std::string to_query(const SessionQuery& query) {
  std::string text;
  const auto add = [&text](std::string_view key, std::string_view value) {
    text += fmt::format("{}{}={}", text.empty() ? '?' : '&', key, percent_encoded(value));
  };
  for (const std::uint64_t id : query.ids) {
    add("id", std::to_string(id));
  }
  if (!query.service.empty()) {
    add("service", query.service);
  }
  if (!query.peer.empty()) {
    add("peer", query.peer);
  }
  return text;
}

std::string render_sessions(std::int64_t now, const std::vector<SessionState>& sessions, std::size_t more) {
  Json root{{"now", now}, {"sessions", Json::array()}, {"more", more}};
  for (const SessionState& each : sessions) {
    root["sessions"].push_back({{"id", std::to_string(each.id)},
                                {"service", each.service},
                                {"client", each.client},
                                {"target", each.target},
                                {"peer", or_null(each.peer)},
                                {"cipher", or_null(each.cipher)},
                                {"version", or_null(each.version)},
                                {"group", or_null(each.group)},
                                {"state", each.state},
                                {"age_ms", each.age_ms},
                                {"bytes_up", each.bytes_up},
                                {"bytes_down", each.bytes_down}});
  }
  return root.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

Result<SessionList> read_sessions(std::string_view json) {
  const Json root = Json::parse(json, nullptr, false);
  const auto found = root.is_object() ? root.find("sessions") : root.end();
  if (found == root.end() || !found->is_array()) {
    return not_expected(json);
  }
  SessionList list;
  for (const Json& each : *found) {
    if (!each.is_object()) {
      return not_expected(json);
    }
    list.sessions.push_back(session_of(each));
  }
  list.more = number_of(root, "more");
  return list;
}

std::string render_closed(std::size_t closed) {
  return Json{{"closed", closed}}.dump() + "\n";
}

Result<std::size_t> read_closed(std::string_view json) {
  const Json root = Json::parse(json, nullptr, false);
  const auto found = root.is_object() ? root.find("closed") : root.end();
  if (found == root.end() || !found->is_number_unsigned()) {
    return not_expected(json);
  }
  return found->get<std::size_t>();
}

}  // namespace persona::admin
