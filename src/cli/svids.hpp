// Identities that SPIFFE agents give: who asks them, what came, and what a service makes of it.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "persona/base/log.hpp"
#include "persona/base/result.hpp"
#include "persona/config/config.hpp"
#include "persona/identity/identity.hpp"
#include "persona/net/descriptor_line.hpp"
#include "persona/net/loop.hpp"
#include "persona/spiffe/stream.hpp"
#include "persona/trust/trust_store.hpp"

namespace persona::cli {

/// The agents that a process asks, from its start to its end.
struct SvidAgents {
  struct Agent {
    std::shared_ptr<spiffe::Stream> stream;
    Milliseconds patience{0};  ///< the longest of those who wait for it
  };
  std::map<std::string, Agent> by_address{};
};

/// Starts a program for each agent that is named. There must be no other thread, and nothing secret in
/// memory.
Result<std::shared_ptr<const SvidAgents>> start_asking(const std::vector<config::Config>& services,
                                                       bool confined);

/// Blocks until each has given something, and no longer than `identity.spiffe_wait`. `show` is told what is
/// waited for if that takes a while.
void wait_for_svids(const SvidAgents& agents, const std::function<void(std::string_view)>& show);

/// What a service has of its agent.
struct GivenSvid {
  std::shared_ptr<const spiffe::Update> update{};
  const spiffe::Svid* svid = nullptr;       ///< of `update`
  std::optional<trust::GivenCas> bundle{};  ///< nothing: the configuration says itself whom to trust
  std::string place{};                      ///< "from the SPIFFE agent at unix:/run/spire/agent.sock"
};

/// Tells updates of that agent apart. It owns what it uses; any thread.
std::function<std::string()> number_of_updates(const config::SpiffeAgent& named, const SvidAgents& agents);

/// `config.identity.spiffe` is there. Without `agents` it is asked now, which takes a few seconds at the
/// most; there must be no other thread then.
Result<GivenSvid> svid_for(const config::Config& config, const SvidAgents* agents);

/// Has it count for identity::content_digest(), and the bundle for trust::TrustStore::load().
void note_svid(const GivenSvid& given, identity::IdentityFiles& identity, trust::TrustFiles& trust);

/// Reads what agents push, and logs why nothing does. On the main loop; must be destroyed before that can
/// end.
class SvidNews {
 public:
  /// `came`: there is a new update.
  SvidNews(net::Loop& loop, const std::shared_ptr<const SvidAgents>& agents,
           std::shared_ptr<log::Logger> logger, std::function<void()> came);

 private:
  struct Heard {
    std::shared_ptr<spiffe::Stream> stream;
    net::HandlePtr<net::ReadWatch> watch;
    bool in_trouble = false;
  };
  void receive(Heard& heard);

  std::shared_ptr<log::Logger> logger_;
  std::function<void()> came_;
  std::vector<std::unique_ptr<Heard>> heard_;
};

}  // namespace persona::cli
