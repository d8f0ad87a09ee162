#include "persona/identity/identity.hpp"

#include <mbedtls/x509_crt.h>

#include "file.hpp"
#include "secret.hpp"
#include "words.hpp"

namespace persona::identity {

namespace {

using Part = LoadError::Part;

void check_validity(const CertificateList& list, Part part, std::size_t index, std::string_view kind,
                    std::vector<LoadError>& errors) {
  const TimePoint at = now();
  for (const mbedtls_x509_crt* certificate = list.get(); certificate != nullptr;
       certificate = certificate->next) {
    if (const auto problem = validity_problem(*certificate, at)) {
      errors.push_back({part, index, fmt::format("{} {}: {}", kind, *problem, display_name(*certificate))});
    }
  }
}

/// The file's content, or nothing and one more error.
std::optional<Secret> read(const std::filesystem::path& path, Part part, std::size_t index,
                           std::vector<LoadError>& errors) {
  auto content = read_file(path);
  if (!content) {
    errors.push_back({part, index, content.error().message});
    return std::nullopt;
  }
  return std::move(*content);
}

}  // namespace

tl::expected<std::shared_ptr<const Trust>, std::vector<LoadError>> Trust::load(
    const std::vector<std::filesystem::path>& files) {
  std::vector<LoadError> errors;
  const auto trust = std::make_shared<Trust>();
  for (std::size_t index = 0; index < files.size(); ++index) {
    const auto text = read(files[index], Part::ca, index, errors);
    if (!text) {
      continue;
    }
    CertificateList list;  // for this file alone, so that its index goes with what is wrong in it
    if (const auto appended = list.append_pem(text->view(), files[index].string()); !appended) {
      errors.push_back({Part::ca, index, appended.error().message});
      continue;
    }
    check_validity(list, Part::ca, index, "CA certificate", errors);
    if (const auto appended = trust->roots_.append_pem(text->view(), files[index].string()); !appended) {
      errors.push_back({Part::ca, index, appended.error().message});
    }
  }
  if (!errors.empty()) {
    return tl::unexpected(std::move(errors));
  }
  return trust;
}

tl::expected<std::shared_ptr<const Trust>, std::vector<LoadError>> Trust::from_pem(std::string_view pem) {
  std::vector<LoadError> errors;
  const auto trust = std::make_shared<Trust>();
  if (const auto appended = trust->roots_.append_pem(pem, "the CA text"); !appended) {
    errors.push_back({Part::ca, 0, appended.error().message});
  }
  check_validity(trust->roots_, Part::ca, 0, "CA certificate", errors);
  if (!errors.empty()) {
    return tl::unexpected(std::move(errors));
  }
  return trust;
}

}  // namespace persona::identity
