#include "persona/doctor/examination.hpp"

#include <algorithm>
#include <iterator>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "door_sentences.hpp"
#include "doors.hpp"
#include "gateway_sentences.hpp"
#include "http_answer.hpp"
#include "persona/base/path_text.hpp"
#include "persona/identity/identity.hpp"
#include "persona/reload/probe.hpp"
#include "round.hpp"

namespace persona::doctor {

namespace {

using forward::Generation;
using reload::Probe;

constexpr Milliseconds word_time{300};       // for who speaks first to do so
constexpr Milliseconds refusal_time{2'000};  // for a gateway that is busy; most say something at once
constexpr Milliseconds at_home{2'000};       // for what is on this machine

Step certificate_step(const x509::CertificateInfo& leaf, x509::TimePoint now) {
  return {Kind::certificate, State::good, "",
          fmt::format("our certificate is {}, issued by {}, valid for {} ({}), with the pin {}", leaf.name,
                      leaf.issuer, x509::span_in_words(leaf.not_after - now),
                      x509::format_date(leaf.not_after), leaf.spki_pin)};
}

/// Who listens on loopback alone and admits nobody from there admits nobody.
std::optional<Step> access_step(const Generation& generation, const config::Listen& listen) {
  const auto address = listen.value.is_unix()
                           ? std::nullopt
                           : net::SocketAddress::from_numeric(listen.value.host, listen.value.port);
  if (!address || !listen.value.is_local() || generation.admits(*address)) {
    return std::nullopt;
  }
  return Step{
      Kind::access, State::warning, listen.value.to_string(),
      fmt::format("access.allow does not have {}: programs on this machine that connect from there are "
                  "refused",
                  listen.value.host),
      fmt::format("add {} to access.allow, if they are to come in", listen.value.host)};
}

}  // namespace

class Examination::Parts {
 public:
  Parts(net::Loop& loop, net::HandleOwner& owner, forward::HandshakePool& pool, net::Resolver& resolver,
        forward::Material material, Report report, Done done)
      : loop_(loop),
        owner_(owner),
        pool_(pool),
        resolver_(resolver),
        material_(std::move(material)),
        report_(std::move(report)),
        done_(std::move(done)),
        ours_{material_.config, std::nullopt, x509::now()},
        timer_(net::Timer::create(loop, &owner)) {
    // From a timer: `done` must not be called from within the constructor.
    timer_->start(Milliseconds(0), [this] { begin(); });
  }

 private:
  const config::Config& config() const { return material_.config; }

  void begin() {
    auto created = Generation::create(material_, nullptr);
    if (!created) {
      report_.steps.push_back({Kind::configuration, State::failed, "", created.error().message});
      finish();
      return;
    }
    generation_ = std::move(*created);
    if (material_.identity) {
      ours_.certificate = material_.identity->chain().describe().front();
      report_.steps.push_back(certificate_step(*ours_.certificate, ours_.now));
    }
    for (const config::Listen& listen : config().listen) {
      if (auto step = access_step(*generation_, listen)) {
        report_.steps.push_back(std::move(*step));
      }
    }
    for (const config::Listen& listen : config().listen) {
      add_listen(listen);
    }
    if (config().admin) {
      add_admin();
    }
    for (std::size_t index = 0; index < generation_->targets().size(); ++index) {
      if (config().mode == config::Mode::persona) {
        add_gateway(index);
      } else {
        add_service(index);
      }
    }
    if (found_.empty()) {
      finish();
    }
  }

  void add_listen(const config::Listen& listen) {
    if (listen.value.is_systemd()) {
      report_.steps.push_back(
          {Kind::listen, State::note, listen.value.to_string(),
           fmt::format("where that is, systemd decides (ListenStream= of the .socket unit "
                       "with FileDescriptorName={}): it is not tried here",
                       listen.value.name)});
      return;
    }
    if (!listen.value.is_unix() && listen.value.port == 0) {
      report_.steps.push_back({Kind::listen, State::note, listen.value.to_string(),
                               "the system chooses the port, which only the log of a persona that runs has"});
      return;
    }
    // What greets is not persona, unless it does so for a database; a client of mode persona would be
    // connected through if it stayed.
    const bool listens_for_words = config().mode == config::Mode::gateway && !config().protocol;
    Knock::Manner manner{at_home, listens_for_words ? word_time : Milliseconds(0)};
    add_doors(door_of(listen.value), std::move(manner),
              [this, &listen](const std::string& where, const Knock::Answer& answer) {
                return std::vector{listen_step(config(), listen, where, answer)};
              });
  }

  void add_admin() {
    if (!config().admin->value.is_unix() && config().admin->value.port == 0) {
      return;  // only its log says where
    }
    Knock::Manner manner{at_home, Milliseconds(0), http_request("GET", "/readyz"), longest_readiness};
    add_doors(door_of(config().admin->value), std::move(manner),
              [this](const std::string& where, const Knock::Answer& answer) {
                return std::vector{admin_step(config(), where, answer)};
              });
  }

  void add_service(std::size_t index) {
    Knock::Manner manner{Probe::limit_of(config().timeouts.connect), word_time};
    add_doors(generation_->targets().at(index), std::move(manner),
              [this](const std::string& where, const Knock::Answer& answer) {
                return service_steps(config(), where, answer);
              });
  }

  void add_gateway(std::size_t index) {
    const Endpoint& target = generation_->targets().at(index);
    Round::Plan round = plan(dialled(target));
    round.resolves = generation_->dial_rules().admits_host(target.host);
    round.visit = [this, index](const std::optional<net::SocketAddress>& address,
                                const Round::Visited& visited) { probe(index, address, visited); };
    rounds_.push_back(std::make_unique<Round>(std::move(round), next()));
  }

  /// The proxy before a gateway, if there is one.
  const Endpoint& dialled(const Endpoint& target) const {
    const auto& via = config().gateway.via;
    return via ? via->proxy.address : target;
  }

  void add_doors(const Endpoint& endpoint, Knock::Manner manner, Doors::Words words) {
    doors_.push_back(std::make_unique<Doors>(plan(endpoint), std::move(manner), std::move(words), next()));
  }

  void probe(std::size_t index, const std::optional<net::SocketAddress>& address,
             const Round::Visited& visited) {
    // One of its own for each: what one address has said that speaks no TLS says nothing of another.
    auto generation = Generation::create(material_, generation_.get());
    const std::string where =
        address ? address->to_string() : dialled(generation_->targets().at(index)).to_string();
    probes_.push_back(std::make_unique<Probe>(
        loop_, pool_, resolver_, generation ? std::move(*generation) : generation_,
        Probe::Options{forward::Dialler::Only{index, address}, refusal_time},
        [this, index, where, visited](const Probe::Result& result) {
          visited(gateway_steps(generation_->targets().at(index), where, result, ours_));
        }));
  }

  Round::Plan plan(const Endpoint& endpoint) {
    return {loop_, owner_, resolver_, config().name, endpoint, Probe::limit_of(config().timeouts.connect)};
  }

  /// The place of another round among the steps, and who puts them there.
  Round::Done next() {
    const std::size_t index = found_.size();
    found_.emplace_back();
    return [this, index](std::vector<Step> steps) { ended(index, std::move(steps)); };
  }

  void ended(std::size_t index, std::vector<Step> steps) {
    found_[index] = std::move(steps);
    if (++ended_ < found_.size()) {
      return;
    }
    for (std::vector<Step>& each : found_) {
      std::move(each.begin(), each.end(), std::back_inserter(report_.steps));
    }
    finish();
  }

  void finish() {
    timer_.reset();
    const Done done = std::exchange(done_, nullptr);
    done(std::move(report_));
  }

  net::Loop& loop_;
  net::HandleOwner& owner_;
  forward::HandshakePool& pool_;
  net::Resolver& resolver_;
  forward::Material material_;
  Report report_;
  Done done_;
  OurSide ours_;
  std::shared_ptr<const Generation> generation_;
  net::HandlePtr<net::Timer> timer_;
  std::vector<std::unique_ptr<Round>> rounds_;
  std::vector<std::unique_ptr<Doors>> doors_;
  std::vector<std::unique_ptr<Probe>> probes_;
  std::vector<std::vector<Step>> found_;  // by round
  std::size_t ended_ = 0;
};

Examination::Examination(net::Loop& loop, forward::HandshakePool& pool, net::Resolver& resolver,
                         forward::Material material, Report report, Done done)
    : parts_(std::make_unique<Parts>(loop, static_cast<net::HandleOwner&>(*this), pool, resolver,
                                     std::move(material), std::move(report), std::move(done))) {}

Examination::~Examination() = default;

}  // namespace persona::doctor
