#include "persona/handover/predecessor.hpp"

#include "persona/handover/messages.hpp"
#include "persona/handover/place.hpp"
#include "persona/net/timer.hpp"
#include "persona/net/users.hpp"

namespace persona::handover {

namespace {

tl::unexpected<Error> cannot_take(const Endpoint& place, const std::string& why) {
  return fail(ErrorKind::network, "cannot take over from the process at {}: {}", place.to_string(), why);
}

}  // namespace

Result<std::unique_ptr<Predecessor>> Predecessor::ask(const Endpoint& place) {
  auto line = net::DescriptorLine::connect(place);
  if (!line) {
    return tl::unexpected(line.error());
  }
  if (!*line) {
    return std::unique_ptr<Predecessor>();
  }
  const auto user = net::peer_user((*line)->socket());
  if (!user || !is_trusted(*user)) {
    return cannot_take(
        place, user ? fmt::format("it belongs to {}", net::user_in_words(*user)) : user.error().message);
  }
  std::unique_ptr<Predecessor> predecessor(new Predecessor(std::move(**line)));
  // Whoever refuses hangs up at once: then this fails, and the reason waits to be read.
  static_cast<void>(predecessor->line_.send(write_order(Order::ask, own_pid())));
  auto done = predecessor->receive_sockets();
  if (!done) {
    return cannot_take(place, done.error().message);
  }
  return predecessor;
}

Result<void> Predecessor::receive_sockets() {
  const Milliseconds end = net::precise_now() + patience;
  for (bool more = true; more;) {
    auto line = line_.receive();
    if (!line) {
      return tl::unexpected(line.error());
    }
    if (!*line) {
      const Milliseconds left = end - net::precise_now();
      if (left.count() <= 0 || !line_.wait(left)) {
        return fail(ErrorKind::network, "it does not answer within {} s", patience.count() / 1000);
      }
      continue;
    }
    auto batch = read_sockets(**line);
    if (!batch) {
      return tl::unexpected(batch.error());
    }
    pid_ = batch->pid;
    more = batch->more;
    if (sockets_.size() + batch->sockets.size() > net::InheritedSockets::most) {
      return fail(ErrorKind::network, "it passes more than {} sockets", net::InheritedSockets::most);
    }
    for (Passed& each : batch->sockets) {
      auto socket = line_.take_descriptor();
      if (!socket) {
        return fail(ErrorKind::network, "it names a socket that it does not pass");
      }
      auto examined = net::examine(std::move(*socket), std::move(each.asked));
      if (!examined.fault.empty()) {
        return fail(ErrorKind::network, "{}: {}", examined.asked.to_string(), examined.fault);
      }
      if (examined.asked.is_unix()) {
        examined.local = examined.asked;  // getsockname(2) tells the first name of a file that was renamed
      }
      examined.inode = each.inode;
      sockets_.push_back(std::move(examined));
    }
  }
  return {};
}

Result<void> Predecessor::tell_ready() {
  return line_.send(write_order(Order::ready, own_pid()));
}

}  // namespace persona::handover
