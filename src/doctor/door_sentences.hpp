// What a plain connection has shown, in sentences: to our own addresses, to the service, to the endpoint for
// administrators. No socket.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "knock.hpp"
#include "persona/config/config.hpp"
#include "persona/doctor/report.hpp"

namespace persona::doctor {

/// One of our own addresses. `address` is where it was knocked, `listen` what the configuration has.
Step listen_step(const config::Config& config, const config::Listen& listen, const std::string& address,
                 const Knock::Answer& answer);

/// The service, mode gateway.
std::vector<Step> service_steps(const config::Config& config, const std::string& address,
                                const Knock::Answer& answer);

/// What a persona says at GET /readyz.
Step admin_step(const config::Config& config, const std::string& address, const Knock::Answer& answer);

/// Why that is no answer to a request of HTTP; empty: it is one.
std::string why_no_answer(const std::string& address, const Knock::Answer& answer);

/// Why a persona that answers so does not serve; empty: it does.
std::string why_not_ready(const std::string& address, const Knock::Answer& answer);

}  // namespace persona::doctor
