#include <atomic>
#include <vector>

#include <doctest/doctest.h>

#include "../net/gate.hpp"
#include "material.hpp"
#include "persona/forward/runtime.hpp"
#include "persona/net/stream.hpp"

using namespace persona;
using namespace persona::forward;
using namespace persona::forward::test;

namespace {

/// A client that sends nothing and reads nothing.
class Client final : public net::HandleOwner {
 public:
  Client(net::Loop& loop, const Endpoint& service) {
    int error = 0;
    stream_ = net::Stream::create(loop, net::Stream::Kind::tcp, *this, error);
    REQUIRE(error == 0);
    REQUIRE(stream_->connect(*net::SocketAddress::from_numeric(service.host, service.port), [](int) {}) == 0);
  }
  void leave() { stream_.reset(); }

 private:
  void on_handles_closed() override {}

  net::HandlePtr<net::Stream> stream_;
};

Endpoint add(Runtime& runtime, Lines& lines, const std::string& gateway) {
  Material from = material("", gateway);
  from.config.name = gateway;
  from.config.listen.push_back({*Endpoint::parse("127.0.0.1:0"), {}});
  from.config.timeouts.connect = Milliseconds(0);
  const auto bound = runtime.add(make_service(std::move(from), lines));
  REQUIRE(bound);
  return bound->front();
}

}  // namespace

TEST_CASE("services whose names keep silent neither stop another nor the end") {
  constexpr int silent = 6;
  constexpr std::size_t clients_of_each = 10;
  Lines lines;
  const auto gate = std::make_shared<net::test::Gate>();
  std::atomic<int> started = 0;
  std::function<void()> all_silent;
  gate->on_start = [&](const std::string& host) {
    if (host != "healthy" && ++started == silent) {
      all_silent();
    }
  };
  // One thread, so that all of this is on ours.
  auto created = Runtime::create(1, lines.logger(), gate->options());
  REQUIRE(created);
  Runtime& runtime = **created;

  std::vector<std::unique_ptr<Client>> clients;
  auto gateway = net::Listener::bind(runtime.loop(), *Endpoint::parse("127.0.0.1:0"));
  REQUIRE(gateway);
  std::vector<Endpoint> services;
  for (int number = 0; number < silent; ++number) {
    services.push_back(add(runtime, lines, "silent" + std::to_string(number) + ":1"));
  }
  const Endpoint healthy = add(runtime, lines, "healthy:" + std::to_string((*gateway)->local().port));
  for (std::size_t count = 0; count < clients_of_each; ++count) {
    for (const Endpoint& service : services) {
      clients.push_back(std::make_unique<Client>(runtime.loop(), service));
    }
  }
  all_silent = [&] {
    runtime.loop().post([&] { clients.push_back(std::make_unique<Client>(runtime.loop(), healthy)); });
    gate->answer("healthy", "127.0.0.1");
  };
  bool reached = false;
  const auto end = [&] {
    runtime.drain();
    runtime.cut();
  };
  (*gateway)->start({[&](const net::Socket&, const net::SocketAddress&) {
                       reached = true;
                       end();
                     },
                     [](const std::string&, Milliseconds) {}});
  auto watch = net::Timer::create(runtime.loop(), nullptr);
  watch->start(Milliseconds(20'000), end);

  const Runtime::Summary summary = runtime.run([&] {
    for (auto& client : clients) {
      client->leave();
    }
    gateway->reset();
    watch.reset();
  });
  CHECK(reached);
  CHECK(summary.loops_closed);
  CHECK(lines.count("reason=shutdown") == silent * clients_of_each + 1);
  for (int number = 0; number < silent; ++number) {
    CHECK(gate->started("silent" + std::to_string(number)) == 1);
  }
  gate->open();
}
