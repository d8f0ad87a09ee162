#include "admin_sessions.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "persona/admin/sessions.hpp"
#include "persona/base/text.hpp"

namespace persona::cli {

namespace {

constexpr const char* json_type = "application/json";

admin::Response refused_with(int status, const std::string& sentence) {
  return {status, "text/plain; charset=utf-8", sentence + "\n"};
}

/// Empty: there is.
std::string why_no_service(const std::vector<std::shared_ptr<forward::Service>>& services,
                           const std::string& name) {
  std::string names;
  for (const auto& service : services) {
    if (service->name() == name) {
      return "";
    }
    names += (names.empty() ? "" : ", ") + service->name();
  }
  return name.empty() ? "" : fmt::format("there is no service {} here, but: {}", in_quotes(name), names);
}

admin::SessionState session_state_of(forward::LiveConnection live) {
  return {live.id,
          std::move(live.service),
          std::move(live.client),
          std::move(live.target),
          std::move(live.peer),
          std::move(live.cipher),
          std::move(live.version),
          std::move(live.group),
          std::string(to_string(live.state)),
          live.age.count(),
          live.bytes_up,
          live.bytes_down};
}

void tell_sessions(forward::Listing listing, const admin::Server::Reply& reply) {
  std::vector<admin::SessionState> sessions;
  sessions.reserve(listing.connections.size());
  for (forward::LiveConnection& live : listing.connections) {
    sessions.push_back(session_state_of(std::move(live)));
  }
  reply({200, json_type,
         admin::render_sessions(x509::now().time_since_epoch().count(), sessions, listing.more)});
}

}  // namespace

bool answer_about_sessions(forward::Runtime& runtime,
                           const std::vector<std::shared_ptr<forward::Service>>& services,
                           const admin::Request& request, admin::Server::Reply reply) {
  const bool ends = request.path == "/sessions/close";
  if (!ends && request.path != "/sessions") {
    return false;
  }
  auto query = admin::parse_session_query(request.query);
  if (!query) {
    reply(refused_with(400, query.error().message));
    return true;
  }
  if (ends && query->empty()) {
    reply(refused_with(400, "say which ones: /sessions/close?id=NUMBER, ?service=NAME or ?peer=NAME"));
    return true;
  }
  if (const std::string why = why_no_service(services, query->service); !why.empty()) {
    reply(refused_with(404, why));
    return true;
  }
  forward::Selection selection{std::move(query->ids), std::move(query->service), std::move(query->peer)};
  if (!ends) {
    runtime.list(std::move(selection), [reply = std::move(reply)](forward::Listing listing) {
      tell_sessions(std::move(listing), reply);
    });
    return true;
  }
  runtime.end(std::move(selection),
              {forward::Reason::closed_by_administrator, "an administrator has ended it (sessions close)"},
              [reply = std::move(reply)](std::size_t count) {
                reply({200, json_type, admin::render_closed(count)});
              });
  return true;
}

}  // namespace persona::cli
