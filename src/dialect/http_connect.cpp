// HTTP's CONNECT (RFC 9110 section 9.3.6), with a user and a password by Basic (RFC 7617).
#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include <fmt/format.h>

#include "persona/base/text.hpp"
#include "proxy_requests.hpp"

namespace persona::dialect {

namespace {

constexpr std::string_view protocol_of_answer = "HTTP/1.";
constexpr std::size_t longest_status_line = 200;  // that is quoted

// RFC 4648 section 4
std::string base64_of(std::string_view text) {
  constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string encoded;
  encoded.reserve((text.size() + 2) / 3 * 4);
  for (std::size_t i = 0; i < text.size(); i += 3) {
    std::uint32_t bits = 0;
    for (std::size_t j = 0; j < 3; ++j) {
      bits = bits << 8U | (i + j < text.size() ? static_cast<std::uint8_t>(text[i + j]) : 0U);
    }
    for (std::size_t j = 0; j < 4; ++j) {
      encoded += i + j <= text.size() ? alphabet[bits >> (18 - 6 * j) & 0x3fU] : '=';
    }
  }
  return encoded;
}

/// Where the header with its empty line ends. Lines may end with LF alone (RFC 9112 section 2.2).
std::optional<std::size_t> end_of_header(std::string_view text, std::size_t from) {
  for (std::size_t at = text.find('\n', from); at != std::string_view::npos; at = text.find('\n', at + 1)) {
    const std::string_view rest = text.substr(at + 1);
    if (rest.starts_with('\n')) {
      return at + 2;
    }
    if (rest.starts_with("\r\n")) {
      return at + 3;
    }
  }
  return std::nullopt;
}

std::string_view first_line(std::string_view header) {
  const std::string_view line = header.substr(0, header.find('\n'));
  return line.substr(0, line.find_last_not_of('\r') + 1);
}

/// "HTTP/1.1 200 Connection established"
std::optional<int> status_of(std::string_view line) {
  const std::string_view rest = line.substr(std::min(line.size(), protocol_of_answer.size()));
  const bool is_status = rest.size() >= 5 && is_digit(rest[0]) && rest[1] == ' ' && is_digit(rest[2]) &&
                         is_digit(rest[3]) && is_digit(rest[4]) && (rest.size() == 5 || rest[5] == ' ');
  return is_status ? std::optional((rest[2] - '0') * 100 + (rest[3] - '0') * 10 + (rest[4] - '0'))
                   : std::nullopt;
}

/// The first word of each Proxy-Authenticate field, in lower case (RFC 9110 section 11.7.1).
std::vector<std::string> schemes_of(std::string_view header) {
  constexpr std::string_view field = "proxy-authenticate:";
  constexpr std::size_t most = 8;
  std::vector<std::string> schemes;
  while (!header.empty() && schemes.size() < most) {
    const std::string_view line = first_line(header);
    header.remove_prefix(std::min(header.find('\n'), header.size() - 1) + 1);
    if (line.size() <= field.size() || !equals_ignoring_case(line.substr(0, field.size()), field)) {
      continue;
    }
    std::string_view value = line.substr(field.size());
    value.remove_prefix(std::min(value.find_first_not_of(" \t"), value.size()));
    value = value.substr(0, value.find_first_of(" \t,"));
    if (!value.empty() && std::all_of(value.begin(), value.end(),
                                      [](char c) { return is_letter_or_digit(c) || c == '-' || c == '_'; })) {
      schemes.push_back(to_lower(utf8_prefix(value, 20)));
    }
  }
  return schemes;
}

class HttpConnect final : public ProxyRequest {
 public:
  HttpConnect(const std::string& user, std::string_view password, const Endpoint& to)
      : ProxyRequest(to.to_string(), user),
        request_(fmt::format("CONNECT {0} HTTP/1.1\r\nHost: {0}\r\n", target())) {
    if (!user.empty()) {
      request_ += "Proxy-Authorization: Basic ";
      request_ += base64_of(fmt::format("{}:{}", user, password));
      request_ += "\r\n";
    }
    request_ += "\r\n";
  }

  State start(Buffer& to_server) override {
    to_server.append(as_bytes(request_));
    request_ = {};
    return state();
  }

 private:
  State look(Buffer& /*to_server*/) override {
    while (true) {
      const std::string_view text = as_text(answer().view());
      const std::size_t seen = std::min(text.size(), protocol_of_answer.size());
      if (text.substr(0, seen) != protocol_of_answer.substr(0, seen)) {
        return fail_as_another(Proxy::Protocol::http);
      }
      constexpr std::size_t longest_line_end = 2;
      const auto end = end_of_header(text, looked_at_ - std::min(looked_at_, longest_line_end));
      if (taken_ + end.value_or(text.size()) > longest_proxy_answer) {
        return fail(fmt::format("answers with more than {} KiB of header: look at gateway.via",
                                longest_proxy_answer / 1024));
      }
      if (!end) {
        looked_at_ = text.size();
        return state();
      }
      const std::string_view header = text.substr(0, *end);
      const auto status = status_of(first_line(header));
      if (!status) {
        return fail_as_another(Proxy::Protocol::http);
      }
      if (*status >= 200) {
        const State state = *status < 300 ? become(State::agreed) : refused(*status, header);
        answer().consume(*end);
        return state;
      }
      taken_ += *end;  // more is to come (RFC 9110 section 15.2)
      looked_at_ = 0;
      answer().consume(*end);
      if (answer().empty()) {
        return state();
      }
    }
  }

  State refused(int status, std::string_view header) {
    const std::string said = in_quotes(utf8_prefix(first_line(header), longest_status_line));
    switch (status) {
      case 401:  // tinyproxy's, for a wrong password
      case 407:
        return fail(fmt::format("{} ({})", unauthenticated(schemes_of(header)), said));
      case 400:
      case 404:
      case 405:
      case 501:
        return fail(fmt::format("does not take CONNECT ({}): is it a proxy?", said));
      case 403:
        return fail(
            fmt::format("forbids the way to {} ({}): its rules have to allow CONNECT to this host and port "
                        "from this machine",
                        target(), said));
      case 500:
      case 502:
      case 503:
      case 504:
        return fail(fmt::format("does not get through to {} ({}): is it running, and may the proxy reach it?",
                                target(), said));
      default:
        return fail(fmt::format("opens no way to {} ({}): its log may say why", target(), said));
    }
  }

  std::string unauthenticated(const std::vector<std::string>& schemes) const {
    if (!schemes.empty() && std::find(schemes.begin(), schemes.end(), "basic") == schemes.end()) {
      return fmt::format("wants its users to prove who they are by {}, of which persona knows only basic",
                         fmt::join(schemes, " or "));
    }
    return user().empty() ? "wants a user and a password: write proxy: http://USER@HOST:PORT and "
                            "password_file: FILE below gateway.via"
                          : fmt::format(
                                "does not accept the user {} with the password in "
                                "gateway.via.password_file",
                                in_quotes(user()));
  }

  std::string request_;
  std::size_t looked_at_ = 0;  // of what is in answer()
  std::size_t taken_ = 0;      // in headers before it
};

}  // namespace

std::unique_ptr<Dialogue> http_connect(const std::string& user, std::string_view password,
                                       const Endpoint& target) {
  return std::make_unique<HttpConnect>(user, password, target);
}

}  // namespace persona::dialect
