// SOCKS5's CONNECT (RFC 1928), with a user and a password by RFC 1929.
#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>

#include <fmt/format.h>

#include "persona/base/address.hpp"
#include "persona/base/text.hpp"
#include "proxy_requests.hpp"

namespace persona::dialect {

namespace {

constexpr std::uint8_t nobody = 0;        // a method: no authentication
constexpr std::uint8_t by_password = 2;   // RFC 1929
constexpr std::uint8_t no_method = 0xff;  // none that was offered
constexpr std::uint8_t address_v4 = 1;
constexpr std::uint8_t address_name = 3;
constexpr std::uint8_t address_v6 = 4;

/// RFC 1928 section 6.
std::string_view words_of_reply(std::uint8_t reply) {
  constexpr std::array words = {
      std::string_view("general failure"),       std::string_view("not allowed by its rules"),
      std::string_view("network unreachable"),   std::string_view("host unreachable"),
      std::string_view("connection refused"),    std::string_view("TTL expired"),
      std::string_view("command not supported"), std::string_view("address type not supported")};
  return reply >= 1 && reply <= words.size() ? words[reply - 1U] : std::string_view("unknown to RFC 1928");
}

void append_text(std::string_view text, Bytes& bytes) {  // of at most 255 bytes
  bytes.push_back(static_cast<std::uint8_t>(text.size()));
  bytes.insert(bytes.end(), text.begin(), text.end());
}

Bytes request_for(const Endpoint& target) {
  constexpr std::uint8_t connect = 1;
  Bytes request = {socks_version, connect, 0};
  if (const auto address = IpAddress::parse(target.host)) {
    const auto& octets = address->octets();
    request.push_back(address->is_v4() ? address_v4 : address_v6);
    request.insert(request.end(), octets.begin() + (address->is_v4() ? 12 : 0), octets.end());
  } else {
    request.push_back(address_name);
    append_text(target.host, request);
  }
  request.push_back(static_cast<std::uint8_t>(target.port >> 8U));
  request.push_back(static_cast<std::uint8_t>(target.port));
  return request;
}

class Socks5Connect final : public ProxyRequest {
 public:
  Socks5Connect(const std::string& user, std::string_view password, const Endpoint& to)
      : ProxyRequest(to.to_string(), user), request_(request_for(to)) {
    if (!user.empty()) {
      credentials_.push_back(1);  // the version of RFC 1929
      append_text(user, credentials_);
      append_text(password, credentials_);
    }
  }

  State start(Buffer& to_server) override {
    constexpr std::array<std::uint8_t, 3> as_nobody = {socks_version, 1, nobody};
    constexpr std::array<std::uint8_t, 4> as_either = {socks_version, 2, nobody, by_password};
    to_server.append(user().empty() ? ByteView(as_nobody) : ByteView(as_either));
    return state();
  }

 private:
  enum class Awaits { method, verdict, reply };

  State look(Buffer& to_server) override {
    // Each step but the last has two bytes, and nothing behind them: the proxy waits for us.
    constexpr std::size_t step_size = 2;
    while (state() == State::wants_server && answer().size() >= step_size) {
      const std::uint8_t first = answer().view()[0];
      const std::uint8_t second = answer().view()[1];
      if (awaits_ != Awaits::verdict && first != socks_version) {
        return fail_as_another(Proxy::Protocol::socks5);
      }
      if (awaits_ == Awaits::reply) {
        return look_at_reply(second);
      }
      answer().consume(step_size);
      if (awaits_ == Awaits::method) {
        take_method(second, to_server);
      } else if (second == 0) {
        ask(to_server);
      } else {
        fail(fmt::format("does not accept the user {} with the password in gateway.via.password_file",
                         in_quotes(user())));
      }
    }
    if (state() == State::wants_server && awaits_ == Awaits::method && !answer().empty() &&
        answer().view()[0] != socks_version) {
      return fail_as_another(Proxy::Protocol::socks5);
    }
    return state();
  }

  void take_method(std::uint8_t method, Buffer& to_server) {
    if (method == nobody) {
      ask(to_server);
    } else if (method == by_password && !credentials_.empty()) {
      awaits_ = Awaits::verdict;
      to_server.append(credentials_);
      credentials_ = {};
    } else if (method == no_method) {
      fail(user().empty() ? "wants a user and a password: write proxy: socks5://USER@HOST:PORT and "
                            "password_file: FILE below gateway.via"
                          : "wants its users to prove who they are in another way than by a password, which "
                            "is the only one that persona knows");
    } else {
      fail(fmt::format("chose method {} of authentication, which was not offered to it: is it a proxy?",
                       method));
    }
  }

  void ask(Buffer& to_server) {
    awaits_ = Awaits::reply;
    to_server.append(request_);
  }

  State look_at_reply(std::uint8_t reply) {
    if (reply != 0) {
      constexpr std::uint8_t by_rules = 2;
      return fail(
          fmt::format("opens no way to {}: {} (reply {}){}", target(), words_of_reply(reply), reply,
                      reply == by_rules ? "; they have to allow this host and port from this machine" : ""));
    }
    const ByteView bytes = answer().view();
    constexpr std::size_t address_at = 4;
    if (bytes.size() <= address_at) {
      return state();
    }
    // What address it came from does not matter.
    const std::uint8_t kind = bytes[address_at - 1];
    const auto address_size = kind == address_v4     ? std::optional<std::size_t>(4)
                              : kind == address_v6   ? std::optional<std::size_t>(16)
                              : kind == address_name ? std::optional<std::size_t>(1U + bytes[address_at])
                                                     : std::nullopt;
    if (!address_size) {
      return fail_as_another(Proxy::Protocol::socks5);
    }
    const std::size_t size = address_at + *address_size + 2;
    if (bytes.size() < size) {
      return state();
    }
    answer().consume(size);
    return become(State::agreed);
  }

  const Bytes request_;
  Bytes credentials_;  // with their header; empty: none, or sent
  Awaits awaits_ = Awaits::method;
};

}  // namespace

std::unique_ptr<Dialogue> socks5_connect(const std::string& user, std::string_view password,
                                         const Endpoint& target) {
  return std::make_unique<Socks5Connect>(user, password, target);
}

}  // namespace persona::dialect
