#include "svids.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "persona/spiffe/choice.hpp"

namespace persona::cli {

namespace {

using config::Mode;

constexpr Milliseconds asked_once{3'000};  // by `check` and the like
constexpr Milliseconds before_telling{1'000};

std::string why_not_yet(const spiffe::Stream& stream) {
  const std::string trouble = stream.latest().trouble;
  return trouble.empty() ? fmt::format("the SPIFFE agent at {} has not answered", stream.agent().to_string())
                         : trouble;
}

tl::unexpected<Error> no_svid_within(Milliseconds patience, const spiffe::Stream& stream) {
  return fail(ErrorKind::configuration, "no SVID within {}: {}", format_duration(patience),
              why_not_yet(stream));
}

/// Any update there is; `agents` may be null.
Result<std::shared_ptr<spiffe::Stream>> stream_of(const config::SpiffeAgent& named,
                                                  const SvidAgents* agents) {
  if (agents == nullptr) {
    auto started = spiffe::Stream::start(named.socket, true);
    const Milliseconds patience = std::min(asked_once, named.patience);
    if (started && !(*started)->wait(patience)) {
      return no_svid_within(patience, **started);
    }
    return started;
  }
  const auto found = agents->by_address.find(named.socket.to_string());
  if (found == agents->by_address.end()) {
    return fail(
        ErrorKind::configuration,
        "persona started without this agent, and asks no other from then on: restart persona, or let it "
        "be replaced (SIGUSR2), which cuts no connection");
  }
  if (found->second.stream->latest().update == nullptr) {
    return no_svid_within(found->second.patience, *found->second.stream);
  }
  return found->second.stream;
}

bool needs_bundle(const config::Config& config) {
  return config.trust.ca.empty() && !config.trust.windows_store &&
         (config.mode == Mode::persona || config.client_certificate != config::ClientCertificate::none);
}

/// Who has to be on the other side: a SPIFFE ID or empty.
std::string peer_of(const config::Config& config) {
  const auto& name = config.gateway.server_name;
  const bool counts = config.mode == Mode::persona && config.gateway.verify == config::GatewayVerify::name;
  return counts && name && !spiffe::trust_domain_of(name->value).empty() ? name->value : "";
}

/// Clients of another trust domain could not be told from those whom a CA of ours calls so.
Result<void> check_clients(const config::Config& config, std::string_view own) {
  for (const std::string& pattern :
       config.client_allow ? config.client_allow->uri : std::vector<std::string>()) {
    if (pattern.starts_with("spiffe://") && !pattern.starts_with(fmt::format("{}/", own))) {
      return fail(
          ErrorKind::configuration,
          "clients are verified by the bundle of our own trust domain, {}, and clients.allow.uri has {}, "
          "which is of another: write the trust domain out, or name that one's CAs in trust.ca",
          own, pattern);
    }
  }
  return {};
}

}  // namespace

Result<std::shared_ptr<const SvidAgents>> start_asking(const std::vector<config::Config>& services,
                                                       bool confined) {
  auto agents = std::make_shared<SvidAgents>();
  for (const config::Config& service : services) {
    const auto& named = service.identity.spiffe;
    if (!named || !spiffe::agents_are_supported()) {
      continue;
    }
    SvidAgents::Agent& agent = agents->by_address[named->value.socket.to_string()];
    agent.patience = std::max(agent.patience, named->value.patience);
    if (agent.stream != nullptr) {
      continue;
    }
    auto started = spiffe::Stream::start(named->value.socket, confined);
    if (!started) {
      return fail(started.error().kind, "identity.spiffe: {}", started.error().message);
    }
    agent.stream = std::move(*started);
  }
  return agents;
}

void wait_for_svids(const SvidAgents& agents, const std::function<void(std::string_view)>& show) {
  for (const auto& [address, agent] : agents.by_address) {
    const Milliseconds quiet = std::min(before_telling, agent.patience);
    if (agent.stream->wait(quiet) || agent.patience == quiet) {
      continue;
    }
    show(fmt::format("persona: waiting for an SVID, {} at the most (identity.spiffe_wait): {}\n",
                     format_duration(agent.patience), why_not_yet(*agent.stream)));
    static_cast<void>(agent.stream->wait(agent.patience - quiet));
  }
}

std::function<std::string()> number_of_updates(const config::SpiffeAgent& named, const SvidAgents& agents) {
  const auto found = agents.by_address.find(named.socket.to_string());
  if (found == agents.by_address.end()) {
    return {};
  }
  return [stream = found->second.stream] { return std::to_string(stream->latest().number); };
}

Result<GivenSvid> svid_for(const config::Config& config, const SvidAgents* agents) {
  if (!spiffe::agents_are_supported()) {
    return fail(ErrorKind::configuration,
                "persona asks no SPIFFE agents on Windows; let spiffe-helper write files, and name them in "
                "identity.certificate and identity.private_key");
  }
  const config::SpiffeAgent& named = config.identity.spiffe->value;
  const auto stream = stream_of(named, agents);
  if (!stream) {
    return tl::unexpected(stream.error());
  }
  const spiffe::Stream::Latest latest = (*stream)->latest();
  const auto svid = spiffe::choose(*latest.update, named.id);
  if (!svid) {
    return tl::unexpected(svid.error());
  }
  GivenSvid given{latest.update, *svid};
  given.place = fmt::format("from the SPIFFE agent at {}", named.socket.to_string());
  if (latest.update->svids.size() > 1) {
    given.place +=
        fmt::format(", {} of {} SVIDs", named.id.empty() ? "the first" : "one", latest.update->svids.size());
  }
  if (!needs_bundle(config)) {
    return given;
  }
  if (auto good = check_clients(config, spiffe::trust_domain_of((*svid)->id)); !good) {
    return tl::unexpected(good.error());
  }
  auto bundle = spiffe::bundle_for(*latest.update, **svid, peer_of(config));
  if (!bundle) {
    return tl::unexpected(bundle.error());
  }
  given.bundle = std::move(*bundle);
  return given;
}

void note_svid(const GivenSvid& given, identity::IdentityFiles& identity, trust::TrustFiles& trust) {
  identity.key_elsewhere = fmt::format("{}\n{}\n{}", given.place, given.svid->id, as_text(given.svid->chain));
  if (given.bundle) {
    trust.given = *given.bundle;
  }
}

SvidNews::SvidNews(net::Loop& loop, const std::shared_ptr<const SvidAgents>& agents,
                   std::shared_ptr<log::Logger> logger, std::function<void()> came)
    : logger_(std::move(logger)), came_(std::move(came)) {
  for (const auto& [address, agent] : agents->by_address) {
    Heard& heard = *heard_.emplace_back(std::make_unique<Heard>(Heard{agent.stream, {}}));
    auto watch = net::ReadWatch::create(loop, agent.stream->socket(), [this, &heard] { receive(heard); });
    if (watch) {
      heard.watch = std::move(*watch);
    } else {
      logger_->warn(watch.error().message);
    }
  }
}

void SvidNews::receive(Heard& heard) {
  const spiffe::Stream::News news = heard.stream->receive();
  if (news.ended) {
    heard.watch.reset();
    logger_->error(
        fmt::format("{}: until persona is restarted, or replaced (SIGUSR2), its certificate is not "
                    "renewed",
                    news.trouble));
  } else if (!news.trouble.empty()) {
    heard.in_trouble = true;
    logger_->warn(fmt::format("{}; what it gave last stays in use until it gives more", news.trouble));
  } else if (news.updated && std::exchange(heard.in_trouble, false)) {
    logger_->info(fmt::format("the SPIFFE agent at {} gives SVIDs again", heard.stream->agent().to_string()));
  }
  if (news.updated) {
    came_();
  }
}

}  // namespace persona::cli
