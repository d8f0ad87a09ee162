// MySQL's and MariaDB's TLS: the server greets, and an SSLRequest is answered by TLS itself. The client's own
// answer begins with what such a request is, and goes into it: MariaDB takes the capabilities from there, and
// does not read those that follow in TLS (parse_client_handshake_packet).
#include <algorithm>
#include <array>
#include <cstdint>

#include <fmt/format.h>

#include "mysql_packets.hpp"
#include "persona/base/text.hpp"
#include "persona/dialect/mysql_refusal.hpp"
#include "persona/dialect/recognise.hpp"
#include "upgrades.hpp"

namespace persona::dialect {

namespace {

constexpr std::string_view mysql_or_mariadb = "MySQL or MariaDB";

class MysqlUpgrade final : public Negotiation {
 public:
  State start(Buffer& /*to_server*/) override { return state(); }

  ByteView greeting() const override {
    return state() == State::wants_client || state() == State::agreed ? kept_.view() : ByteView();
  }

  State client_answered(ByteView onward, Buffer& to_server) override {
    if (state() != State::wants_client || onward.size() < mysql_header_size) {
      return state();
    }
    constexpr std::uint8_t sequence = 2;  // the facade has counted the SSLRequest
    const ByteView payload = onward.subspan(mysql_header_size);
    if (onward[mysql_sequence_at] != sequence || mysql_payload_size(onward) < mysql_ssl_request_size) {
      return refuse_client();
    }
    if (payload.size() < mysql_ssl_request_size) {
      return state();
    }
    constexpr std::uint32_t needed = mysql_protocol_41 | mysql_ssl;
    if ((little_endian_32(payload, 0) & needed) != needed) {
      return refuse_client();
    }
    return ask(payload.first(mysql_ssl_request_size), to_server);
  }

  State without_client(Buffer& to_server) override {
    if (state() != State::wants_client) {
      return state();
    }
    constexpr std::uint32_t ours =
        mysql_long_password | mysql_protocol_41 | mysql_ssl | mysql_secure_connection | mysql_plugin_auth;
    constexpr std::uint8_t utf8mb4 = 45;
    const std::array<std::uint8_t, mysql_ssl_request_size> payload = {static_cast<std::uint8_t>(ours),
                                                                      static_cast<std::uint8_t>(ours >> 8U),
                                                                      static_cast<std::uint8_t>(ours >> 16U),
                                                                      static_cast<std::uint8_t>(ours >> 24U),
                                                                      0,  // packets of at most 16 MiB
                                                                      0,
                                                                      0,
                                                                      1,
                                                                      utf8mb4};
    return ask(payload, to_server);
  }

 private:
  State look(ByteView bytes, Buffer& /*to_server*/) override {
    const std::size_t room = most_kept - kept_.size();
    kept_.append(bytes.first(std::min(bytes.size(), room)));
    const ByteView seen = kept_.view();
    if (seen.size() <= mysql_header_size) {
      return seen.size() == mysql_header_size && !may_be_greeting(seen) ? another() : state();
    }
    const std::uint8_t kind = seen[mysql_header_size];
    if (!may_be_greeting(seen) ||
        (kind != mysql_protocol_10 && kind != mysql_protocol_9 && kind != mysql_err)) {
      return another();
    }
    const std::size_t size = mysql_header_size + mysql_payload_size(seen);
    if (seen.size() < size) {
      return state();
    }
    if (kind == mysql_err) {
      return refused(seen.first(size));
    }
    const bool more = seen.size() > size || bytes.size() > room;
    return greeted(seen.first(size)) == State::wants_client && more ? fail_out_of_turn() : state();
  }

  static bool may_be_greeting(ByteView header) {
    return header[mysql_sequence_at] == 0 && mysql_payload_size(header) > 0 &&
           mysql_payload_size(header) <= most_kept - mysql_header_size;
  }

  State another() { return fail_as_another(kept_.view(), mysql_or_mariadb); }

  State greeted(ByteView packet) {
    const auto found = mysql_greeting(packet);
    if (!found) {
      return another();
    }
    const std::string name = mysql_name(found->version);
    if (found->protocol != mysql_protocol_10 || (found->capabilities & mysql_protocol_41) == 0) {
      return fail(fmt::format("is {}, which is too old for TLS", name));
    }
    if ((found->capabilities & mysql_ssl) == 0) {
      return fail(fmt::format("is {} with TLS off: set ssl_cert and ssl_key in its configuration", name));
    }
    return become(State::wants_client);
  }

  State refused(ByteView packet) {
    const auto text = mysql_refusal(packet);
    if (!text) {
      return fail("does not speak MySQL or MariaDB's protocol: its error cannot be read");
    }
    return fail(fmt::format("refuses connections with MySQL's error {}: {}",
                            little_endian_16(packet, mysql_header_size + 1), in_quotes(*text)));
  }

  State refuse_client() {
    return fail(
        "cannot be asked for TLS: the client's answer to its greeting is not that of MySQL 4.1 or later");
  }

  State ask(ByteView payload, Buffer& to_server) {
    constexpr std::array<std::uint8_t, mysql_header_size> header = {mysql_ssl_request_size, 0, 0, 1};
    to_server.append(header);
    to_server.append(payload);
    return become(State::agreed);
  }

  std::string ended_early() const override {
    if (state() == State::wants_client) {
      return "ended the connection before the client had answered its greeting";
    }
    if (const auto server = recognise(kept_.view())) {
      return fmt::format("ended the connection in the middle of its greeting; it may be {}", *server);
    }
    return "ended the connection without a greeting: look at its log, if it is MySQL or MariaDB";
  }

  Buffer kept_;
};

}  // namespace

std::unique_ptr<Upgrade> mysql_upgrade() {
  return std::make_unique<MysqlUpgrade>();
}

}  // namespace persona::dialect
