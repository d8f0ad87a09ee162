// PostgreSQL (documentation of the protocol 3.0, "Message Formats" and "SSL Session Encryption").
#include <array>
#include <cstdint>
#include <string_view>

#include "facades.hpp"
#include "numbers.hpp"

namespace persona::dialect {

namespace {

constexpr std::size_t request_size = 8;  // a length, which counts itself, and a code
constexpr std::uint32_t cancel_request = 80877102;
constexpr std::uint32_t ssl_request = 80877103;
constexpr std::uint32_t gssenc_request = 80877104;
constexpr std::uint32_t major_version = 3;
constexpr std::size_t longest_startup = 10'000;  // MAX_STARTUP_PACKET_LENGTH of the server
constexpr int most_requests = 4;                 // a client asks for GSS once and for TLS once

// SQLSTATE (appendix A of the documentation). With any but cannot_connect_now, pg_isready says that the
// server accepts connections, and libpq does not try the other hosts of its list.
std::string_view state_of(Regret::Kind kind) {
  switch (kind) {
    case Regret::Kind::unreachable:
    case Regret::Kind::lost:
    case Regret::Kind::stopping:
      return "57P03";  // cannot_connect_now
    case Regret::Kind::limit:
      return "53300";  // too_many_connections
  }
  return "57P03";
}

class Postgresql final : public FirstExchange {
 private:
  Look look(Buffer& kept, Buffer& answer) override {
    const ByteView bytes = kept.view();
    if (bytes.size() < request_size) {
      return could_be_request(bytes) ? Look::more : Look::over;
    }
    const bool asks = big_endian_32(bytes, 0) == request_size &&
                      (big_endian_32(bytes, 4) == ssl_request || big_endian_32(bytes, 4) == gssenc_request);
    if (!asks || requests_ == most_requests) {
      return Look::over;
    }
    ++requests_;
    kept.consume(request_size);
    constexpr std::array<std::uint8_t, 1> no = {'N'};
    answer.append(no);
    return Look::next;
  }

  // An ErrorResponse in answer to an SSLRequest is hidden by libpq (CVE-2024-10977): it has to be one to a
  // StartupMessage.
  Telling tell(const Regret& regret, Buffer& kept, Buffer& answer) override {
    switch (asked(kept.view())) {
      case Asked::unknown:
        return Telling::waiting;
      case Asked::nothing:
        return Telling::impossible;
      case Asked::session:
        break;
    }
    append_error(regret, answer);
    return Telling::told;
  }

  Asked asked(ByteView sent) const override {
    if (sent.size() < request_size) {
      return could_be_startup(sent) ? Asked::unknown : Asked::nothing;
    }
    const std::uint32_t length = big_endian_32(sent, 0);
    const std::uint32_t code = big_endian_32(sent, 4);
    if (code == cancel_request || code >> 16U != major_version || length < request_size ||
        length > longest_startup) {
      return Asked::nothing;  // who cancels does not listen
    }
    return sent.size() < length ? Asked::unknown : Asked::session;
  }

  static bool could_be_request(ByteView bytes) {
    return could_be_startup(bytes) && (bytes.size() < 4 || big_endian_32(bytes, 0) == request_size);
  }

  // The first half of the length of whatever a client begins with is zero.
  static bool could_be_startup(ByteView bytes) {
    return (bytes.empty() || bytes[0] == 0) && (bytes.size() < 2 || bytes[1] == 0);
  }

  static void append_error(const Regret& regret, Buffer& answer) {
    std::string fields;
    const auto field = [&fields](char type, std::string_view value) {
      fields += type;
      fields += value;
      fields += '\0';
    };
    field('S', "FATAL");
    field('V', "FATAL");
    field('C', state_of(regret.kind));
    field('M', regret.sentence);
    if (!regret.hint.empty()) {
      field('H', regret.hint);
    }
    fields += '\0';
    constexpr std::array<std::uint8_t, 1> error_response = {'E'};
    answer.append(error_response);
    answer.append(as_big_endian_32(static_cast<std::uint32_t>(fields.size() + 4)));
    answer.append(as_bytes(fields));
  }

  int requests_ = 0;
};

}  // namespace

std::unique_ptr<Facade> postgresql_facade() {
  return std::make_unique<Postgresql>();
}

}  // namespace persona::dialect
