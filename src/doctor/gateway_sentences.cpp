#include "gateway_sentences.hpp"

#include <algorithm>
#include <chrono>
#include <string_view>

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "persona/base/tls_parameters.hpp"
#include "persona/forward/expiry.hpp"
#include "persona/net/address.hpp"
#include "persona/x509/few_of.hpp"

namespace persona::doctor {

namespace {

using forward::End;
using forward::Reason;
using reload::Probe;

constexpr std::chrono::days soon{14};             // a certificate that ends so soon is told
constexpr std::uint8_t certificate_expired = 45;  // RFC 8446 section 6
constexpr std::uint8_t unrecognized_name = 112;
constexpr std::uint8_t no_application_protocol = 120;

Kind kind_of(Probe::Stage stage) {
  switch (stage) {
    case Probe::Stage::connecting:
      return Kind::connect;
    case Probe::Stage::asking_proxy:
      return Kind::proxy;
    case Probe::Stage::upgrading:
      return Kind::negotiate;
    case Probe::Stage::handshaking:
      return Kind::handshake;
    case Probe::Stage::accepting:
      break;
  }
  return Kind::accept;
}

std::string authorities_of(const tls::CertificateRequest& request) {
  std::vector<std::string> names = request.authorities;
  names.resize(names.size() + request.more);  // only their number is of interest
  return x509::few_of(names);
}

/// "it asks for a certificate that CN=A; CN=B has issued"
std::string what_it_asks_for(const tls::CertificateRequest& request, const OurSide& ours) {
  if (!request.asked) {
    return "it has not asked for a certificate: its log says why it ends the connection";
  }
  if (!ours.certificate) {
    return request.authorities.empty()
               ? "it asks for a certificate: set identity"
               : fmt::format("it asks for a certificate issued by {}: set identity to one",
                             authorities_of(request));
  }
  if (request.authorities.empty()) {
    return fmt::format(
        "it does not say whose certificates it takes (ours is issued by {}): ask whoever runs it, or look at "
        "its "
        "log",
        ours.certificate->issuer);
  }
  if (request.names_ours) {
    return fmt::format(
        "it asks for a certificate issued by {}, and ours is issued by {}: so it has something else against "
        "ours, or a CA of the same name with another key; its log says what",
        authorities_of(request), ours.certificate->issuer);
  }
  return fmt::format(
      "it asks for a certificate issued by {}, and ours is issued by {}: have one issued by a CA that it "
      "asks "
      "for, or have it trust ours; an intermediate that leads there belongs behind ours in "
      "identity.certificate",
      authorities_of(request), ours.certificate->issuer);
}

std::string our_clock(const OurSide& ours) {
  return fmt::format("this machine's clock says {} (date -u): if that is wrong, set it",
                     clock_in_words(ours.now));
}

std::string fix_for_refusal(const End& why, const tls::CertificateRequest& request, const OurSide& ours) {
  if (why.alert == certificate_expired && ours.certificate) {
    return fmt::format(
        "ours is valid from {} to {}, and this machine's clock says {}: compare it with the clock of the "
        "gateway; an intermediate behind ours may have expired as well",
        x509::format_date(ours.certificate->not_before), x509::format_date(ours.certificate->not_after),
        clock_in_words(ours.now));
  }
  return what_it_asks_for(request, ours);
}

/// What is not in the sentence, which says what to do already.
std::string fix_for_certificate(const End& why, const OurSide& ours) {
  if (why.verify_reason == "expired" || why.verify_reason == "not_yet_valid" ||
      why.verify_reason == "crl_expired") {
    return our_clock(ours);
  }
  if (why.verify_reason == "name_mismatch" && !why.peer_ids.pin.empty()) {
    return fmt::format(
        "if it is the right gateway and its names cannot be changed, go by its key: gateway.verify: pins and "
        "gateway.pins: [{}]",
        why.peer_ids.pin);
  }
  if (why.verify_reason == "pin_mismatch" && !why.peer_ids.pin.empty()) {
    return fmt::format("if whoever runs the gateway tells you that its key is new, write gateway.pins: [{}]",
                       why.peer_ids.pin);
  }
  if (why.verify_reason == "untrusted_issuer" || why.verify_reason == "self_signed" ||
      why.verify_reason == "bad_signature") {
    return fmt::format("what trust.ca has is listed by: persona check --config {}",
                       ours.config.file.string());
  }
  return "";
}

std::string our_offer(const config::Config& config) {
  std::vector<std::string_view> suites;
  for (const std::uint16_t each : config.tls.ciphers) {
    if (const CipherSuite* suite = find_cipher_suite(each); suite != nullptr &&
                                                            suite->version >= config.tls.min_version &&
                                                            suite->version <= config.tls.max_version) {
      suites.push_back(suite->name);
    }
  }
  std::vector<std::string_view> groups;
  for (const std::uint16_t each : config.tls.groups) {
    if (const NamedGroup* group = find_named_group(each)) {
      groups.push_back(group->name);
    }
  }
  return fmt::format("{}{} with {} and the groups {}", to_string(config.tls.min_version),
                     config.tls.min_version == config.tls.max_version
                         ? ""
                         : fmt::format(" to {}", to_string(config.tls.max_version)),
                     fmt::join(suites, ", "), fmt::join(groups, ", "));
}

std::string fix_for_handshake(const End& why, const Endpoint& target, const OurSide& ours) {
  if (why.speaks_no_tls) {
    return "if that is not the server that you mean, correct gateway.address: persona needs one that speaks "
           "TLS";
  }
  if (why.alert == unrecognized_name) {
    return fmt::format(
        "persona asks for {}: set gateway.server_name to a name that the gateway serves",
        ours.config.gateway.server_name ? ours.config.gateway.server_name->value : target.host);
  }
  if (why.alert == no_application_protocol) {
    return ours.config.tls.alpn.empty()
               ? "persona offers none: set tls.alpn to what the gateway expects"
               : fmt::format("persona offers {}: set tls.alpn to what the gateway expects",
                             fmt::join(ours.config.tls.alpn, ", "));
  }
  return fmt::format("persona offers {}; compare that with what the gateway accepts", our_offer(ours.config));
}

std::string fix_for(const End& why, Probe::Stage stage, const Endpoint& target, const std::string& address,
                    const tls::CertificateRequest& request, const OurSide& ours) {
  switch (why.reason) {
    case Reason::dial_failed:
    case Reason::dial_timeout:
      if (stage == Probe::Stage::asking_proxy) {
        return fmt::format("the connection to the proxy is in order: its log says why it opens no way to {}",
                           target.to_string());
      }
      return why.status != 0 ? fix_for_connecting(why.status, address)
                             : "if that is where it is meant to be, add it to gateway.allowed_addresses; "
                               "otherwise correct gateway.address";
    case Reason::verify_failed:
      return fix_for_certificate(why, ours);
    case Reason::client_certificate_refused:
      return fix_for_refusal(why, request, ours);
    case Reason::handshake_timeout:
      return "the port is open, and whoever is behind it stays silent: is it the right port, and does a load "
             "balancer there have a server to pass connections to";
    case Reason::handshake_failed:
      return stage == Probe::Stage::upgrading ? std::string()  // the dialect has said what to do
                                              : fix_for_handshake(why, target, ours);
    case Reason::gateway_reset:
    case Reason::truncated:
      if (stage != Probe::Stage::accepting) {
        return "its log may say why; a firewall that does not let TLS through resets connections too, and so "
               "does a server that does not admit this machine's address";
      }
      return why.alert
                 ? "our certificate may be in order: a gateway that does not reach the service behind it "
                   "ends sessions like that too; its log says which"
                 : what_it_asks_for(request, ours);
    default:
      return "";
  }
}

Step connected(const std::string& address, bool good) {
  return {Kind::connect, State::good, address,
          good ? fmt::format("{} accepts connections", address) : fmt::format("connected to {}", address)};
}

/// " and x25519, as it does not take x25519mlkem768"
std::string key_exchange(const tls::SessionInfo& session, const config::Config& config) {
  if (session.group.empty()) {
    return "";
  }
  const NamedGroup* hybrid = find_named_group(hybrid_group);
  const bool offered = hybrid != nullptr && std::find(config.tls.groups.begin(), config.tls.groups.end(),
                                                      hybrid->code_point) != config.tls.groups.end();
  return offered && session.group != hybrid_group
             ? fmt::format(" and {}, as it does not take {}", session.group, hybrid_group)
             : fmt::format(" and {}", session.group);
}

Step verified(const Probe::Result& result, const std::string& address, const OurSide& ours) {
  const tls::SessionInfo& session = *result.session;
  Step step{Kind::handshake, State::good, address,
            fmt::format("{} with {}{}: the gateway is {}", to_string(session.version), session.cipher_suite,
                        key_exchange(session, ours.config), session.peer)};
  if (session.peer_not_after) {
    const auto left = *session.peer_not_after - ours.now;
    step.sentence += fmt::format(", valid for {} ({})", x509::span_in_words(left),
                                 x509::format_date(*session.peer_not_after));
    const auto notice = forward::expiry_of(forward::Expiry::Role::gateway, session.peer,
                                           session.peer_not_before, *session.peer_not_after)
                            .notice;
    if (left < std::min<std::chrono::seconds>(soon, notice)) {
      step.state = State::warning;
      step.fix = "have its certificate renewed before then by whoever runs the gateway";
    }
  }
  return step;
}

Step let_in(const Probe::Result& result, const std::string& address, const OurSide& ours) {
  if (!result.request.asked) {
    return {Kind::accept, State::warning, address, "the gateway asks for no client certificate",
            "whoever reaches it is let in: have it require one, if it is meant to know its clients"};
  }
  if (!ours.certificate) {
    return {Kind::accept, State::good, address, "the gateway lets us in without a certificate"};
  }
  return {Kind::accept, State::good, address,
          fmt::format("the gateway has {} our certificate ({})", result.silent ? "not refused" : "accepted",
                      ours.certificate->name)};
}

/// A stage that was followed by another, or the last one of a success.
Step passed(Probe::Stage stage, const Endpoint& target, const Probe::Result& result,
            const std::string& address, const OurSide& ours) {
  switch (stage) {
    case Probe::Stage::connecting:
      return connected(address, !result.failed);
    case Probe::Stage::asking_proxy:
      return {Kind::proxy, State::good, address,
              fmt::format("the proxy has opened a way to {}", target.to_string())};
    case Probe::Stage::upgrading:
      return {Kind::negotiate, State::good, address,
              fmt::format("it is {} and agrees to TLS", to_string(*ours.config.gateway.negotiate))};
    case Probe::Stage::handshaking:
      return verified(result, address, ours);
    case Probe::Stage::accepting:
      break;
  }
  return let_in(result, address, ours);
}

}  // namespace

std::string clock_in_words(x509::TimePoint now) {
  return fmt::format("{:%Y-%m-%d %H:%M:%S} UTC", fmt::gmtime(std::chrono::system_clock::to_time_t(now)));
}

std::string fix_for_connecting(int status, const std::string& address) {
  switch (status) {
    case UV_ECONNREFUSED:
      return "nothing listens at that port, or a firewall rejects connections: is the server running there, "
             "and "
             "is the port right";
    case UV_ETIMEDOUT:
      return fmt::format(
          "nothing comes back: a firewall swallows what is sent to {}, or that machine is off; have the "
          "firewall let it through, or look at the address",
          address);
    case UV_ENETUNREACH:
    case UV_EHOSTUNREACH:
    case UV_EADDRNOTAVAIL:
      return fmt::format(
          "this machine has no way to {}: look at its routes (ip route), a VPN that is down, and "
          "whether it has addresses of that family at all",
          address);
    case UV_EACCES:
    case UV_EPERM:
      return "this machine forbids it: look at its own firewall, at SELinux or AppArmor, and at "
             "IPAddressDeny= in "
             "persona's unit";
    case UV_ECONNRESET:
      return "something in between resets connections: a firewall, or a proxy without a server behind it";
    case UV_EMFILE:
    case UV_ENFILE:
    case UV_ENOBUFS:
    case UV_ENOMEM:
      return "this machine lacks descriptors or memory: raise the limit (ulimit -n), or see who uses them up";
    default:
      return "";
  }
}

std::vector<Step> gateway_steps(const Endpoint& target, const std::string& address,
                                const Probe::Result& result, const OurSide& ours) {
  std::vector<Step> steps;
  for (std::size_t at = 0; at < result.stages.size(); ++at) {
    const auto& [stage, took] = result.stages[at];
    if (result.failed && at + 1 == result.stages.size()) {
      const End& why = *result.failed;
      steps.push_back({kind_of(stage), State::failed, address,
                       why.error.empty() ? std::string(to_string(why.reason)) : why.error,
                       fix_for(why, stage, target, address, result.request, ours)});
    } else {
      steps.push_back(passed(stage, target, result, address, ours));
    }
    steps.back().took = took;
  }
  for (const trust::Oddity& oddity : result.oddities) {
    steps.push_back({Kind::handshake, State::warning, address, oddity.sentence});
  }
  return steps;
}

}  // namespace persona::doctor
