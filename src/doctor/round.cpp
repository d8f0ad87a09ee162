#include "round.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include <fmt/format.h>

namespace persona::doctor {

namespace {

bool has_failed(const std::vector<Step>& steps) {
  return std::any_of(steps.begin(), steps.end(),
                     [](const Step& step) { return step.state == State::failed; });
}

}  // namespace

Round::Round(Plan plan, Done done)
    : plan_(std::move(plan)), done_(std::move(done)), timer_(net::Timer::create(plan_.loop, &plan_.owner)) {
  timer_->start(Milliseconds(0), [this] { begin(); });
}

void Round::begin() {
  const Endpoint& endpoint = plan_.endpoint;
  if (endpoint.is_unix() || !plan_.resolves) {
    addresses_.emplace_back(std::nullopt);
  } else if (auto numeric = net::SocketAddress::from_numeric(endpoint.host, endpoint.port)) {
    addresses_.emplace_back(*numeric);
  } else {
    look_up();
    return;
  }
  steps_.resize(1);
  visit_next();
}

void Round::look_up() {
  began_ = net::precise_now();
  const auto expired = [this] {
    std::string sentence = lookup_->timed_out("timeouts.connect", plan_.patience);
    lookup_.reset();
    not_found(std::move(sentence));
  };
  timer_->start(plan_.patience, expired, net::Timer::StoodStill::begins_anew);
  lookup_ =
      net::Lookup::start(plan_.loop, plan_.resolver, plan_.account, plan_.endpoint.host, plan_.endpoint.port,
                         &plan_.owner, [this](const Result<std::vector<net::SocketAddress>>& addresses) {
                           lookup_.reset();
                           timer_->stop();
                           found(addresses);
                         });
}

void Round::found(const Result<std::vector<net::SocketAddress>>& addresses) {
  if (!addresses) {
    not_found(addresses.error().message);
    return;
  }
  std::string listed;
  for (const net::SocketAddress& address : *addresses) {
    if (addresses_.size() == most_addresses) {
      break;
    }
    listed += (listed.empty() ? "" : ", ") + (address.ip() ? address.ip()->to_string() : address.to_string());
    addresses_.emplace_back(address);
  }
  if (addresses->size() > addresses_.size()) {
    listed += fmt::format(" and {} more, which are not tried", addresses->size() - addresses_.size());
  }
  first_.push_back({Kind::lookup, State::good, plan_.endpoint.to_string(),
                    fmt::format("{} is {}", plan_.endpoint.host, listed)});
  first_.back().took = net::precise_now() - began_;
  steps_.resize(addresses_.size());
  visit_next();
}

void Round::not_found(std::string sentence) {
  first_.push_back(
      {Kind::lookup, State::failed, plan_.endpoint.to_string(), std::move(sentence),
       fmt::format("is {} spelt right, and does this machine's resolver know it (getent ahosts {})",
                   plan_.endpoint.host, plan_.endpoint.host)});
  first_.back().took = net::precise_now() - began_;
  finish();
}

void Round::visit_next() {
  while (begun_ < addresses_.size() && begun_ - ended_ < at_once) {
    const std::size_t index = begun_++;
    plan_.visit(addresses_[index],
                [this, index](std::vector<Step> steps) { visited(index, std::move(steps)); });
  }
}

void Round::visited(std::size_t index, std::vector<Step> steps) {
  steps_[index] = std::move(steps);
  if (++ended_ == addresses_.size()) {
    finish();
  } else {
    visit_next();
  }
}

void Round::finish() {
  const bool one_is_good =
      std::any_of(steps_.begin(), steps_.end(), [](const auto& each) { return !has_failed(each); });
  std::vector<Step> all = std::move(first_);
  for (std::vector<Step>& each : steps_) {
    for (Step& step : each) {
      if (one_is_good && step.state == State::failed) {
        step.state = State::warning;
      }
    }
    std::move(each.begin(), each.end(), std::back_inserter(all));
  }
  timer_.reset();
  done_(std::move(all));
}

}  // namespace persona::doctor
