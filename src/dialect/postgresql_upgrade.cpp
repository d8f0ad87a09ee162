// PostgreSQL's TLS (documentation of the protocol 3.0, "SSL Session Encryption"): the server answers an
// SSLRequest with one byte.
#include <algorithm>
#include <array>
#include <cstdint>

#include <fmt/format.h>

#include "persona/base/text.hpp"
#include "persona/dialect/recognise.hpp"
#include "upgrades.hpp"

namespace persona::dialect {

namespace {

constexpr const char* postgresql = "PostgreSQL";
constexpr std::size_t longest_quoted = 200;

class PostgresqlUpgrade final : public Negotiation {
 public:
  State start(Buffer& to_server) override {
    constexpr std::array<std::uint8_t, 8> request = {0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f};
    to_server.append(request);
    return state();
  }

  ByteView greeting() const override { return {}; }
  State client_answered(ByteView /*onward*/, Buffer& /*to_server*/) override { return state(); }
  State without_client(Buffer& /*to_server*/) override { return state(); }

 private:
  State look(ByteView bytes, Buffer& to_server) override {
    const std::string server = recognise(bytes).value_or(postgresql);
    if (server != postgresql) {
      return fail_as_another(bytes, postgresql);
    }
    switch (bytes[0]) {
      case 'S':
        become(State::agreed);
        return received(bytes.subspan(1), to_server);
      case 'N':
        return fail("is PostgreSQL with TLS off: set ssl = on in its postgresql.conf");
      case 'E':
        return fail(fmt::format("answers PostgreSQL's request for TLS with an error ({}): look at its log",
                                in_quotes(utf8_prefix(message_of(as_text(bytes)), longest_quoted))));
      default:
        return fail_as_another(bytes, postgresql);
    }
  }

  // Of an ErrorResponse as far as it has come; that of protocol 2 has no fields, and is what a server sends
  // that has no process to spare.
  static std::string_view message_of(std::string_view error) {
    constexpr std::size_t fields_at = 5;
    const bool has_fields = error.size() > fields_at && error[1] == 0;
    std::string_view rest = error.substr(has_fields ? fields_at : 1);
    while (has_fields && !rest.empty() && rest[0] != 'M') {
      rest.remove_prefix(std::min(rest.find('\0'), rest.size() - 1) + 1);
    }
    rest.remove_prefix(has_fields && !rest.empty() ? 1 : 0);
    rest = rest.substr(0, rest.find('\0'));
    return rest.substr(0, rest.find_last_not_of('\n') + 1);
  }

  std::string ended_early() const override {
    return "ended the connection instead of answering PostgreSQL's request for TLS: its log may say why, if "
           "it is PostgreSQL";
  }
};

}  // namespace

std::unique_ptr<Upgrade> postgresql_upgrade() {
  return std::make_unique<PostgresqlUpgrade>();
}

}  // namespace persona::dialect
