// A dialler of targets whose names a test answers, and what becomes of it.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "../net/gate.hpp"
#include "../net/support.hpp"
#include "material.hpp"
#include "persona/forward/dialler.hpp"
#include "persona/net/listener.hpp"

namespace persona::forward::test {

inline std::vector<net::SocketAddress> addresses(const std::vector<std::string>& numeric) {
  std::vector<net::SocketAddress> found;
  for (const std::string& each : numeric) {
    found.push_back(*net::SocketAddress::from_numeric(each, 0));
  }
  return found;
}

/// Counts who connects, and leaves at once.
struct Listening {
  Listening(net::Loop& loop, const std::string& address) {
    auto bound = net::Listener::bind(loop, *Endpoint::parse(address));
    REQUIRE(bound);
    listener = std::move(*bound);
    listener->start({[this](const net::Socket&, const net::SocketAddress&) { ++accepted; },
                     [](const std::string&, Milliseconds) {}});
  }
  std::string port() const { return std::to_string(listener->local().port); }

  net::HandlePtr<net::Listener> listener;
  int accepted = 0;
};

/// A port on which 127.0.0.1 refuses, and the others are free.
inline std::string refusing_port() {
  net::test::TestLoop loop;
  return Listening(*loop, "127.0.0.1:0").port();
}

class Dialling final : public net::HandleOwner, private Dialler::Events {
 public:
  explicit Dialling(const std::vector<std::string>& targets,
                    Dialler::Options options = {std::chrono::seconds(20)},
                    config::AllowedAddresses allowed = {})
      : resolver(gate->options()), options_(options) {
    Material from = material("", targets.front());
    from.config.gateway.addresses.clear();
    for (const std::string& each : targets) {
      from.config.gateway.addresses.push_back({*Endpoint::parse(each), {}});
    }
    from.config.gateway.allowed_addresses = std::move(allowed);
    generation = make_generation(std::move(from), nullptr);
    renew();
  }
  /// Another dialler of the same targets, as each connection has its own.
  void renew() {
    dialler.emplace(*loop, resolver, *this, *generation, options_, static_cast<Dialler::Events&>(*this));
  }
  ~Dialling() {
    stream.reset();
    dialler.reset();
    while (open_) {
      uv_run(loop->uv(), UV_RUN_ONCE);
    }
    gate->open();
  }

  void run_until(const std::function<bool()>& is_done) {
    bool late = false;
    const auto limit = net::Timer::create(*loop, nullptr);
    limit->start(std::chrono::seconds(20), [&] { late = true; });
    while (!is_done() && !late) {
      uv_run(loop->uv(), UV_RUN_ONCE);
    }
    REQUIRE_FALSE(late);
  }
  /// Until it is connected or given up.
  void run() {
    stream.reset();
    run_until([this] { return stream || given_up; });
  }
  void start() {
    dialler->start();
    run();
  }
  /// What it is connected to is of no use.
  void fail(const std::string& why) {
    stream.reset();
    dialler->failed({Reason::handshake_failed, why});
    run();
  }

  std::shared_ptr<net::test::Gate> gate = std::make_shared<net::test::Gate>();
  net::Resolver resolver;
  net::test::TestLoop loop;
  std::shared_ptr<const Generation> generation;
  std::optional<Dialler> dialler;
  net::HandlePtr<net::Stream> stream;
  std::vector<std::string> failed;
  std::optional<End> given_up;

 private:
  void on_connected(net::HandlePtr<net::Stream> connected) override { stream = std::move(connected); }
  void on_next_address(const End& why) override { failed.push_back(why.error); }
  void on_given_up(const End& why) override { given_up = why; }
  void on_handles_closed() override { open_ = false; }

  const Dialler::Options options_;
  bool open_ = true;  // the dialler has a timer from the start
};

}  // namespace persona::forward::test
