#include "persona/forward/service.hpp"

#include <algorithm>
#include <utility>

namespace persona::forward {

Result<std::shared_ptr<Service>> Service::create(Material material, std::shared_ptr<log::Logger> logger,
                                                 std::shared_ptr<log::Logger> audit) {
  auto first = Generation::create(std::move(material), nullptr);
  if (!first) {
    return tl::unexpected(first.error());
  }
  return std::shared_ptr<Service>(new Service(std::move(*first), std::move(logger), std::move(audit)));
}

Service::Service(std::shared_ptr<const Generation> first, std::shared_ptr<log::Logger> logger,
                 std::shared_ptr<log::Logger> audit)
    : name_(first->config().name),
      mode_(first->config().mode),
      logger_(std::move(logger)),
      audit_(std::move(audit)),
      failures_(logger_),
      current_(std::move(first)) {
  reload_status_.last_success = x509::now();
}

void Service::reopen_logs() const {
  logger_->reopen();
  if (audit_) {
    audit_->reopen();
  }
}

std::shared_ptr<const Generation> Service::current() const {
  const std::lock_guard lock(mutex_);
  return current_;
}

void Service::replace(std::shared_ptr<const Generation> next) {
  const std::lock_guard lock(mutex_);
  std::erase_if(gateways_, [&](const auto& seen) {
    const auto& targets = next->targets().endpoints();
    return std::none_of(targets.begin(), targets.end(),
                        [&](const Endpoint& target) { return target.to_string() == seen.first; });
  });
  current_.swap(next);  // the old one, now in the parameter, is freed after the lock is released
}

ReloadStatus Service::reload_status() const {
  const std::lock_guard lock(mutex_);
  return reload_status_;
}

void Service::set_reload_status(ReloadStatus status) {
  const std::lock_guard lock(mutex_);
  reload_status_ = std::move(status);
}

void Service::saw_gateway(const Endpoint& target, Expiry leaf) {
  std::string key = target.to_string();
  const std::lock_guard lock(mutex_);
  gateways_.insert_or_assign(std::move(key), std::move(leaf));
}

void Service::saw_oddities(const std::vector<trust::Oddity>& oddities, std::uint64_t connection) {
  constexpr std::size_t most_told = 256;  // certificates that we trust may still be many
  for (const trust::Oddity& oddity : oddities) {
    bool is_new = false;
    {
      const std::lock_guard lock(mutex_);
      is_new = !told_oddities_.contains(oddity.sentence);
      if (is_new && told_oddities_.size() >= most_told) {
        told_oddities_.clear();  // at worst some are told again
      }
      told_oddities_.insert(oddity.sentence);
    }
    if (is_new) {
      logger_->warn(oddity.sentence, {{"id", connection}, {"verify_warning", oddity.word}});
    }
  }
}

std::vector<Expiry> Service::expiries() const {
  const std::lock_guard lock(mutex_);
  std::vector<Expiry> expiries = current_->expiries();
  for (const Endpoint& target : current_->targets().endpoints()) {
    if (const auto seen = gateways_.find(target.to_string()); seen != gateways_.end()) {
      expiries.push_back(seen->second);
    }
  }
  return expiries;
}

}  // namespace persona::forward
