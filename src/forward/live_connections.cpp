// Each worker lists and ends its own connections, when it is asked; nothing is kept for that.
#include "persona/forward/live_connections.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include "connection.hpp"
#include "persona/forward/runtime.hpp"
#include "worker.hpp"

namespace persona::forward {

namespace {

bool by_id(const LiveConnection& one, const LiveConnection& other) {
  return one.id < other.id;
}

/// What all workers have told, once they have. Changed on the main loop alone; `done` is called there.
template <class Whole>
struct Gathering {
  Whole whole{};
  std::size_t missing;
  std::function<void(Whole)> done;

  void have() {
    if (--missing == 0) {
      const auto tell = std::exchange(done, nullptr);
      tell(std::move(whole));
    }
  }
};

}  // namespace

std::string_view to_string(LiveConnection::State state) {
  switch (state) {
    case LiveConnection::State::connecting:
      return "connecting";
    case LiveConnection::State::open:
      return "open";
    case LiveConnection::State::closing:
      return "closing";
  }
  return "unknown";
}

void Listing::merge(Listing other) {
  std::vector<LiveConnection> both;
  both.reserve(connections.size() + other.connections.size());
  std::merge(std::make_move_iterator(connections.begin()), std::make_move_iterator(connections.end()),
             std::make_move_iterator(other.connections.begin()),
             std::make_move_iterator(other.connections.end()), std::back_inserter(both), by_id);
  more += other.more;
  if (both.size() > most) {
    more += both.size() - most;
    both.resize(most);
  }
  connections = std::move(both);
}

bool Connection::is_in(const Selection& selection) {
  const auto& ids = selection.ids;
  if ((!selection.service.empty() && service_->name() != selection.service) ||
      (!ids.empty() && std::find(ids.begin(), ids.end(), log_.id()) == ids.end())) {
    return false;
  }
  if (selection.peer.empty()) {
    return true;
  }
  const tls::SessionInfo* info = closed_ ? nullptr : session();
  return info != nullptr && !info->peer.empty() &&
         (info->peer == selection.peer || info->peer_ids.common_name == selection.peer ||
          info->peer_ids.pin == selection.peer);
}

LiveConnection Connection::describe() {
  note_target();
  LiveConnection live;
  live.id = log_.id();
  live.service = service_->name();
  live.client = log_.client();
  live.target = log_.target();
  if (const tls::SessionInfo* info = closed_ ? nullptr : session()) {
    live.peer = info->peer;
    live.cipher = info->cipher_suite;
    live.version = to_string(info->version);
    live.group = info->group;
  }
  if (const auto* tunnel = in<Tunnel>()) {
    const bool ends = closed_ || tunnel->is_concluding() || tunnel->first_end();
    live.state = ends ? LiveConnection::State::closing : LiveConnection::State::open;
  } else if (closed_) {
    live.state = LiveConnection::State::closing;
  }
  const ConnectionLog::Traffic traffic = this->traffic();
  live.bytes_up = traffic.up;
  live.bytes_down = traffic.down;
  live.age = net::precise_now() - log_.started();
  return live;
}

void Worker::list(std::shared_ptr<const Selection> selection, std::function<void(Listing)> done) {
  loop_->post([this, selection = std::move(selection), done = std::move(done)] {
    std::vector<Connection*> found;
    for (auto& [place, connection] : connections_) {
      if (connection->is_in(*selection)) {
        found.push_back(connection.get());
      }
    }
    Listing listing;
    const auto count = std::min(found.size(), Listing::most);
    std::partial_sort(found.begin(), found.begin() + static_cast<std::ptrdiff_t>(count), found.end(),
                      [](const Connection* one, const Connection* other) { return one->id() < other->id(); });
    listing.more = found.size() - count;
    found.resize(count);
    listing.connections.reserve(count);
    for (Connection* connection : found) {
      listing.connections.push_back(connection->describe());
    }
    done(std::move(listing));
  });
}

void Worker::end(std::shared_ptr<const Selection> selection, End why, std::function<void(std::size_t)> done) {
  loop_->post([this, selection = std::move(selection), why = std::move(why), done = std::move(done)] {
    std::size_t count = 0;
    for (auto& [place, connection] : connections_) {  // see cut()
      count += connection->is_in(*selection) && connection->close(why) ? 1 : 0;
    }
    done(count);
  });
}

void Runtime::list(Selection selection, std::function<void(Listing)> done) {
  const auto meant = std::make_shared<const Selection>(std::move(selection));
  const auto gathering = std::make_shared<Gathering<Listing>>();
  gathering->missing = workers_.size();
  gathering->done = std::move(done);
  for (auto& worker : workers_) {
    worker->list(meant, [&main_loop = loop(), gathering](Listing listing) {
      const auto part = std::make_shared<Listing>(std::move(listing));
      main_loop.post([gathering, part] {
        gathering->whole.merge(std::move(*part));
        gathering->have();
      });
    });
  }
}

void Runtime::end(Selection selection, const End& why, std::function<void(std::size_t)> done) {
  const auto meant = std::make_shared<const Selection>(std::move(selection));
  const auto gathering = std::make_shared<Gathering<std::size_t>>();
  gathering->missing = workers_.size();
  gathering->done = std::move(done);
  for (auto& worker : workers_) {
    worker->end(meant, why, [&main_loop = loop(), gathering](std::size_t count) {
      main_loop.post([gathering, count] {
        gathering->whole += count;
        gathering->have();
      });
    });
  }
}

}  // namespace persona::forward
