#include "hosted_service.hpp"

#include <utility>

#include "reload.hpp"

namespace persona::cli {

namespace {

/// Null without `log.audit`.
Result<std::shared_ptr<log::Logger>> open_audit(const Prepared& service) {
  if (service.config.audit_file.empty()) {
    return std::shared_ptr<log::Logger>();
  }
  log::Settings settings = service.config.log;
  settings.file = service.config.audit_file;
  settings.level = log::Level::info;  // whatever the log's is
  auto logger = log::Logger::open(service.config.name, settings);
  if (!logger && logger.error().kind == ErrorKind::configuration) {
    logger.error().message =
        service.report.sentence({config::Diagnostic::Severity::error, service.config.audit_file_mark, 1,
                                 "log.audit: " + logger.error().message});
  }
  return logger;
}

}  // namespace

Result<std::shared_ptr<log::Logger>> open_log(const std::string& name, const Prepared& service) {
  auto logger = log::Logger::open(name, service.config.log);
  if (!logger && logger.error().kind == ErrorKind::configuration) {
    logger.error().message = service.report.sentence(
        {config::Diagnostic::Severity::error, service.config.log_file_mark, 1, logger.error().message});
  }
  return logger;
}

Result<OpenedService> open_service(Prepared prepared) {
  auto logger = open_log(prepared.config.name, prepared);
  if (!logger) {
    return tl::unexpected(logger.error());
  }
  auto audit = open_audit(prepared);
  if (!audit) {
    return tl::unexpected(audit.error());
  }
  std::filesystem::path file = prepared.config.file;
  reload::Loaded loaded = to_loaded(std::move(prepared));
  auto service = forward::Service::create(std::move(*loaded.material), *logger, std::move(*audit));
  if (!service) {
    return tl::unexpected(service.error());
  }
  return OpenedService{std::move(file), std::move(*service), std::move(loaded.files),
                       std::move(loaded.warnings)};
}

void tell(log::Logger& logger, const forward::ListenChange& change) {
  for (const Endpoint& address : change.opened) {
    logger.info("listening", {{"address", address.to_string()}});
  }
  for (const Endpoint& address : change.closed) {
    logger.info("no longer listening", {{"address", address.to_string()}});
  }
}

HostedService::HostedService(forward::Runtime& runtime, OpenedService opened, const Overrides& overrides,
                             std::function<bool()> held, std::function<void(const forward::Service&)> applied)
    : file_(std::move(opened.file)),
      service_(std::move(opened.service)),
      expiry_(std::make_unique<reload::ExpiryWatch>(runtime.loop(), service_)) {
  const auto listen = [&runtime, service = service_,
                       held = std::move(held)](const forward::ListenPlan& plan) -> Result<bool> {
    if (held()) {
      service->logger().debug(
          "another process is taking over: `listen` stays as it is until that is decided");
      return false;
    }
    const auto change = runtime.listen(service, plan);
    if (!change) {
      return tl::unexpected(change.error());
    }
    tell(service->logger(), *change);
    return true;
  };
  const auto reloaded = [&runtime, service = service_, watch = expiry_.get(), applied = std::move(applied)] {
    applied(*service);
    runtime.cut_revoked(service);
    watch->look();
  };
  reloader_ = std::make_unique<reload::Reloader>(
      runtime.loop(), runtime.pool(), runtime.resolver(), service_,
      [file = file_, overrides] { return to_loaded(prepare(file, overrides)); }, std::move(opened.files),
      listen, reloaded);
}

void HostedService::start() {
  reloader_->start();
  expiry_->look();
}

void HostedService::svids_came() {
  if (service_->current()->config().identity.spiffe) {
    reloader_->pushed();
  }
}

}  // namespace persona::cli
