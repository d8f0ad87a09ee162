#include "regret.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

namespace persona::forward {

namespace {

using Kind = dialect::Regret::Kind;

/// Why the far side cannot be used, and what to do about it.
struct Cause {
  std::string_view words;
  std::string_view hint;
};

// By the words of the log (trust/verify_reason.hpp), which do not change.
Cause of_certificate(std::string_view verify_reason) {
  struct Entry {
    std::string_view reason;
    Cause cause;
  };
  constexpr std::string_view is_it = "Is gateway: in persona's configuration the right one?";
  constexpr std::array entries = {
      Entry{"expired", {"its certificate has expired", "Have it renewed by whoever runs the gateway."}},
      Entry{"not_yet_valid", {"its certificate is not valid yet", "Compare the clocks of both machines."}},
      Entry{"name_mismatch", {"its certificate is for another name", is_it}},
      Entry{"pin_mismatch", {"it has another key than expected", is_it}},
      Entry{"revoked", {"its certificate was revoked", is_it}},
      Entry{"untrusted_issuer", {"its certificate is by nobody whom persona trusts", is_it}},
      Entry{"self_signed", {"its certificate is by nobody whom persona trusts", is_it}},
  };
  const auto* const found = std::find_if(entries.begin(), entries.end(),
                                         [&](const Entry& entry) { return entry.reason == verify_reason; });
  return found != entries.end() ? found->cause : Cause{"its certificate is not accepted", is_it};
}

Cause of_gateway(const End& why) {
  if (why.on_the_way) {
    return {"the proxy before it gives no way", "The log of persona says why."};
  }
  switch (why.reason) {
    case Reason::dial_failed:
      return why.unresolved
                 ? Cause{"its name cannot be resolved", "Is it written correctly in persona's configuration?"}
                 : Cause{"it cannot be connected to", "Is it running, and may persona's machine reach it?"};
    case Reason::dial_timeout:
      return {"it does not answer", "Is it running, and may persona's machine reach it?"};
    case Reason::handshake_failed:
      return why.speaks_no_tls
                 ? Cause{"it does not speak TLS", "If it is the database itself, see gateway.negotiate."}
                 : Cause{"the TLS handshake failed", "The log of persona says why."};
    case Reason::handshake_timeout:
      return {"the TLS handshake took too long", "Is it a TLS port?"};
    case Reason::verify_failed:
      return of_certificate(why.verify_reason);
    case Reason::client_certificate_refused:
      return {"it refuses persona's certificate",
              "Has it expired, or does the gateway not trust its issuer?"};
    case Reason::protocol_error:
      return {"it broke the TLS protocol", "The log of persona says how."};
    case Reason::idle_timeout:
    case Reason::half_close_timeout:
      return {"it took too long to answer", "See timeouts: in persona's configuration."};
    default:
      return {"it ended the connection without an answer", "Is the service behind it running?"};
  }
}

Cause of_service(const End& why) {
  switch (why.reason) {
    case Reason::dial_failed:
      return {"it cannot be connected to", "Is it running?"};
    case Reason::dial_timeout:
      return {"it does not answer", "Is it running?"};
    case Reason::idle_timeout:
    case Reason::half_close_timeout:
      return {"it took too long to answer", "See timeouts: in the gateway's configuration."};
    default:
      return {"it ended the connection without an answer", "Is it running?"};
  }
}

bool is_told(Reason reason, config::Mode mode) {
  switch (reason) {
    case Reason::access_denied:
      return false;
    case Reason::local_closed:  // in mode gateway the local side is the service
    case Reason::local_reset:
      return mode == config::Mode::gateway;
    case Reason::gateway_closed:  // and the gateway's side is the client
    case Reason::gateway_reset:
    case Reason::truncated:
    case Reason::handshake_failed:
    case Reason::handshake_timeout:
    case Reason::verify_failed:
    case Reason::client_certificate_refused:
    case Reason::protocol_error:
      return mode == config::Mode::persona;
    default:
      return true;
  }
}

Kind kind_of(Reason reason) {
  switch (reason) {
    case Reason::limit_reached:
      return Kind::limit;
    case Reason::max_age:
    case Reason::closed_by_administrator:
    case Reason::shutdown:
      return Kind::stopping;
    case Reason::local_closed:
    case Reason::local_reset:
    case Reason::gateway_closed:
    case Reason::gateway_reset:
    case Reason::truncated:
    case Reason::protocol_error:
    case Reason::idle_timeout:
    case Reason::half_close_timeout:
      return Kind::lost;
    default:
      return Kind::unreachable;
  }
}

}  // namespace

std::optional<dialect::Regret> regret_for(const End& why, config::Mode mode, std::string_view far_side,
                                          std::uint64_t id) {
  if (!is_told(why.reason, mode)) {
    return std::nullopt;
  }
  const bool persona = mode == config::Mode::persona;
  const std::string to = fmt::format("{} {}", persona ? "gateway" : "service", far_side);
  const std::string log = fmt::format("(connection {} in {} log)", id, persona ? "its" : "the gateway's");
  dialect::Regret regret;
  regret.kind = kind_of(why.reason);
  if (regret.kind == Kind::limit) {
    regret.sentence = fmt::format("persona takes no more connections to the {} now {}", to, log);
    regret.hint = "Close some that are not needed, or raise limits: in its configuration.";
  } else if (why.reason == Reason::max_age) {
    regret.sentence =
        fmt::format("persona has ended a connection to the {} that was as old as it may be {}", to, log);
    regret.hint = "Connect again. See limits.max_age in its configuration.";
  } else if (why.reason == Reason::closed_by_administrator) {
    regret.sentence = fmt::format("an administrator of persona has ended a connection to the {} {}", to, log);
    regret.hint = "Ask whoever runs persona.";
  } else if (regret.kind == Kind::stopping) {
    regret.sentence = fmt::format("persona is being stopped, and had not reached the {} yet {}", to, log);
    regret.hint = "Connect again later.";
  } else {
    const Cause cause = persona ? of_gateway(why) : of_service(why);
    regret.sentence = fmt::format("persona cannot reach the {}: {} {}", to, cause.words, log);
    regret.hint = cause.hint;
  }
  return regret;
}

}  // namespace persona::forward
