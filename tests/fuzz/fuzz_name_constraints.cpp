// Name constraints: arbitrary DER, and well-formed ones whose subtrees and name are given as text, a line
// each: 'p' or 'e' (permitted, excluded) or 'n' (the name), the type's number, and the value.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include "persona/base/bytes.hpp"
#include "persona/x509/dns_name.hpp"
#include "trust/name_constraints.hpp"

using namespace persona;
using namespace persona::trust;
using namespace persona::x509;

namespace {

void demand(bool holds) {
  if (!holds) {
    std::abort();
  }
}

ByteView view(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

std::string wrapped(int tag, std::string_view content) {
  std::string header(1, static_cast<char>(tag));
  if (content.size() < 0x80) {
    header += static_cast<char>(content.size());
  } else {
    header += {'\x82', static_cast<char>(content.size() >> 8U), static_cast<char>(content.size())};
  }
  return header.append(content);
}

struct Line {
  char kind = 'n';
  int type = GeneralName::dns_name;
  std::string_view value;
};

std::vector<Line> lines_of(std::string_view input) {
  std::vector<Line> lines;
  while (!input.empty()) {
    const std::string_view line = input.substr(0, input.find('\n'));
    input.remove_prefix(std::min(input.size(), line.size() + 1));
    if (line.size() >= 2 && std::string_view("pen").find(line[0]) != std::string_view::npos &&
        line[1] >= '0' && line[1] <= '8') {
      lines.push_back({line[0], line[1] - '0', line.substr(2)});
    }
  }
  return lines;
}

std::string lower(std::string_view text) {
  std::string result;
  for (const char c : text) {
    result += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  }
  return result;
}

// All names that `name` stands for are in `base`, and: some could be.
bool is_below(std::string_view name, std::string_view base) {
  return base.empty() || ("." + lower(name)).ends_with("." + lower(base));
}

bool could_be_below(std::string_view name, std::string_view base) {
  if (is_below(name, base) || !name.starts_with("*.")) {
    return is_below(name, base);
  }
  const std::size_t dot = base.find('.');
  return dot != std::string_view::npos && lower(base.substr(dot + 1)) == lower(name.substr(2));
}

bool is_in_network(std::string_view address, std::string_view network) {
  if (network.size() != 2 * address.size()) {
    return false;
  }
  for (std::size_t i = 0; i < address.size(); ++i) {
    if (((address[i] ^ network[i]) & network[address.size() + i]) != 0) {
      return false;
    }
  }
  return true;
}

// What RFC 5280 section 4.2.1.10 says of the types that are simple enough to say it twice.
void compare(const std::vector<Line>& lines, const Line& name, bool refused) {
  bool restricted = false;
  bool permitted = false;
  for (const Line& base : lines) {
    if (base.type != name.type || base.kind == 'n') {
      continue;
    }
    const bool is_dns = name.type == GeneralName::dns_name;
    if (base.kind == 'e') {
      const bool excluded =
          is_dns ? could_be_below(name.value, base.value) : is_in_network(name.value, base.value);
      demand(!excluded || refused);
    } else {
      restricted = true;
      permitted =
          permitted || (is_dns ? is_below(name.value, base.value) : is_in_network(name.value, base.value));
    }
  }
  demand(!restricted || permitted || refused);
}

void build(std::string_view input) {
  const auto lines = lines_of(input);
  std::string permitted;
  std::string excluded;
  for (const Line& line : lines) {
    if (line.value.size() > 300 || input.size() > 4000) {
      return;
    }
    const bool constructed = line.type == 0 || line.type == 3 || line.type == 4 || line.type == 5;
    const std::string subtree =
        wrapped(0x30, wrapped(0x80 | (constructed ? 0x20 : 0) | line.type, line.value));
    if (line.kind == 'p' || line.kind == 'e') {
      (line.kind == 'p' ? permitted : excluded) += subtree;
    }
  }
  std::string content;
  if (!permitted.empty()) {
    content += wrapped(0xA0, permitted);
  }
  if (!excluded.empty()) {
    content += wrapped(0xA1, excluded);
  }
  const std::string value = wrapped(0x30, content);
  const auto constraints = NameConstraints::read(view(value));
  demand(!content.empty() || !constraints);
  if (!constraints) {
    return;
  }
  for (const Line& line : lines) {
    const GeneralName name{line.type, view(line.value)};
    if (line.kind != 'n' || !is_well_formed(name)) {
      continue;
    }
    const bool refused = constraints->refuse(name).has_value();
    if (name.type == GeneralName::dns_name || name.type == GeneralName::ip_address) {
      compare(lines, line, refused);
    }
  }
}

void read(std::string_view value) {
  const auto constraints = NameConstraints::read(view(value));
  if (!constraints) {
    return;
  }
  demand(constraints->size() > 0);
  for (int type = 0; type <= 8; ++type) {
    for (const std::string_view name :
         {"", "a.example.test", "\x0a\x00\x00\x01", "a@example.test", "uri://a.test/"}) {
      constraints->refuse({type, view(name)});
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  if (input.starts_with('\x30')) {
    read(input);
  } else {
    build(input);
  }
  return 0;
}
