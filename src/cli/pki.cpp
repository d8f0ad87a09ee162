// persona pki: a small certificate authority in a folder, and certificates in words.
#include "pki.hpp"

#include <optional>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "commands.hpp"
#include "persona/base/path_text.hpp"
#include "persona/identity/authority_folder.hpp"
#include "persona/identity/show.hpp"

namespace persona::cli {

namespace {

using identity::AuthorityFolder;
using identity::Profile;
using identity::Report;

constexpr unsigned most_years = 50;
constexpr unsigned most_days = 36'500;

constexpr const char* pki_help =
    "A certificate authority (CA) in a folder, for tunnels of your own; and what a\n"
    "certificate, key or CRL says, in words";

constexpr const char* pki_footer =
    "A tunnel's certificates:\n"
    "  persona pki init --name \"Example CA\"\n"
    "  persona pki issue server db --dns db.example.com\n"
    "  persona pki issue client reports\n"
    "\n"
    "The folder (--dir, ./pki by default):\n"
    "  ca/ca.crt, ca/ca.key, ca/ca.crl   the CA; whoever has ca.key can issue certificates\n"
    "  ca/issued.json                    what was issued and revoked, one line each\n"
    "  issued/NAME/certificate.pem       these three are called as in a configuration:\n"
    "  issued/NAME/private_key.pem       identity.certificate, identity.private_key,\n"
    "  issued/NAME/ca.pem                trust.ca\n"
    "\n"
    "Private keys have mode 0600, are never printed and not encrypted: persona writes no\n"
    "encrypted keys. ca.key may be encrypted afterwards (openssl pkcs8 -topk8 -v2 aes-256-cbc);\n"
    "then give --password-file to every command that signs.\n"
    "\n"
    "Exit codes: 0 done, 1 a file or the system failed, 2 usage, or something would be overwritten.";

constexpr const char* init_footer =
    "Profiles      CA        certificates  CRL       each is valid for\n"
    "  development 1 year    30 days       365 days  clients and servers\n"
    "  testing     1 year    7 days        30 days   what it was issued for\n"
    "  production  10 years  90 days       30 days   what it was issued for\n"
    "production warns of wildcards and of names of the local machine, and each profile of what is valid\n"
    "for longer than usual (certificates: 398, 90 and 398 days; CA: 2, 5 and 20 years).\n"
    "\n"
    "Examples:\n"
    "  persona pki init --name \"Example CA\" --years 5\n"
    "  persona pki init --dir test-pki --profile testing --permit-dns example.com";

constexpr const char* issue_footer =
    "A server needs the names or addresses that its clients dial; without --dns and --ip it is\n"
    "NAME itself. A client is called NAME in the gateway's log and rules.\n"
    "\n"
    "Examples:\n"
    "  persona pki issue server db --dns db.example.com --dns db --ip 10.0.0.5\n"
    "  persona pki issue client reports --uri spiffe://example.org/reports --days 30";

constexpr const char* renew_footer =
    "The old certificate stays valid until it expires; its files are kept as *.previous.pem. Without\n"
    "--keep-key there is a new private key, and pins of the old one no longer match.\n"
    "\n"
    "Examples:\n"
    "  persona pki renew db\n"
    "  persona pki renew db --keep-key --days 90";

constexpr const char* revoke_footer =
    "A NAME revokes every certificate of that name that has not expired. The new CRL, ca/ca.crl, has\n"
    "to be copied to everyone who verifies (trust.crl).\n"
    "\n"
    "Examples:\n"
    "  persona pki revoke reports --reason keyCompromise\n"
    "  persona pki revoke 5B:39:C0:11:92:EF:0A:72:5D:30:0B:9C:AC:6F:01:4E --reason superseded";

constexpr const char* show_footer =
    "PEM and DER. For a private key, its kind and the pin of its public half are shown, never the key.\n"
    "\n"
    "Examples:\n"
    "  persona pki show pki/issued/db/certificate.pem\n"
    "  persona pki show pki/ca/ca.crt pki/ca/ca.crl";

void add_many(CLI::App* command, const std::string& option, std::vector<std::string>& values,
              const std::string& help) {
  // One value for each: what follows is a NAME.
  command->add_option(option, values, help + "; may be repeated")
      ->expected(1)
      ->allow_extra_args(false)
      ->take_all();
}

int print(const Result<Report>& result, std::FILE* out, std::FILE* err) {
  if (!result) {
    std::fprintf(err, "persona: %s\n", result.error().message.c_str());
    return result.error().kind == ErrorKind::configuration ? exit_usage : exit_failure;
  }
  for (const std::string& line : result->done) {
    std::fprintf(out, "%s\n", line.c_str());
  }
  for (const std::string& warning : result->warnings) {
    std::fprintf(err, "persona: warning: %s\n", warning.c_str());
  }
  return exit_done;
}

}  // namespace

struct PkiCommand::Options {
  CLI::App* pki = nullptr;
  CLI::App* init = nullptr;
  CLI::App* issue = nullptr;
  CLI::App* renew = nullptr;
  CLI::App* revoke = nullptr;
  CLI::App* crl = nullptr;
  CLI::App* list = nullptr;
  CLI::App* show = nullptr;

