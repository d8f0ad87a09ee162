#include "persona/handover/messages.hpp"

#include <limits>
#include <optional>

#include <nlohmann/json.hpp>

#include "persona/base/text.hpp"

namespace persona::handover {

namespace {

using Json = nlohmann::json;

constexpr int version = 1;

tl::unexpected<Error> malformed() {
  return fail(ErrorKind::network, "what it says is not understood: it may be a persona of another version");
}

/// An object of our version; a discarded value if the line is none.
Json parse(std::string_view line) {
  Json value = Json::parse(line, nullptr, false);
  const bool is_ours = value.is_object() && value.value("persona", Json()) == version;
  return is_ours ? value : Json(Json::value_t::discarded);
}

std::optional<int> pid_of(const Json& value) {
  const Json pid = value.value("pid", Json());
  if (!pid.is_number_unsigned() ||
      pid.get<std::uint64_t>() > static_cast<std::uint64_t>(std::numeric_limits<int>::max())) {
    return std::nullopt;
  }
  return pid.get<int>();
}

}  // namespace

std::string write_order(Order order, int pid) {
  return Json{{"persona", version}, {"order", order == Order::ask ? "ask" : "ready"}, {"pid", pid}}.dump();
}

Result<Ordered> read_order(std::string_view line) {
  const Json value = parse(line);
  const auto pid = value.is_object() ? pid_of(value) : std::nullopt;
  const Json order = value.is_object() ? value.value("order", Json()) : Json();
  if (!pid || (order != "ask" && order != "ready")) {
    return malformed();
  }
  return Ordered{order == "ask" ? Order::ask : Order::ready, *pid};
}

std::string write_sockets(const Sockets& sockets) {
  Json list = Json::array();
  for (const Passed& each : sockets.sockets) {
    list.push_back({{"asked", each.asked.to_string()}, {"inode", each.inode}});
  }
  // A path may be of any bytes.
  return Json{{"persona", version}, {"pid", sockets.pid}, {"sockets", list}, {"more", sockets.more}}.dump(
      -1, ' ', false, Json::error_handler_t::replace);
}

std::string write_refusal(const std::string& why) {
  return Json{{"persona", version}, {"refused", why}}.dump();
}

Result<Sockets> read_sockets(std::string_view line) {
  const Json value = parse(line);
  if (!value.is_object()) {
    return malformed();
  }
  if (const Json why = value.value("refused", Json()); why.is_string()) {
    return fail(ErrorKind::network, "{}", printable(why.get<std::string>()));
  }
  Sockets sockets;
  const auto pid = pid_of(value);
  const Json list = value.value("sockets", Json());
  const Json more = value.value("more", Json());
  if (!pid || !list.is_array() || !more.is_boolean()) {
    return malformed();
  }
  sockets.pid = *pid;
  sockets.more = more.get<bool>();
  for (const Json& each : list) {
    const Json asked = each.is_object() ? each.value("asked", Json()) : Json();
    const Json inode = each.is_object() ? each.value("inode", Json()) : Json();
    if (!asked.is_string() || !inode.is_number_unsigned()) {
      return malformed();
    }
    const auto endpoint = Endpoint::parse_to_listen(asked.get<std::string>());
    if (!endpoint) {
      return malformed();
    }
    sockets.sockets.push_back({*endpoint, inode.get<std::uint64_t>()});
  }
  return sockets;
}

}  // namespace persona::handover
