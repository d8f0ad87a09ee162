// What no system but Windows has is an error where it is named.
#include <doctest/doctest.h>

#include "cli/prepare.hpp"
#include "support.hpp"

TEST_CASE("certificate stores are refused, with what to name instead") {
  const support::ConfigFolder folder;
  const auto prepared =
      persona::cli::prepare(folder.write("service.yaml",
                                         "listen: 127.0.0.1:5432\ngateway: db.example.com:5433\n"
                                         "identity: {windows_store: LocalMachine\\My, subject: app}\n"
                                         "trust: {windows_store: Root}\n"));
  const std::string found = prepared.report.render();
  CHECK(found.find("service.yaml:3:27: identity.windows_store: only Windows has certificate stores; on this "
                   "system name files in identity.certificate and identity.private_key") !=
        std::string::npos);
  CHECK(found.find(
            "service.yaml:4:24: trust.windows_store: only Windows has certificate stores; on this system "
            "name files in trust.ca") != std::string::npos);
  CHECK_MESSAGE(prepared.report.diagnostics().size() == 2, found);
}