  std::string folder = "pki";
  std::string password_file;
  std::string profile = "production";
  std::string usage;
  std::string reason = "unspecified";
  std::optional<unsigned> days;
  identity::InitRequest init_request;
  identity::LeafRequest leaf;
  bool keep_key = false;
  std::vector<std::string> files;

  void add_folder(CLI::App* command) {
    command->add_option("--dir", folder, "The folder of the CA")->type_name("DIR")->capture_default_str();
  }
  void add_password(CLI::App* command, const std::string& help) {
    command->add_option("--password-file", password_file, help)->type_name("FILE");
  }
  void add_signing(CLI::App* command) {
    add_folder(command);
    add_password(command, "Holds the password of a ca.key that you have encrypted");
  }
  void add_days(CLI::App* command, const std::string& help) {
    command->add_option("--days", days, help)->check(CLI::Range(1U, most_days))->type_name("N");
  }
  void add_name(CLI::App* command, const std::string& help) {
    command->add_option("NAME", leaf.name, help)->required();
  }

  void declare_init();
  void declare_leaves();
  void declare_lists();
  std::optional<std::filesystem::path> password_path() const {
    return password_file.empty() ? std::nullopt : std::optional(path_from_text(password_file));
  }
  AuthorityFolder authority() const { return AuthorityFolder(path_from_text(folder), password_path()); }
  int show_files(std::FILE* out, std::FILE* err) const;
};

void PkiCommand::Options::declare_init() {
  init = pki->add_subcommand("init", "Make a CA");
  add_folder(init);
  init->add_option("--name", init_request.name, "The name of the CA; by default after its profile");
  init->add_option("--years", init_request.years, "How long it is valid; by default as its profile says")
      ->check(CLI::Range(1U, most_years))
      ->type_name("N");
  init->add_option("--profile", profile, "development, testing or production: see below")
      ->check(CLI::IsMember({"development", "testing", "production"}))
      ->type_name("PROFILE")
      ->capture_default_str();
  add_many(init, "--permit-dns", init_request.permitted_dns_names,
           "A domain: host names outside it are refused by everyone who verifies (name constraints)");
  init->add_flag("--force", init_request.force, "Set aside an existing CA, with everything it has issued");
  init->footer(init_footer);
}

void PkiCommand::Options::declare_leaves() {
  issue = pki->add_subcommand("issue", "Issue a certificate with a new private key");
  issue->add_option("USAGE", usage, "client or server")
      ->required()
      ->check(CLI::IsMember({"client", "server"}))
      ->type_name("");
  add_name(issue, "What it is for; names the folder, and a client");
  add_many(issue, "--dns", leaf.dns_names, "A host name, or a wildcard such as *.example.com");
  add_many(issue, "--ip", leaf.ip_addresses, "An IP address");
  add_many(issue, "--uri", leaf.uris, "A URI, such as a SPIFFE ID");
  add_days(issue, "How long it is valid; by default as the profile says, and never longer than the CA");
  add_signing(issue);
  issue->add_flag("--force", leaf.force, "Replace the certificate and key that NAME has");
  issue->footer(issue_footer);

  renew = pki->add_subcommand("renew", "Issue a certificate with the same names again");
  add_name(renew, "As it was issued");
  add_days(renew, "How long it is valid; by default as many days as before");
  renew->add_flag("--keep-key", keep_key, "Keep the private key, so that pins still match");
  add_signing(renew);
  renew->footer(renew_footer);

  revoke = pki->add_subcommand("revoke", "Revoke a certificate, and write a new CRL");
  revoke->add_option("NAME|SERIAL", leaf.name, "Whose certificates, or which one")->required();
  revoke->add_option("--reason", reason, "Why")
      ->check(CLI::IsMember({"unspecified", "keyCompromise", "affiliationChanged", "superseded",
                             "cessationOfOperation", "privilegeWithdrawn"}))
      ->type_name("REASON")
      ->capture_default_str();
  add_signing(revoke);
  revoke->footer(revoke_footer);
}

void PkiCommand::Options::declare_lists() {
  crl = pki->add_subcommand("crl", "Write a new CRL before the last one expires");
  add_days(crl, "How long it is valid; by default as the profile says");
  add_signing(crl);

  list = pki->add_subcommand("list", "What was issued and revoked, as a table");
  add_folder(list);

  show = pki->add_subcommand("show", "Show what is in files: certificates, chains, keys, CRLs, PKCS#12");
  show->add_option("FILE", files, "One or several files")->required();
  add_password(show, "Holds the password of an encrypted key or PKCS#12 file");
  show->footer(show_footer);
}

int PkiCommand::Options::show_files(std::FILE* out, std::FILE* err) const {
  int code = exit_done;
  for (const std::string& file : files) {
    const auto text = identity::show_file(path_from_text(file), password_path());
    if (text) {
      std::fputs(text->c_str(), out);
    } else {
      std::fprintf(err, "persona: %s\n", text.error().message.c_str());
      code = exit_usage;
    }
  }
  return code;
}

PkiCommand::PkiCommand(CLI::App& app)
    : CommandGroup(app, "pki", pki_help), options_(std::make_unique<Options>()) {
  options_->pki = &command();
  command().footer(pki_footer);
  options_->declare_init();
  options_->declare_leaves();
  options_->declare_lists();
}

PkiCommand::~PkiCommand() = default;

int PkiCommand::run(std::FILE* out, std::FILE* err) const {
  Options& options = *options_;
  if (options.show->parsed()) {
    return options.show_files(out, err);
  }
  const AuthorityFolder authority = options.authority();
  if (options.init->parsed()) {
    options.init_request.profile = identity::parse_profile(options.profile).value_or(Profile::production);
    return print(authority.init(options.init_request), out, err);
  }
  if (options.issue->parsed()) {
    options.leaf.usage = options.usage == "server" ? identity::IssueRequest::Usage::server
                                                   : identity::IssueRequest::Usage::client;
    options.leaf.days = options.days;
    return print(authority.issue(options.leaf), out, err);
  }
  if (options.renew->parsed()) {
    return print(authority.renew({options.leaf.name, options.days, options.keep_key}), out, err);
  }
  if (options.revoke->parsed()) {
    const auto why = identity::parse_reason(options.reason);
    return print(authority.revoke(options.leaf.name, why.value_or(identity::RevocationReason::unspecified)),
                 out, err);
  }
  if (options.crl->parsed()) {
    return print(authority.renew_crl(options.days), out, err);
  }
  return options.list->parsed() ? print(authority.list(), out, err) : exit_usage;
}

}  // namespace persona::cli
