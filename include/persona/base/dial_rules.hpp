// Where a dial may go: `gateway.allowed_addresses`, checked before a name is resolved and again for each
// address it resolves to.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "persona/base/address.hpp"

namespace persona {

/// Names and blocks restrict independently: where there are names, a host that is not a numeric address must
/// be or match one; where there are blocks, every address that is dialled must be in one. With names alone a
/// numeric address is refused. Immutable.
class DialRules {
 public:
  DialRules() = default;  ///< no rules: anywhere

  /// A name is "db.example.com", or "*.example.com" for every name below it, however deep, but not itself.
  /// Suffixes match at a dot, addresses never (RFC 6265 section 5.1.3). Case and a trailing dot are ignored.
  DialRules(std::vector<std::string> names, std::vector<Cidr> blocks);

  bool restricts() const { return !names_.empty() || !blocks_.empty(); }

  /// Before it is resolved; the address of a numeric host must also pass admits().
  bool admits_host(std::string_view host) const;
  bool admits(const IpAddress& address) const;

  // Why not, as a sentence without a full stop.
  std::string refusal_of_host(std::string_view host) const;
  /// None of the addresses is admitted.
  std::string refusal_of(std::string_view host, std::span<const IpAddress> addresses) const;

 private:
  std::vector<std::string> names_;
  std::vector<Cidr> blocks_;
};

}  // namespace persona
