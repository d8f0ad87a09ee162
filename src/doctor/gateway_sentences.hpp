// What a trial connection to a gateway has shown, in sentences. No socket, no clock.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "persona/base/endpoint.hpp"
#include "persona/config/config.hpp"
#include "persona/doctor/report.hpp"
#include "persona/reload/probe.hpp"
#include "persona/x509/certificate.hpp"
#include "persona/x509/time.hpp"

namespace persona::doctor {

/// What the sentences need to know of our side.
struct OurSide {
  const config::Config& config;
  std::optional<x509::CertificateInfo> certificate;  ///< our leaf; absent: none is presented
  x509::TimePoint now;
};

/// The steps of one attempt at the address `address` of `target`.
std::vector<Step> gateway_steps(const Endpoint& target, const std::string& address,
                                const reload::Probe::Result& result, const OurSide& ours);

/// What to do when connecting has ended with this libuv error code: nobody was reached. Empty: nothing is
/// known.
std::string fix_for_connecting(int status, const std::string& address);

/// "2026-11-26 09:20:01 UTC"
std::string clock_in_words(x509::TimePoint now);

}  // namespace persona::doctor
