// The requests of both kinds of proxy, and what they share.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "persona/dialect/proxy_request.hpp"

namespace persona::dialect {

/// What each of SOCKS5's messages but those of RFC 1929 begins with.
inline constexpr std::uint8_t socks_version = 5;

/// Of a way to `target`. `password`: only with a user.
std::unique_ptr<Dialogue> http_connect(const std::string& user, std::string_view password,
                                       const Endpoint& target);
std::unique_ptr<Dialogue> socks5_connect(const std::string& user, std::string_view password,
                                         const Endpoint& target);

class ProxyRequest : public Dialogue {
 public:
  State received(ByteView bytes, Buffer& to_server) final;
  void ended() final;
  ByteView rest() const final { return state() == State::agreed ? answer_.view() : ByteView(); }

 protected:
  /// `target`: HOST:PORT. `user`: empty: none.
  ProxyRequest(std::string target, std::string user) : target_(std::move(target)), user_(std::move(user)) {}

  const std::string& target() const { return target_; }
  const std::string& user() const { return user_; }

  /// What the proxy has sent and nobody has taken yet; behind the agreement it is rest().
  Buffer& answer() { return answer_; }

  /// There is more in answer(), in state wants_server.
  virtual State look(Buffer& to_server) = 0;

  /// What it sent is no answer of `expected`.
  State fail_as_another(Proxy::Protocol expected);

 private:
  const std::string target_;
  const std::string user_;
  Buffer answer_;
  bool silent_ = true;
};

}  // namespace persona::dialect
