#include "persona/base/address.hpp"

#include <algorithm>
#include <charconv>

#include "address_text.hpp"
#include "persona/base/text.hpp"

namespace persona {

namespace {

constexpr std::array<std::uint8_t, 12> kMappedPrefix = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
constexpr unsigned kMappedBits = 96;
constexpr std::size_t kLongestText = 45;  // of an IPv6 address with a dotted tail

detail::Ipv4Octets v4_octets(const IpAddress& address) {
  detail::Ipv4Octets octets{};
  std::copy_n(address.octets().begin() + kMappedPrefix.size(), octets.size(), octets.begin());
  return octets;
}

IpAddress masked(const IpAddress& address, unsigned bits) {
  IpAddress::Octets octets = address.octets();
  for (std::size_t i = 0; i < octets.size(); ++i) {
    const unsigned first_bit = static_cast<unsigned>(i) * 8;
    const unsigned kept = bits <= first_bit ? 0 : std::min(bits - first_bit, 8U);
    octets[i] = static_cast<std::uint8_t>(octets[i] & (0xff00U >> kept));
  }
  return IpAddress(octets);
}

std::optional<unsigned> parse_prefix_length(std::string_view text, unsigned most) {
  unsigned value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc() || end != text.data() + text.size() || value > most) {
    return std::nullopt;
  }
  return value;
}

}  // namespace

std::optional<IpAddress> IpAddress::parse(std::string_view text) {
  if (text.size() > kLongestText || text.find('\0') != std::string_view::npos) {
    return std::nullopt;
  }
  const std::string terminated(text);
  if (const auto v6 = detail::ipv6_from_text(terminated)) {
    return IpAddress(*v6);
  }
  const auto v4 = detail::ipv4_from_text(terminated);
  if (!v4) {
    return std::nullopt;
  }
  Octets octets{};
  std::copy(kMappedPrefix.begin(), kMappedPrefix.end(), octets.begin());
  std::copy(v4->begin(), v4->end(), octets.begin() + kMappedPrefix.size());
  return IpAddress(octets);
}

bool IpAddress::is_v4() const {
  return std::equal(kMappedPrefix.begin(), kMappedPrefix.end(), octets_.begin());
}

bool IpAddress::is_loopback() const {
  if (is_v4()) {
    return octets_[kMappedPrefix.size()] == 127;
  }
  return octets_.back() == 1 &&
         std::all_of(octets_.begin(), octets_.end() - 1, [](auto o) { return o == 0; });
}

std::string IpAddress::to_string() const {
  return is_v4() ? detail::ipv4_to_text(v4_octets(*this)) : detail::ipv6_to_text(octets_);
}

Result<Cidr> Cidr::parse(std::string_view text) {
  const std::size_t slash = text.find('/');
  const auto address = IpAddress::parse(text.substr(0, slash));
  if (!address) {
    return fail(ErrorKind::configuration,
                "{} is not an address block; write one like 10.0.0.0/8 or \"::1/128\"", in_quotes(text));
  }
  Cidr block;
  block.network_ = *address;
  if (slash == std::string_view::npos) {
    return block;
  }
  const bool dotted = text.substr(0, slash).find(':') == std::string_view::npos;
  const unsigned most = dotted ? 32 : 128;
  const auto length = parse_prefix_length(text.substr(slash + 1), most);
  if (!length) {
    return fail(ErrorKind::configuration, "the prefix length of {} must be a number from 0 to {}",
                in_quotes(text), most);
  }
  block.bits_ = dotted ? kMappedBits + *length : *length;
  block.network_ = masked(*address, block.bits_);
  if (block.network_ != *address) {  // a typing error, or a misunderstanding of how much is let in
    return fail(ErrorKind::configuration, "{} has bits set after its prefix; write {}", in_quotes(text),
                block.to_string());
  }
  return block;
}

bool Cidr::contains(const IpAddress& address) const {
  // ::/0 means every IPv6 address; storing IPv4 within ::ffff:0:0/96 is our own choice.
  if (address.is_v4() && bits_ < kMappedBits) {
    return false;
  }
  return masked(address, bits_) == network_;
}

std::string Cidr::to_string() const {
  const bool v4 = network_.is_v4() && bits_ >= kMappedBits;
  return fmt::format("{}/{}", network_.to_string(), v4 ? bits_ - kMappedBits : bits_);
}

}  // namespace persona
