// What the lines of stunnel.conf do to a draft. All have the form StunnelOption::Carry; the table in
// stunnel_options.cpp says which is whose.
#pragma once

#include "stunnel_options.hpp"

namespace persona::importing::carry {

using Option = const StunnelOption&;
using Line = const StunnelLine&;

// Those that only say something: the words of the table.
void not_needed(Draft& draft, Line line, Option option);
void left_out(Draft& draft, Line line, Option option);
void nothing(Draft& draft, Line line, Option option);            ///< others look at it
void left_out_if_yes(Draft& draft, Line line, Option option);    ///< "no" is as it is here
void no_configuration(Draft& draft, Line line, Option option);   ///< the service cannot be carried over
void restricts_clients(Draft& draft, Line line, Option option);  ///< a check that there is not here

// Where it listens, what it dials.
void accept(Draft& draft, Line line, Option option);
void connect(Draft& draft, Line line, Option option);
void failover(Draft& draft, Line line, Option option);
void protocol(Draft& draft, Line line, Option option);
void protocol_host(Draft& draft, Line line, Option option);
void protocol_user(Draft& draft, Line line, Option option);
void protocol_password(Draft& draft, Line line, Option option);
void protocol_authentication(Draft& draft, Line line, Option option);
void socket_option(Draft& draft, Line line, Option option);
void transparent(Draft& draft, Line line, Option option);
void setuid(Draft& draft, Line line, Option option);
void setgid(Draft& draft, Line line, Option option);
void sni(Draft& draft, Line line, Option option);

// Who one is, and whom one believes.
void certificate(Draft& draft, Line line, Option option);
void private_key(Draft& draft, Line line, Option option);
void engine_control(Draft& draft, Line line, Option option);
void psk(Draft& draft, Line line, Option option);
void ca_file(Draft& draft, Line line, Option option);
void ca_path(Draft& draft, Line line, Option option);
void crl_file(Draft& draft, Line line, Option option);
void crl_path(Draft& draft, Line line, Option option);
void check_host(Draft& draft, Line line, Option option);
void check_ip(Draft& draft, Line line, Option option);
void check_email(Draft& draft, Line line, Option option);
void verify(Draft& draft, Line line, Option option);
void verify_chain(Draft& draft, Line line, Option option);
void verify_peer(Draft& draft, Line line, Option option);
void require_certificate(Draft& draft, Line line, Option option);

// TLS.
void version(Draft& draft, Line line, Option option);
void lowest_version(Draft& draft, Line line, Option option);
void highest_version(Draft& draft, Line line, Option option);
void ciphers(Draft& draft, Line line, Option option);
void suites(Draft& draft, Line line, Option option);
void curves(Draft& draft, Line line, Option option);
void tls_option(Draft& draft, Line line, Option option);
void openssl_command(Draft& draft, Line line, Option option);
void resume(Draft& draft, Line line, Option option);
void ticket_secret(Draft& draft, Line line, Option option);
void security_level(Draft& draft, Line line, Option option);

// Time and the log.
void busy(Draft& draft, Line line, Option option);
void close(Draft& draft, Line line, Option option);
void connecting(Draft& draft, Line line, Option option);
void idle(Draft& draft, Line line, Option option);
void debug(Draft& draft, Line line, Option option);
void output(Draft& draft, Line line, Option option);
void reset(Draft& draft, Line line, Option option);
void chroot(Draft& draft, Line line, Option option);

/// [HOST:]PORT or a path; nothing: it was refused, or the port has a name, and there will be no
/// configuration.
std::optional<Address> read_address(Draft& draft, Line line);

/// "yes" or "no"; anything else is refused, and counts as no.
bool is_yes(const Draft& draft, Line line);

/// A whole number of at most `most`; anything else is refused, and is 0.
std::uint32_t number(const Draft& draft, Line line, std::string_view what, std::uint32_t most);

}  // namespace persona::importing::carry
