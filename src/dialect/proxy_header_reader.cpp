#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>

#include "numbers.hpp"
#include "persona/base/text.hpp"
#include "persona/dialect/proxy_header.hpp"
#include "proxy_header_parts.hpp"

namespace persona::dialect {

namespace {

constexpr std::size_t beginning_size = 16;  // signature, version and command, family, length
constexpr std::uint8_t local_by_v2 = 0x20;
constexpr std::uint8_t family_unix_stream = 0x31;
constexpr std::size_t unix_addresses_size = 216;

/// Of both addresses and ports; nothing for a family that no stream has.
std::optional<std::size_t> addresses_size(std::uint8_t family) {
  switch (family) {
    case family_unknown:
      return 0;
    case family_tcp_v4:
      return 12;
    case family_tcp_v6:
      return 36;
    case family_unix_stream:
      return unix_addresses_size;
    default:
      return std::nullopt;
  }
}

bool are_tlvs(ByteView bytes) {
  constexpr std::size_t tlv_header_size = 3;
  while (!bytes.empty()) {
    if (bytes.size() < tlv_header_size) {
      return false;
    }
    const std::size_t size = tlv_header_size + big_endian_16(bytes, 1);
    if (bytes.size() < size) {
      return false;
    }
    bytes = bytes.subspan(size);
  }
  return true;
}

}  // namespace

std::size_t ProxyHeaderReader::wanted() const {
  return state_ == State::wants_more ? beginning_size + body_size_ - kept_.size() : 0;
}

ProxyHeaderReader::State ProxyHeaderReader::received(ByteView bytes) {
  if (state_ != State::wants_more) {
    return state_;
  }
  const bool had_beginning = kept_.size() >= beginning_size;
  kept_.append(bytes.first(std::min(bytes.size(), wanted())));
  if (!had_beginning && look_at_beginning() != State::wants_more) {
    return state_;
  }
  return kept_.size() >= beginning_size && wanted() == 0 ? look_at_body() : state_;
}

ProxyHeaderReader::State ProxyHeaderReader::look_at_beginning() {
  constexpr std::string_view version_1 = "PROXY ";
  const ByteView seen = kept_.view();
  const std::size_t compared = std::min(seen.size(), proxy_signature.size());
  if (!std::equal(seen.begin(), seen.begin() + static_cast<std::ptrdiff_t>(compared),
                  proxy_signature.begin())) {
    const std::string_view text = as_text(seen).substr(0, version_1.size());
    if (!text.empty() && version_1.starts_with(text)) {
      return fail(
          "speaks version 1 of the PROXY protocol, and persona knows version 2: have it send that "
          "(HAProxy: send-proxy-v2)");
    }
    return fail(
        fmt::format("sent no PROXY header, but {}: have it send one of version 2 (HAProxy: send-proxy-v2)",
                    in_quotes(as_text(seen))));
  }
  if (seen.size() < beginning_size) {
    return state_;
  }
  const std::uint8_t command = seen[12];
  if (command != proxied_by_v2 && command != local_by_v2) {
    return fail(
        fmt::format("sent a PROXY header with version and command {:#04x}, of which persona knows 0x20 and "
                    "0x21",
                    command));
  }
  const std::uint8_t family = seen[13];
  const auto least = addresses_size(family);
  if (!least) {
    return fail(fmt::format("sent a PROXY header of family {:#04x}, which is no stream's", family));
  }
  body_size_ = big_endian_16(seen, 14);
  if (body_size_ > longest_body) {
    return fail(fmt::format("sent a PROXY header of {} bytes; persona reads {} at most",
                            beginning_size + body_size_, beginning_size + longest_body));
  }
  if (command == proxied_by_v2 && body_size_ < *least) {
    return fail(fmt::format("sent a PROXY header that is too short: {} bytes for addresses that take {}",
                            body_size_, *least));
  }
  return state_;
}

ProxyHeaderReader::State ProxyHeaderReader::look_at_body() {
  const std::uint8_t command = kept_.view()[12];
  const std::uint8_t family = kept_.view()[13];
  const ByteView body = kept_.view().subspan(beginning_size);
  state_ = State::complete;
  if (command == local_by_v2) {
    return state_;  // section 2.2: what follows is to be passed over
  }
  const std::size_t size = *addresses_size(family);
  if (!are_tlvs(body.subspan(size))) {
    return fail("sent a PROXY header whose additions (TLVs) do not end where it ends");
  }
  if (family == family_tcp_v4) {
    IpAddress::Octets octets{};
    octets[10] = octets[11] = 0xff;
    std::copy_n(body.begin(), 4, octets.begin() + 12);
    source_ = ProxyHeader::Place{IpAddress(octets), static_cast<std::uint16_t>(big_endian_16(body, 8))};
  } else if (family == family_tcp_v6) {
    IpAddress::Octets octets{};
    std::copy_n(body.begin(), octets.size(), octets.begin());
    source_ = ProxyHeader::Place{IpAddress(octets), static_cast<std::uint16_t>(big_endian_16(body, 32))};
  }
  return state_;
}

ProxyHeaderReader::State ProxyHeaderReader::fail(std::string sentence) {
  error_ = std::move(sentence);
  return state_ = State::failed;
}

}  // namespace persona::dialect
