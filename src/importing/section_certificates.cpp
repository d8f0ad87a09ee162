// Who one is, whom one believes, and whom one knows.
#include <algorithm>
#include <string>

#include <fmt/format.h>

#include "persona/base/path_text.hpp"
#include "persona/base/text.hpp"
#include "sections.hpp"

namespace persona::importing::sections {

namespace {

namespace fs = std::filesystem;

constexpr std::string_view system_folder = "/etc/ssl/certs";
constexpr std::string_view system_bundle = "/etc/ssl/certs/ca-certificates.crt";
constexpr std::size_t most_hashed_files = 64;

/// Files are looked for beside the configuration while it is imported.
fs::path beside(const Draft& draft, const std::string& name) {
  const fs::path path = path_from_text(name);
  return path.is_relative() ? draft.file.parent_path() / path : path;
}

void add_folder(const Draft& draft, std::vector<std::string>& files) {
  const StunnelLine& line = *draft.ca_path->line;
  std::string folder = draft.ca_path->value;
  while (folder.size() > 1 && folder.ends_with('/')) {
    folder.pop_back();
  }
  if (draft.chroot.empty() && folder == system_folder) {
    files.emplace_back(system_bundle);
    draft.remark(line, Fate::changed,
                 fmt::format("{} has the CAs of this folder in one file", system_bundle));
    return;
  }
  folder = folder.starts_with('/') ? draft.chroot + folder : folder;
  const auto found = draft.surroundings.files_of(beside(draft, folder));
  std::vector<std::string> hashed;
  for (const fs::path& file : found ? *found : std::vector<fs::path>()) {
    const std::string name = path_text(file.filename());
    const bool is_hashed = name.size() > 9 && name[8] == '.' &&
                           std::all_of(name.begin() + 9, name.end(), is_digit) &&
                           std::all_of(name.begin(), name.begin() + 8, is_letter_or_digit);
    if (is_hashed) {
      hashed.push_back(fmt::format("{}/{}", folder, name));
    }
  }
  if (hashed.empty() || hashed.size() > most_hashed_files) {
    draft.to_do(line, fmt::format("CA certificates are read from files: cat {}/*.0 >TODO-ca.pem, say",
                                  shell_word(folder)));
    return;
  }
  files.insert(files.end(), hashed.begin(), hashed.end());
  draft.remark(line, Fate::changed, "each file that is there now is named; one that comes later is not read");
}

}  // namespace

// Who had a pre-shared key was somebody: now a certificate has to show that.
bool has_clients_checked(const Draft& draft) {
  return draft.checks.chain || draft.checks.itself || draft.psk;
}

void add_pins(const Draft& draft, Block& block, std::string_view key, std::string_view whose) {
  const StunnelLine& line = draft.ca_file ? *draft.ca_file->line : draft.section.header;
  const auto pins = draft.ca_file ? draft.surroundings.pins_in(beside(draft, draft.ca_file->value))
                                  : std::vector<std::string>();
  if (pins.empty()) {
    block.add(key, flow(std::vector{std::string(nobodys_pin)}),
              fmt::format("of the {} own certificate: persona pki show FILE", whose));
    draft.to_do(line,
                fmt::format("pins of the {} own certificate, which persona pki show prints, are still to be "
                            "written in place of one that nobody has",
                            whose));
  } else {
    block.add(key, flow(pins));
    draft.remark(line, Fate::changed,
                 "the keys of its certificates are pinned, and each has to be valid and signed by one in "
                 "trust.ca (or in it itself)");
  }
}

std::string identity(const Draft& draft) {
  Block block;
  std::string certificate = draft.certificate;
  std::string key = draft.private_key;
  const bool is_on_token = (key.empty() ? certificate : key).starts_with("pkcs11:");
  if (is_on_token) {
    key = key.empty() ? certificate : key;
    if (draft.engine_pin && key.find('?') == std::string::npos) {
      key += "?pin-source=file:TODO-pin";
      draft.to_do(*draft.engine_pin->line, "the PIN goes into the file TODO-pin, which nobody else can read");
    }
    if (key.find("pin-value=") != std::string::npos) {
      key = key.substr(0, key.find('?')) + "?pin-source=file:TODO-pin";
      draft.to_do(draft.section.header, "the PIN in the URI of its key goes into the file TODO-pin");
    }
  }
  if (certificate.empty()) {
    draft.to_do(draft.section.header,
                draft.is_client ? "this end has no certificate: persona proves who it is at each end; "
                                  "persona pki issue client NAME makes one"
                                : "this end has no certificate: persona pki issue server NAME makes one");
    block.add("certificate", "TODO-certificate.pem", "this end's own");
    block.add("private_key", "TODO-private-key.pem");
  } else {
    block.add("certificate", scalar(certificate));
    if (!key.empty() && (is_on_token || key != certificate)) {
      block.add("private_key", scalar(key));
    }
  }
  return block.under("identity");
}

std::string trust(const Draft& draft) {
  if (!draft.is_client && !has_clients_checked(draft)) {
    return {};
  }
  Block block;
  std::vector<std::string> files;
  if (draft.ca_file) {
    files.push_back(draft.ca_file->value);
  }
  if (draft.ca_path) {
    add_folder(draft, files);
  }
  if (files.empty()) {
    if (!draft.ca_path) {
      draft.to_do(draft.section.header, draft.is_client
                                            ? "there is no CAfile, so nothing says whom to trust: write the "
                                              "gateway's CA in trust.ca"
                                            : "there is no CAfile: write the clients' CA in trust.ca");
    }
    block.add(
        "ca", "TODO-ca.pem",
        draft.is_client ? "the CA of the gateway's certificate" : "the CA of the clients' certificates");
  } else {
    block.add("ca", one_or_list(files));
  }
  if (draft.crl_file) {
    block.add("crl", scalar(draft.crl_file->value));
  } else if (draft.crl_path) {
    draft.to_do(*draft.crl_path->line,
                "CRLs are read from files: name them in trust.crl in place of TODO-ca.crl");
    block.add(
        "crl", "TODO-ca.crl",
        fmt::format("the CRLs of {}{}", draft.crl_path->value.starts_with('/') ? printable(draft.chroot) : "",
                    printable(draft.crl_path->value)));
  }
  return block.under("trust");
}

}  // namespace persona::importing::sections
