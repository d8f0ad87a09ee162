#include "via_settings.hpp"

#include "file_value.hpp"

namespace persona::config {

namespace {

std::optional<Proxy> read_proxy(const Value& value) {
  const auto url = value.text();
  if (!url) {
    return std::nullopt;
  }
  auto proxy = Proxy::parse(*url);
  if (proxy) {
    return std::move(*proxy);
  }
  if (Proxy::has_password(*url)) {
    value.error_unseen(proxy.error().message);
  } else {
    value.error(proxy.error().message);
  }
  return std::nullopt;
}

void demand_password(const Value& url) {
  url.error("a user needs a password: write proxy: and password_file: below via:");
}

}  // namespace

std::optional<Via> read_via(const Value& value, const std::filesystem::path& config_file) {
  Via via;
  if (value.kind() != Node::Kind::map) {
    auto proxy = read_proxy(value);
    if (proxy && !proxy->user.empty()) {
      demand_password(value);
    }
    via.proxy = proxy ? std::move(*proxy) : Proxy();
    return proxy ? std::optional(std::move(via)) : std::nullopt;
  }
  Section section = value.section();
  const auto url = section.require("proxy");
  auto proxy = url ? read_proxy(*url) : std::nullopt;
  const auto password_file = section.get("password_file");
  if (password_file) {
    via.password_file = read_file(config_file, *password_file);
  }
  if (proxy && proxy->user.empty() && password_file) {
    password_file->error("whose password is it? Write proxy: http://USER@HOST:PORT");
  } else if (proxy && !proxy->user.empty() && !section.has("password_file")) {
    demand_password(*url);
  }
  section.finish();
  if (!proxy) {
    return std::nullopt;
  }
  via.proxy = std::move(*proxy);
  return via;
}

}  // namespace persona::config
