#include "persona/forward/places.hpp"

#include <algorithm>
#include <atomic>
#include <utility>

#include <fmt/format.h>

namespace persona::forward {

namespace {

std::atomic<Places::Number> last_number = 0;

bool is_link_local(const IpAddress::Octets& octets) {
  return octets[0] == 0xfe && (octets[1] & 0xc0U) == 0x80;  // fe80::/10
}

std::string connections_reached(std::size_t limit) {
  return fmt::format("limits.connections of {} reached", limit);
}

}  // namespace

IpAddress source_of(const IpAddress& address) {
  IpAddress::Octets octets = address.octets();
  if (!address.is_v4() && !is_link_local(octets)) {
    std::fill(octets.begin() + 8, octets.end(), std::uint8_t{0});
  }
  return IpAddress(octets);
}

Places::Source Places::octets_of(const Newcomer& newcomer) {
  return newcomer.source ? Source(newcomer.source->octets()) : std::nullopt;
}

// The sentences name no address: the log throttles equal ones.
bool Places::admit(const Newcomer& newcomer, const Limits& limits, Answer& answer) {
  if (open_ >= limits.connections) {
    answer.refusal = connections_reached(limits.connections);
    return false;
  }
  const Source source = octets_of(newcomer);
  if (const auto found = parties_.find(source); source && found != parties_.end()) {
    const Party& party = found->second;
    if (party.places - party.strangers.size() >= limits.per_source) {
      answer.refusal = fmt::format("limits.per_source of {} reached: this address has that many connections",
                                   limits.per_source);
      return false;
    }
    for (std::size_t excess = party.places + 1; excess > limits.per_source; --excess) {
      answer.dropped.push_back(drop(
          *parties_.at(source).strangers.begin(),
          fmt::format("limits.per_source of {} reached: the oldest unfinished handshake of this address made "
                      "room for a new one",
                      limits.per_source)));
    }
  }
  while (newcomer.stranger && strangers_ >= limits.handshakes) {
    answer.dropped.push_back(
        drop_of_the_greatest(fmt::format("limits.handshakes of {} reached", limits.handshakes)));
  }
  return true;
}

Places::Answer Places::enter(const Newcomer& newcomer, const Limits& limits) {
  const std::lock_guard lock(mutex_);
  Answer answer;
  if (admit(newcomer, limits, answer)) {
    answer.number = ++last_number;
    const Entry entry{octets_of(newcomer), newcomer.worker,
                      newcomer.stranger ? State::stranger : State::open};
    entries_.emplace(*answer.number, entry);
    count_in(*answer.number, entry);
  }
  return answer;
}

Places::Answer Places::identified(Number number, const Newcomer& newcomer, const Limits& limits) {
  const std::lock_guard lock(mutex_);
  Entry& entry = entries_.at(number);
  count_out(number, entry);
  entry.state = State::dropped;  // counted nowhere
  Answer answer;
  if (admit(newcomer, limits, answer)) {
    answer.number = number;
    entry = {octets_of(newcomer), newcomer.worker, newcomer.stranger ? State::stranger : State::open};
    count_in(number, entry);
  }
  return answer;
}

std::vector<Places::Dropped> Places::make_room(std::size_t count) {
  const std::lock_guard lock(mutex_);
  std::vector<Dropped> dropped;
  for (std::size_t left = std::min(count, (strangers_ + 1) / 2); left > 0; --left) {
    dropped.push_back(drop_of_the_greatest("no more connections can be accepted"));
  }
  return dropped;
}

std::optional<std::string> Places::verified(Number number, std::size_t connections) {
  const std::lock_guard lock(mutex_);
  if (open_ >= connections) {
    return connections_reached(connections);
  }
  Entry& entry = entries_.at(number);
  count_out(number, entry);
  entry.state = State::open;
  count_in(number, entry);
  return std::nullopt;
}

std::optional<Places::Number> Places::enter_refused() {
  const std::lock_guard lock(mutex_);
  if (refused_ == most_told) {
    return std::nullopt;
  }
  ++refused_;
  const Number number = ++last_number;
  entries_.emplace(number, Entry{std::nullopt, nullptr, State::refused});
  return number;
}

void Places::leave(Number number) {
  const std::lock_guard lock(mutex_);
  const auto found = entries_.find(number);
  count_out(number, found->second);
  entries_.erase(found);
}

std::size_t Places::count() const {
  const std::lock_guard lock(mutex_);
  return entries_.size() - refused_;
}

// Keeps `crowds_` in step with the party.
template <class Change>
void Places::change(const Source& source, Change change) {
  const auto found = parties_.try_emplace(source).first;
  Party& party = found->second;
  if (!party.strangers.empty()) {
    crowds_.erase({party.strangers.size(), *party.strangers.begin(), source});
  }
  change(party);
  if (!party.strangers.empty()) {
    crowds_.insert({party.strangers.size(), *party.strangers.begin(), source});
  }
  if (party.places == 0) {
    parties_.erase(found);
  }
}

void Places::count_in(Number number, const Entry& entry) {
  const bool stranger = entry.state == State::stranger;
  ++(stranger ? strangers_ : open_);
  change(entry.source, [&](Party& party) {
    ++party.places;
    if (stranger) {
      party.strangers.insert(number);
    }
  });
}

void Places::count_out(Number number, const Entry& entry) {
  if (entry.state == State::dropped) {
    return;
  }
  if (entry.state == State::refused) {
    --refused_;
    return;
  }
  --(entry.state == State::stranger ? strangers_ : open_);
  change(entry.source, [&](Party& party) {
    --party.places;
    party.strangers.erase(number);
  });
}

Places::Dropped Places::drop(Number number, std::string why) {
  Entry& entry = entries_.at(number);
  count_out(number, entry);
  entry.state = State::dropped;
  return {number, entry.worker, std::move(why)};
}

Places::Dropped Places::drop_of_the_greatest(std::string_view reached) {
  return drop(
      crowds_.begin()->oldest,
      fmt::format("{}: the oldest unfinished handshake of the address that has most made room for a new "
                  "one",
                  reached));
}

}  // namespace persona::forward
