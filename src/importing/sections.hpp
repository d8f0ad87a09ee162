// The sections of a configuration, each in YAML, of a draft that all lines have been carried over to. An
// empty text: there is no need for the section. Remarks of what is seen only with everything known are the
// draft's.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "draft.hpp"
#include "yaml_text.hpp"

namespace persona::importing::sections {

/// What a client of stunnel dials.
struct Dialled {
  std::string proxy;  ///< HOST:PORT; empty: there is none on the way
  std::vector<std::string> gateways;
  std::vector<std::string> hosts;  ///< of the gateways
};

/// Nothing: they were not to be made out, which was said, and there will be no configuration.
std::optional<Dialled> dialled_by(Draft& draft);

std::string gateway(const Draft& draft, const Dialled& dialled);
std::string service_and_clients(const Draft& draft);
std::string identity(const Draft& draft);
std::string trust(const Draft& draft);

// For several of them.
bool has_clients_checked(const Draft& draft);
/// Those of the certificates in CAfile, as far as it can be read; else one that nobody has, to be replaced.
void add_pins(const Draft& draft, Block& block, std::string_view key, std::string_view whose);
/// The pin of no bytes at all, which no key has: until the administrator names one, nobody matches.
inline constexpr std::string_view nobodys_pin = "sha256//47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=";

}  // namespace persona::importing::sections
