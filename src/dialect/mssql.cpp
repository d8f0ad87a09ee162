// SQL Server (MS-TDS). A client sends PRELOGIN and LOGIN7, and listens for an ERROR token after the second.
// With the ENCRYPT_NOT_SUP that it is answered, LOGIN7 comes in the clear (section 2.2.6.5).
#include <algorithm>
#include <array>
#include <cstdint>

#include "facades.hpp"
#include "numbers.hpp"
#include "persona/base/text.hpp"

namespace persona::dialect {

namespace {

constexpr std::size_t header_size = 8;
constexpr std::uint8_t tabular_result = 0x04;
constexpr std::uint8_t login7 = 0x10;
constexpr std::uint8_t prelogin = 0x12;
constexpr std::uint8_t end_of_message = 0x01;
constexpr std::size_t version_offset = header_size + 4;  // LOGIN7: Length, TDSVersion
constexpr std::uint32_t tds_72 = 0x72000000;
constexpr std::size_t longest_text = 2'000;  // characters; the length has two octets
constexpr std::uint32_t unknown = 0xfffd;    // stands for what is not UTF-8

void append_u16(Bytes& out, std::uint32_t number) {  // little endian, as all numbers of tokens are
  out.push_back(static_cast<std::uint8_t>(number));
  out.push_back(static_cast<std::uint8_t>(number >> 8U));
}

void append_u32(Bytes& out, std::uint32_t number) {
  append_u16(out, number);
  append_u16(out, number >> 16U);
}

/// A packet that is a whole message. Its header is big endian (section 2.2.3.1).
void append_packet(Buffer& answer, const Bytes& content) {
  const std::size_t size = header_size + content.size();
  const std::array<std::uint8_t, header_size> header = {tabular_result,
                                                        end_of_message,
                                                        static_cast<std::uint8_t>(size >> 8U),
                                                        static_cast<std::uint8_t>(size),
                                                        0,
                                                        0,
                                                        1,
                                                        0};
  answer.append(header);
  answer.append(content);
}

/// UTF-16, and how many code units that are.
std::size_t append_utf16(Bytes& out, std::string_view text) {
  std::size_t units = 0;
  for (std::size_t at = 0; at < text.size() && units < longest_text;) {
    const std::size_t length = utf8_sequence_length(text.substr(at));
    const std::uint32_t character = length == 0 ? unknown : utf8_code_point(text.substr(at, length));
    at += std::max<std::size_t>(length, 1);
    if (character > 0xffff) {
      append_u16(out, 0xd800 + ((character - 0x10000) >> 10U));
      append_u16(out, 0xdc00 + ((character - 0x10000) & 0x3ffU));
      units += 2;
    } else {
      append_u16(out, character);
      ++units;
    }
  }
  return units;
}

class Mssql final : public FirstExchange {
 private:
  Asked asked(ByteView sent) const override {
    for (ByteView rest = sent; !rest.empty();) {
      if (rest[0] != prelogin && rest[0] != login7) {
        return Asked::nothing;
      }
      if (rest.size() < header_size) {
        return Asked::unknown;
      }
      const std::size_t size = packet_size(rest);
      const bool ends = (rest[1] & end_of_message) != 0;
      if (size < header_size || (rest[0] == prelogin && !ends)) {
        return Asked::nothing;
      }
      if (rest.size() < size) {
        return Asked::unknown;
      }
      if (ends) {
        return Asked::session;
      }
      rest = rest.subspan(size);
    }
    return Asked::unknown;
  }

  static std::size_t packet_size(ByteView header) { return big_endian_16(header, 2); }

  Look look(Buffer& /*kept*/, Buffer& /*answer*/) override { return Look::over; }

  Telling tell(const Regret& regret, Buffer& kept, Buffer& answer) override {
    for (;;) {
      const ByteView bytes = kept.view();
      if (bytes.empty()) {
        return Telling::waiting;
      }
      if (bytes[0] != prelogin && bytes[0] != login7) {
        return Telling::impossible;
      }
      if (bytes.size() < header_size) {
        return Telling::waiting;
      }
      const std::size_t size = packet_size(bytes);
      if (size < header_size || (bytes[0] == prelogin && (bytes[1] & end_of_message) == 0)) {
        return Telling::impossible;
      }
      if (bytes.size() < size) {
        return Telling::waiting;
      }
      const ByteView packet = bytes.first(size);
      if (packet[0] == prelogin) {
        if (answered_) {
          return Telling::impossible;
        }
        answered_ = true;
        append_prelogin_response(answer);
      } else {
        if (size >= version_offset + 4 && !login_seen_) {
          login_seen_ = true;
          version_ = little_endian_32(packet, version_offset);
        }
        if ((packet[1] & end_of_message) != 0) {
          append_error(regret, answer);
          return Telling::told;
        }
      }
      kept.consume(size);
    }
  }

  // Section 2.2.6.5: VERSION and ENCRYPTION. The offsets count from the first option.
  static void append_prelogin_response(Buffer& answer) {
    constexpr std::uint8_t version = 0;
    constexpr std::uint8_t encryption = 1;
    constexpr std::uint8_t terminator = 0xff;
    constexpr std::uint8_t not_supported = 2;
    append_packet(answer, {version, 0, 11, 0, 6, encryption, 0, 17, 0, 1, terminator, 16, 0, 0, 0, 0, 0,
                           not_supported});
  }

  // Sections 2.2.7.10 (ERROR) and 2.2.7.6 (DONE).
  void append_error(const Regret& regret, Buffer& answer) const {
    Bytes text;
    const std::size_t units = append_utf16(text, in_one_line(regret));
    Bytes error;
    append_u32(error, number);
    error.push_back(1);  // state
    error.push_back(severity);
    append_u16(error, static_cast<std::uint32_t>(units));
    error.insert(error.end(), text.begin(), text.end());
    constexpr std::string_view server = "persona";
    error.push_back(static_cast<std::uint8_t>(server.size()));
    append_utf16(error, server);
    error.push_back(0);  // no procedure
    const bool wide = version_ == 0 || version_ >= tds_72;
    if (wide) {
      append_u32(error, 1);  // line
    } else {
      append_u16(error, 1);
    }
    Bytes content = {error_token};
    append_u16(content, static_cast<std::uint32_t>(error.size()));
    content.insert(content.end(), error.begin(), error.end());
    content.push_back(done_token);
    append_u16(content, done_error);
    append_u16(content, 0);  // the command that has ended
    append_u32(content, 0);  // rows
    if (wide) {
      append_u32(content, 0);
    }
    append_packet(answer, content);
  }

  static constexpr std::uint8_t error_token = 0xaa;
  static constexpr std::uint8_t done_token = 0xfd;
  static constexpr std::uint32_t done_error = 2;
  static constexpr std::uint32_t number = 17;   // "SQL Server does not exist or access denied."
  static constexpr std::uint8_t severity = 20;  // the connection ends

  bool answered_ = false;
  bool login_seen_ = false;
  std::uint32_t version_ = 0;
};

}  // namespace

std::unique_ptr<Facade> mssql_facade() {
  return std::make_unique<Mssql>();
}

}  // namespace persona::dialect
