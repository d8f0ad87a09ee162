#include "listening.hpp"

#include <algorithm>
#include <utility>

#include "persona/base/address.hpp"

namespace persona::forward {

namespace {

bool is_any_address(const std::string& host) {
  return host == "0.0.0.0" || host == "::";
}

bool is_same_address(const Endpoint& one, const Endpoint& other) {
  if (one.is_unix() || other.is_unix() || one.port != other.port) {
    return one == other;
  }
  const auto address = IpAddress::parse(one.host);
  return one.host == other.host || (address && address == IpAddress::parse(other.host));
}

bool is_same_file(const config::Listen& one, const config::Listen& other) {
  return one.value.path == other.value.path;
}

/// What is there already, and who has it.
struct Candidate {
  Listening* listening;
  bool own;
  bool kept = false;
};

bool is_for(const Candidate& candidate, const ListenPlan::Item& item) {
  if (!candidate.own && !item.listen.value.is_unix() && item.listen.value.port == 0) {
    return false;  // a port that the kernel chose is not the one that it would choose now
  }
  config::Listen wanted = item.listen;
  wanted.relays = candidate.listening->as.relays;  // no matter of the socket
  return config::is_same(candidate.listening->as, wanted);
}

/// New sockets, before anything has been changed.
struct Bound {
  std::vector<Listening> fresh;
  std::vector<Listening> beside;  ///< Unix sockets whose names another one has still
};

/// Where a Unix socket is until it takes the place of another one.
Endpoint beside(Endpoint endpoint) {
  endpoint.path += '~';
  return endpoint;
}

/// Those that systemd has passed, each of which can be taken once.
Result<void> take_given(net::Loop& loop, const ListenPlan::Item& item, Bound& bound) {
  auto listeners = net::Listener::bind_all(loop, item.listen.value);
  if (!listeners) {
    return tl::unexpected(listeners.error());
  }
  for (auto& listener : *listeners) {
    if (auto fit = item.is_fit(listener->local()); !fit) {
      return fit;
    }
    bound.fresh.push_back({std::move(listener), item.listen});
  }
  return {};
}

Result<void> bind_new(net::Loop& loop, const ListenPlan::Item& item, const std::vector<Endpoint>& missing,
                      bool is_taken, Bound& bound) {
  if (is_taken) {
    auto listener = net::Listener::bind(loop, beside(item.listen.value), item.file);
    if (!listener) {
      return tl::unexpected(listener.error());
    }
    bound.beside.push_back({std::move(*listener), item.listen});
    return {};
  }
  if (item.listen.value.is_systemd()) {
    return take_given(loop, item, bound);
  }
  std::vector<Endpoint> before;
  for (const Listening& each : bound.fresh) {
    before.push_back(each.listener->local());
  }
  auto listeners = net::Listener::bind_each(loop, missing, before, item.file);
  if (!listeners) {
    return tl::unexpected(listeners.error());
  }
  for (auto& listener : *listeners) {
    bound.fresh.push_back({std::move(listener), item.listen});
  }
  return {};
}

}  // namespace

Result<ListenChange> ListeningSet::change(net::Loop& loop, const ListenPlan& plan,
                                          std::vector<Listening>& released, const Start& start) {
  std::vector<Candidate> candidates;
  for (Listening& each : all_) {
    candidates.push_back({&each, true});
  }
  for (Listening& each : released) {
    candidates.push_back({&each, false});
  }
  std::vector<std::pair<Candidate, const config::Listen*>> kept;
  const auto keep = [&](Candidate& candidate, const ListenPlan::Item& item) {
    candidate.kept = true;
    kept.emplace_back(candidate, &item.listen);
  };
  Bound bound;
  for (const ListenPlan::Item& item : plan.items) {
    bool known = false;  // the same entry as before: what is bound for it suffices
    for (Candidate& each : candidates) {
      if (!each.kept && is_for(each, item)) {
        keep(each, item);
        known = true;
      }
    }
    if (known) {
      continue;
    }
    std::vector<Endpoint> missing;
    bool is_taken = false;
    for (const Endpoint& address : item.addresses) {
      const auto there = std::find_if(candidates.begin(), candidates.end(), [&](const Candidate& each) {
        return !each.kept && is_same_address(each.listening->listener->local(), address);
      });
      if (there != candidates.end() && !address.is_unix()) {
        keep(*there, item);
      } else {
        is_taken = there != candidates.end();
        missing.push_back(address);
      }
    }
    if (auto done = missing.empty() && !item.listen.value.is_systemd()
                        ? Result<void>()
                        : bind_new(loop, item, missing, is_taken, bound);
        !done) {
      return tl::unexpected(done.error());
    }
  }
  for (Listening& each : bound.beside) {
    // It was made in that folder a moment ago, so it can hardly fail. The path would have no socket then.
    if (auto moved = each.listener->move_file(each.as.value); !moved) {
      return tl::unexpected(moved.error());
    }
  }
  // Nothing can fail from here on.
  ListenChange result;
  std::vector<Listening> next;
  for (const auto& [candidate, as] : kept) {
    next.push_back({std::move(candidate.listening->listener), *as});
    if (!candidate.own) {
      result.opened.push_back(next.back().listener->local());
    }
    start(next.back());
  }
  for (auto* list : {&bound.fresh, &bound.beside}) {
    for (Listening& each : *list) {
      result.opened.push_back(each.listener->local());
      next.push_back(std::move(each));
      start(next.back());
    }
  }
  for (Listening& each : all_) {
    if (each.listener) {
      each.listener->accept_waiting();
      const bool replaced = std::any_of(next.begin(), next.end(), [&](const Listening& one) {
        return each.as.value.is_unix() && is_same_file(one.as, each.as);
      });
      if (!replaced) {
        result.closed.push_back(each.listener->local());
      }
    }
  }
  std::erase_if(released, [](const Listening& each) { return each.listener == nullptr; });
  all_ = std::move(next);
  return result;
}

std::vector<Listening> ListeningSet::release() {
  for (Listening& each : all_) {
    each.listener->accept_waiting();
  }
  return std::exchange(all_, {});
}

void ListeningSet::start_all(const Start& start) {
  for (Listening& each : all_) {
    start(each);
  }
}

bool ListeningSet::occupies(const Endpoint& address) const {
  return std::any_of(all_.begin(), all_.end(), [&](const Listening& each) {
    const Endpoint& local = each.listener->local();
    const bool same_port = !local.is_unix() && !address.is_unix() && local.port == address.port;
    return is_same_address(local, address) ||
           (same_port && (is_any_address(local.host) || is_any_address(address.host)));
  });
}

}  // namespace persona::forward
