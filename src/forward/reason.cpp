#include "persona/forward/reason.hpp"

namespace persona::forward {

std::string_view to_string(Reason reason) {
  switch (reason) {
    case Reason::local_closed:
      return "local_closed";
    case Reason::gateway_closed:
      return "gateway_closed";
    case Reason::local_reset:
      return "local_reset";
    case Reason::gateway_reset:
      return "gateway_reset";
    case Reason::truncated:
      return "truncated";
    case Reason::dial_failed:
      return "dial_failed";
    case Reason::dial_timeout:
      return "dial_timeout";
    case Reason::handshake_failed:
      return "handshake_failed";
    case Reason::handshake_timeout:
      return "handshake_timeout";
    case Reason::verify_failed:
      return "verify_failed";
    case Reason::client_certificate_refused:
      return "client_certificate_refused";
    case Reason::idle_timeout:
      return "idle_timeout";
    case Reason::half_close_timeout:
      return "half_close_timeout";
    case Reason::max_age:
      return "max_age";
    case Reason::closed_by_administrator:
      return "closed_by_administrator";
    case Reason::limit_reached:
      return "limit_reached";
    case Reason::access_denied:
      return "access_denied";
    case Reason::protocol_error:
      return "protocol_error";
    case Reason::shutdown:
      return "shutdown";
  }
  return "unknown";
}

bool is_clean(Reason reason) {
  return reason == Reason::local_closed || reason == Reason::gateway_closed;
}

bool is_trouble(Reason reason) {
  switch (reason) {
    case Reason::local_closed:
    case Reason::gateway_closed:
    case Reason::local_reset:
    case Reason::idle_timeout:
    case Reason::max_age:
    case Reason::closed_by_administrator:
    case Reason::shutdown:
      return false;
    default:
      return true;
  }
}

End::End(const tls::Failure& failure)
    : reason(reason_of(failure)),
      error(failure.message),
      verify_reason(failure.verify_reason),
      peer(failure.peer),
      peer_ids(failure.peer_ids),
      alert(failure.alert) {}

Reason reason_of(const tls::Failure& failure) {
  switch (failure.kind) {
    case tls::Failure::Kind::handshake_failed:
      return Reason::handshake_failed;
    case tls::Failure::Kind::verify_failed:
      return Reason::verify_failed;
    case tls::Failure::Kind::client_certificate_refused:
      return Reason::client_certificate_refused;
    case tls::Failure::Kind::peer_alert:
      return Reason::gateway_reset;
    case tls::Failure::Kind::protocol_error:
      return Reason::protocol_error;
  }
  return Reason::protocol_error;
}

}  // namespace persona::forward
