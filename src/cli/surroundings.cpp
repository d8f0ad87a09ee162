#include "surroundings.hpp"

#include <vector>

#include "persona/base/text.hpp"
#include "persona/net/inherited_sockets.hpp"
#include "persona/net/socket_file.hpp"
#include "persona/net/users.hpp"

namespace persona::cli {

namespace {

void check_users(Prepared& prepared) {
  const auto& users = prepared.config.access.allow_users;
  for (const auto& user : users ? *users : std::vector<config::Located<std::string>>()) {
    if (const auto id = net::find_user(user.value); !id) {
      prepared.report.error(user.mark, "access.allow_users: " + id.error().message,
                            static_cast<int>(user.value.size()));
    }
  }
}

void check_listen(Prepared& prepared, const config::Listen& listen, std::string_view key) {
  if (listen.value.is_systemd() && !net::can_inherit_sockets()) {
    prepared.report.error(listen.mark,
                          fmt::format("{}: there is no systemd on Windows that passes sockets; listen on "
                                      "127.0.0.1:PORT",
                                      key),
                          static_cast<int>(utf8_length(listen.value.to_string())));
  }
  if (const auto found = net::check_socket_folder(listen.value); !found) {
    const std::string sentence = fmt::format("{}: {}", key, found.error().message);
    const int length = static_cast<int>(utf8_length(listen.value.to_string()));
    if (found.error().kind == ErrorKind::configuration) {
      prepared.report.error(listen.mark, sentence, length);
    } else {
      prepared.report.warning(listen.mark, sentence, length);
    }
  }
  if (listen.group) {
    if (const auto id = net::find_group(listen.group->value); !id) {
      prepared.report.error(listen.group->mark, fmt::format("{}.group: {}", key, id.error().message),
                            static_cast<int>(utf8_length(listen.group->value)));
    }
  }
}

void check_listen(Prepared& prepared) {
  for (const config::Listen& listen : prepared.config.listen) {
    check_listen(prepared, listen, "listen");
  }
  if (prepared.config.admin) {
    check_listen(prepared, *prepared.config.admin, "admin.listen");
  }
}

}  // namespace

void check_on_this_machine(Prepared& prepared) {
  check_listen(prepared);
  check_users(prepared);
}

void SharedNames::check(Prepared& prepared) {
  check_unique(prepared);
  check_admin(prepared);
}

void SharedNames::check_unique(Prepared& prepared) {
  const config::Config& config = prepared.config;
  const auto [first_name, is_new_name] = names_.emplace(config.name, config.file);
  if (!is_new_name && !config.name.empty()) {
    prepared.report.error({}, fmt::format("the service name \"{}\" is taken by {}: set another with `name`",
                                          config.name, first_name->second.string()));
  }
  for (const auto& listen : config.listen) {
    if (!listen.value.is_unix() && !listen.value.is_systemd() && listen.value.port == 0) {
      continue;  // the kernel chooses, a different one each time
    }
    const auto [first, is_new] = addresses_.emplace(listen.value.to_string(), config.file);
    if (!is_new && first->second != config.file) {  // the parser reports duplicates within a file
      prepared.report.error(listen.mark,
                            fmt::format("{} already listens on {}", first->second.string(), first->first));
    }
  }
}

void SharedNames::check_admin(Prepared& prepared) {
  const auto& admin = prepared.config.admin;
  if (!admin) {
    return;
  }
  const auto [first, is_new] = admins_.emplace(admin->value.to_string(), &prepared);
  const config::Config& other = first->second->config;
  if (!is_new && !config::is_same(*admin, *other.admin)) {
    prepared.report.error(admin->mark, fmt::format("admin.listen: {} has another mode, group or "
                                                   "unsafe_listen for {}, where one answers for all services",
                                                   other.file.string(), first->first));
  }
}

}  // namespace persona::cli
