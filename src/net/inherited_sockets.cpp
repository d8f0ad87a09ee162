#include "persona/net/inherited_sockets.hpp"

#include <algorithm>
#include <charconv>
#include <map>
#include <utility>

#include <fmt/format.h>

#include "persona/base/address.hpp"
#include "persona/base/text.hpp"
#include "unix_socket.hpp"

namespace persona::net {

namespace {

std::optional<long> whole_number(const std::optional<std::string>& text) {
  long value = 0;
  if (!text || text->empty()) {
    return std::nullopt;
  }
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), value);
  return error == std::errc() && end == text->data() + text->size() ? std::optional(value) : std::nullopt;
}

template <class... Args>
tl::unexpected<Error> not_of_systemd(fmt::format_string<Args...> format, Args&&... args) {
  return fail(ErrorKind::configuration, "{}; unset LISTEN_FDS if it was not systemd that set it",
              fmt::format(format, std::forward<Args>(args)...));
}

/// Its address is systemd's business: whoever wants it asks by its name.
bool is_of_systemd_alone(const InheritedSocket& socket) {
  return socket.asked.is_systemd();
}

std::vector<std::string> split_at_colons(const std::string& text) {
  std::vector<std::string> parts;
  for (std::size_t begin = 0;;) {
    const std::size_t colon = text.find(':', begin);
    parts.push_back(text.substr(begin, colon == std::string::npos ? colon : colon - begin));
    if (colon == std::string::npos) {
      return parts;
    }
    begin = colon + 1;
  }
}

}  // namespace

Result<std::vector<std::string>> names_of_passed(const ListenVariables& variables, long own_pid) {
  // As sd_listen_fds(3): a starter that forks once more leaves the variables of its parent behind.
  if (!variables.pid || !variables.count || whole_number(variables.pid) != own_pid) {
    return std::vector<std::string>();
  }
  const auto count = whole_number(variables.count);
  if (!count || *count < 0 || *count > static_cast<long>(InheritedSockets::most)) {
    return not_of_systemd("the environment has LISTEN_FDS={}, which is no number from 0 to {}",
                          in_quotes(*variables.count), InheritedSockets::most);
  }
  const auto wanted = static_cast<std::size_t>(*count);
  if (!variables.names || wanted == 0) {
    return std::vector<std::string>(wanted, "unknown");  // as sd_listen_fds_with_names(3)
  }
  auto names = split_at_colons(*variables.names);
  if (names.size() != wanted) {
    return not_of_systemd("the environment has {} names in LISTEN_FDNAMES for LISTEN_FDS={} descriptors",
                          names.size(), wanted);
  }
  return names;
}

Result<std::vector<InheritedSocket>> InheritedSockets::take_of_systemd(const std::string& name) {
  const auto is_other = [&](const InheritedSocket& each) {
    return !each.asked.is_systemd() || each.asked.name != name;
  };
  const auto first = std::stable_partition(sockets_.begin(), sockets_.end(), is_other);
  if (first == sockets_.end()) {
    return fail(
        ErrorKind::configuration,
        "systemd:{}: systemd has passed no socket of this name; {}: look at FileDescriptorName= in the "
        ".socket unit, and whether that is started",
        name, names());
  }
  for (auto each = first; each != sockets_.end(); ++each) {
    if (!each->fault.empty()) {
      return fail(ErrorKind::configuration, "systemd:{}: {}", name, each->fault);
    }
  }
  std::vector<InheritedSocket> taken(std::make_move_iterator(first), std::make_move_iterator(sockets_.end()));
  sockets_.erase(first, sockets_.end());
  return taken;
}

std::optional<InheritedSocket> InheritedSockets::take_at(const Endpoint& wanted) {
  const auto is_it = [&](const InheritedSocket& each) {
    if (!each.fault.empty() || each.local.kind != wanted.kind || is_of_systemd_alone(each)) {
      return false;
    }
    if (wanted.is_unix()) {
      return each.local.path == wanted.path;
    }
    const Endpoint& theirs = wanted.port == 0 ? each.asked : each.local;
    return theirs.port == wanted.port && IpAddress::parse(theirs.host) == IpAddress::parse(wanted.host);
  };
  const auto found = std::find_if(sockets_.begin(), sockets_.end(), is_it);
  if (found == sockets_.end()) {
    return std::nullopt;
  }
  InheritedSocket taken = std::move(*found);
  sockets_.erase(found);
  return taken;
}

bool InheritedSockets::has(const Endpoint& asked) const {
  return std::any_of(sockets_.begin(), sockets_.end(),
                     [&](const InheritedSocket& each) { return each.asked == asked; });
}

std::string InheritedSockets::names() const {
  std::vector<std::string> names;
  for (const InheritedSocket& each : sockets_) {
    if (each.asked.is_systemd() && std::find(names.begin(), names.end(), each.asked.name) == names.end()) {
      names.push_back(each.asked.name);
    }
  }
  return names.empty() ? "none is left"
                       : fmt::format("there is {}", printable(fmt::format("{}", fmt::join(names, ", "))));
}

std::vector<std::string> InheritedSockets::close_unused() {
  std::map<std::string, std::size_t> counts;
  for (const InheritedSocket& each : sockets_) {
    if (each.asked.is_systemd()) {
      ++counts[each.asked.name];
    } else if (each.local.is_unix()) {
      remove_file_of_inode(each.local.path, each.inode);
    }
  }
  sockets_.clear();
  std::vector<std::string> sentences;
  sentences.reserve(counts.size());
  for (const auto& [name, count] : counts) {
    sentences.push_back(fmt::format(
        "systemd has passed {} as {}, and no `listen` names that: closed; write listen: systemd:{} to use it",
        count == 1 ? "a socket" : fmt::format("{} sockets", count), in_quotes(name), printable(name)));
  }
  return sentences;
}

}  // namespace persona::net
