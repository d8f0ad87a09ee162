// A private key that an agent has: it is asked for each signature.
#pragma once

#include <array>
#include <atomic>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>

#include "persona/base/duration.hpp"
#include "persona/base/endpoint.hpp"
#include "persona/base/result.hpp"
#include "persona/identity/identity.hpp"
#include "persona/net/descriptor_line.hpp"
#include "persona/net/switchboard.hpp"
#include "persona/pk/signer.hpp"
#include "persona/x509/certificate.hpp"

namespace persona::agent {

/// Where an agent is.
struct AgentPlace {
  std::string words;  ///< "the agent at unix:/run/persona/agent.sock"
  /// Blocks for so long at most. Any thread.
  std::function<Result<net::DescriptorLine>(Milliseconds wait)> connect;
  /// How long load_identity() waits to hear whether the key is there.
  Milliseconds patience_to_probe{2'000};

  static AgentPlace at(Endpoint socket);
  /// The process that `persona run --separate-key` has started for its keys.
  static AgentPlace beside(std::shared_ptr<const net::Switchboard> board);
};

/// Asks an agent, on a connection of its own for each signature, so an agent that was away
/// is found again at once. Whoever answers there is not trusted: a signature that the certificate's key does
/// not verify is a failure.
class AgentSigner final : public pk::Signer {
 public:
  static constexpr Milliseconds patience{5'000};  ///< for a whole question

  /// `certificates`: the leaf first; there is at least one.
  AgentSigner(AgentPlace place, x509::CertificateList certificates);

  Result<std::size_t> sign(pk::Scheme scheme, pk::Hash hash, ByteView digest,
                           ByteSpan signature) const override {
    return sign_content(scheme, hash, digest, {}, signature);
  }
  Result<std::size_t> sign_content(pk::Scheme scheme, pk::Hash hash, ByteView digest, ByteView content,
                                   ByteSpan signature) const override;
  bool is_slow() const override { return true; }
  /// What the last probe() has heard; everything before it.
  bool can(pk::Scheme scheme) const override { return can_[static_cast<std::size_t>(scheme)]; }

  /// Is the agent there, and does it have the key? A sentence if not. Blocks for `wait` at most.
  Result<void> probe(Milliseconds wait) const;

 private:
  AgentPlace place_;
  x509::CertificateList certificates_;
  SpkiPin key_;
  mutable std::array<std::atomic<bool>, 3> can_{true, true, true};  // by pk::Scheme
};

/// False: this system does not tell who is at the other end of a Unix socket. Platform:
/// agent/support_posix.cpp, agent/support_windows.cpp.
bool agents_are_supported();

/// An identity whose key the agent at `place` has. Whether it is there is no condition, as it may come later:
/// `away` is a sentence if it is not.
identity::Identity::Loaded load_identity(const std::filesystem::path& certificate, AgentPlace place,
                                         identity::IdentityUse use, std::string& away);

}  // namespace persona::agent
