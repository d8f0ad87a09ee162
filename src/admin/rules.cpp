#include "persona/admin/rules.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <string_view>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace persona::admin {

namespace {

enum class Served { everywhere, on_this_machine };

struct Path {
  std::string_view path;
  std::string_view methods;  // as in Allow
  Served served;
};

constexpr std::string_view to_read = "GET, HEAD";

// All that there is, in the order in which it is told.
constexpr std::array paths{
    Path{"/healthz", to_read, Served::everywhere},
    Path{"/readyz", to_read, Served::everywhere},
    Path{"/startup", to_read, Served::everywhere},
    Path{"/metrics", to_read, Served::everywhere},
    Path{"/", to_read, Served::on_this_machine},
    Path{"/status", to_read, Served::on_this_machine},
    Path{"/sessions", to_read, Served::on_this_machine},
    Path{"/sessions/close", "POST", Served::on_this_machine},
    Path{"/quit", "POST", Served::on_this_machine},
};

/// "/a, /b and /c".
template <class Which>
std::string names_of(Which which) {
  std::vector<std::string_view> names;
  for (const Path& each : paths) {
    if (which(each)) {
      names.push_back(each.path);
    }
  }
  const std::string_view last = names.back();
  names.pop_back();
  return fmt::format("{} and {}", fmt::join(names, ", "), last);
}

bool is_everywhere(const Path& path) {
  return path.served == Served::everywhere;
}

const Path* find_path(std::string_view path) {
  const auto found =
      std::find_if(paths.begin(), paths.end(), [&](const Path& each) { return each.path == path; });
  return found == paths.end() ? nullptr : found;
}

bool allows(const Path& path, std::string_view method) {
  return method == "POST" ? path.methods == method
                          : path.methods == to_read && (method == "GET" || method == "HEAD");
}

Response refuse(int status, const std::string& sentence) {
  return {status, "text/plain; charset=utf-8", sentence + "\n"};
}

}  // namespace

Door door_of(const std::optional<IpAddress>& local, const std::optional<IpAddress>& peer) {
  return local && peer && local->is_loopback() && peer->is_loopback() ? Door::loopback : Door::network;
}

std::optional<Response> refusal(const Request& request, Door door) {
  const Path* const path = find_path(request.path);
  if (door == Door::network && (path == nullptr || path->served != Served::everywhere)) {
    return refuse(403,
                  fmt::format("other machines may ask for {}; all else is answered on this machine alone, "
                              "at a loopback address or a Unix socket (admin.listen)",
                              names_of(is_everywhere)));
  }
  if (door == Door::loopback && request.host && !is_host_of_this_machine(*request.host)) {
    return refuse(
        421,
        "only requests for an address or localhost are answered (http://127.0.0.1/, http://[::1]/, "
        "http://localhost/, each with the port): another name could be that of a web page that wants "
        "to read this (DNS rebinding)");
  }
  if (path == nullptr) {
    return refuse(404, fmt::format("there are {}", names_of([](const Path&) { return true; })));
  }
  if (!allows(*path, request.method)) {
    Response response = refuse(405, fmt::format("{} is answered for {} only", path->path, path->methods));
    response.allow = path->methods;
    return response;
  }
  if (request.method == "POST" && request.has_origin) {
    return refuse(403, "this comes from a web page (it has an Origin), and none may change anything here");
  }
  if (request.is_encoded) {
    return refuse(501, "a body with Transfer-Encoding is not read: leave the body out");
  }
  if (request.content_length > longest_body) {
    return refuse(413, fmt::format("a body of more than {} bytes is not read: leave it out", longest_body));
  }
  return std::nullopt;
}

}  // namespace persona::admin
