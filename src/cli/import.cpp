#include "import.hpp"

#include <algorithm>
#include <fstream>
#include <string>
#include <system_error>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "commands.hpp"
#include "persona/base/path_text.hpp"
#include "persona/importing/stunnel.hpp"
#include "persona/x509/certificate.hpp"
#include "persona/x509/file.hpp"

namespace persona::cli {

namespace {

namespace fs = std::filesystem;

constexpr std::size_t most_files_of_folder = 1'000;
constexpr std::size_t most_pins = 64;

constexpr const char* import_footer =
    "Example:\n"
    "  persona import stunnel /etc/stunnel/stunnel.conf --to /etc/persona\n"
    "  persona check --config /etc/persona";

constexpr const char* import_stunnel_footer =
    "One configuration for each [service], to standard output, each below a line \"# file: NAME.yaml\", or "
    "with\n"
    "--to into files. What is said of a line, on standard error, is one of:\n"
    "  left out     there is no such thing here, and something is missing without it\n"
    "  to do        the file has a TODO where only you know what belongs there; persona check then names a\n"
    "               file that is not there, or nobody is let in until it is done\n"
    "  changed      carried over, and does not mean quite the same\n"
    "  not needed   nothing is missing without it\n"
    "Who was kept out stays out: without CAfile there is nobody to trust until you say so, and whoever was\n"
    "checked in a way that there is not here is let in only when you have said how. The exceptions are "
    "among\n"
    "what is left out: OCSP (see trust.crl), and securityLevel above 2.\n"
    "docs/migrating.md has every option.\n"
    "\n"
    "Exit codes: 0 everything was carried over, 1 something was left out or is to do, 2 usage, a file that\n"
    "cannot be read, or one of --to that exists.";

class OnDisk final : public importing::Surroundings {
 public:
  Result<std::string> read(const fs::path& file) override {
    const auto content = x509::read_file(file, importing::largest_stunnel_file);
    if (!content) {
      return tl::unexpected(content.error());
    }
    return std::string(content->view());
  }

  Result<std::vector<fs::path>> files_of(const fs::path& folder) override {
    std::vector<fs::path> files;
    std::error_code error;
    for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
      std::error_code none;
      if (it->is_regular_file(none)) {
        files.push_back(it->path());
      }
      if (files.size() > most_files_of_folder) {
        return fail(ErrorKind::configuration, "{} has more than {} files", path_text(folder),
                    most_files_of_folder);
      }
    }
    if (error) {
      return fail(ErrorKind::configuration, "cannot read the folder {}: {}", path_text(folder),
                  error.message());
    }
    std::sort(files.begin(), files.end());
    return files;
  }

  std::vector<std::string> pins_in(const fs::path& file) override {
    x509::CertificateList list;
    std::vector<std::string> unreadable;
    const auto content = x509::read_file(file);
    if (!content || !list.append_readable_pem(content->view(), path_text(file), unreadable) ||
        list.size() > most_pins) {
      return {};
    }
    std::vector<std::string> pins;
    for (const x509::CertificateInfo& certificate : list.describe()) {
      if (std::find(pins.begin(), pins.end(), certificate.spki_pin) == pins.end()) {
        pins.push_back(certificate.spki_pin);
      }
    }
    return pins;
  }
};

bool is_there(const fs::path& file) {
  std::error_code error;
  return fs::symlink_status(file, error).type() != fs::file_type::not_found;
}

/// All or none, unless the disk is full.
Result<void> write_files(const fs::path& folder, const std::vector<importing::ImportedService>& services,
                         std::FILE* out) {
  std::error_code error;
  if (!is_there(folder) && !fs::create_directory(folder, error)) {
    return fail(ErrorKind::configuration, "cannot create {}: {}", path_text(folder), error.message());
  }
  std::vector<fs::path> files;
  for (const auto& service : services) {
    files.push_back(folder / path_from_text(service.name + ".yaml"));
    if (is_there(files.back())) {
      return fail(ErrorKind::configuration,
                  "{} exists, so nothing was written: move it away, or name another folder",
                  path_text(files.back()));
    }
  }
  for (std::size_t i = 0; i < files.size(); ++i) {
    std::ofstream file(files[i], std::ios::binary);
    file << services[i].yaml;
    file.close();
    if (!file) {
      return fail(ErrorKind::configuration, "cannot write {}: is the folder writable, and the disk not full?",
                  path_text(files[i]));
    }
    std::fprintf(out, "wrote %s\n", path_text(files[i]).c_str());
  }
  return {};
}

int complain_of_import(const Error& error, std::FILE* err) {
  std::fprintf(err, "persona: %s\n", error.message.c_str());
  return exit_usage;
}

}  // namespace

struct ImportCommand::Options {
  CLI::App* stunnel = nullptr;
  std::string file;
  std::string to;
  bool lists_options = false;
};

ImportCommand::ImportCommand(CLI::App& app)
    : CommandGroup(app, "import", "Make configurations from those of another program"),
      options_(std::make_unique<Options>()) {
  command().footer(import_footer);
  Options& options = *options_;
  options.stunnel = command().add_subcommand(
      "stunnel", "From a configuration of stunnel: one file for each of its services");
  options.stunnel
      ->add_option("FILE", options.file, "stunnel's configuration, such as /etc/stunnel/stunnel.conf")
      ->type_name("");
  options.stunnel
      ->add_option("--to", options.to, "The folder to write to; what exists there is not overwritten")
      ->type_name("DIR");
  options.stunnel->add_flag("--options", options.lists_options,
                            "Print what becomes of each option of stunnel, as a table in Markdown, and end");
  options.stunnel->footer(import_stunnel_footer);
}

ImportCommand::~ImportCommand() = default;

int ImportCommand::run(std::FILE* out, std::FILE* err) const {
  if (options_->lists_options) {
    std::fputs(importing::stunnel_options_in_markdown().c_str(), out);
    return exit_done;
  }
  if (options_->file.empty()) {
    return complain_of_import({ErrorKind::configuration, "FILE is required: a configuration of stunnel"},
                              err);
  }
  OnDisk disk;
  const auto imported = importing::import_stunnel(path_from_text(options_->file), disk);
  if (!imported) {
    return complain_of_import(imported.error(), err);
  }
  if (!options_->to.empty()) {
    if (auto written = write_files(path_from_text(options_->to), imported->services, out); !written) {
      return complain_of_import(written.error(), err);
    }
  } else {
    const char* gap = "";
    for (const auto& service : imported->services) {
      std::fprintf(out, "%s# file: %s.yaml\n%s", gap, service.name.c_str(), service.yaml.c_str());
      gap = "\n";
    }
  }
  for (const importing::Remark& remark : imported->remarks) {
    std::fprintf(err, "%s:%zu: %s: %s\n", path_text(remark.file).c_str(), remark.line,
                 std::string(to_string(remark.fate)).c_str(), remark.sentence.c_str());
  }
  return imported->is_complete() ? exit_done : exit_failure;
}

}  // namespace persona::cli
