#include "persona/reload/expiry_watch.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <utility>

namespace persona::reload {

namespace {

using x509::TimePoint;

constexpr std::array<std::int64_t, 3> thresholds = {1, 7, 30};  // days
constexpr auto hourly = std::chrono::minutes(59);  // a timer may be a little early by the wall clock

std::string_view noun(Expiry::Role role) {
  switch (role) {
    case Expiry::Role::leaf:
      return "certificate";
    case Expiry::Role::intermediate:
      return "intermediate certificate";
    case Expiry::Role::ca:
      return "CA certificate";
    case Expiry::Role::gateway:
      return "the gateway's certificate";
    case Expiry::Role::crl:
      return "revocation list";
  }
  return {};
}

}  // namespace

std::string expiry_sentence(const Expiry& expiry, TimePoint now) {
  const bool over = expiry.not_after < now;
  const std::string span = x509::span_in_words(over ? now - expiry.not_after : expiry.not_after - now);
  std::string sentence =
      fmt::format("{} {} ({}): {}", noun(expiry.role),
                  over ? fmt::format("expired {} ago", span) : fmt::format("expires in {}", span),
                  x509::format_date(expiry.not_after), expiry.name);
  if (expiry.role == Expiry::Role::crl) {
    sentence += "; trust.crl needs the next one";
  }
  return sentence;
}

std::vector<Expiry> ExpiryNotices::due(const std::vector<Expiry>& expiries, TimePoint now) {
  std::map<Key, Told> told;
  std::vector<Expiry> result;
  for (const Expiry& expiry : expiries) {
    const auto left = expiry.not_after - now;
    const auto reached = std::find_if(thresholds.begin(), thresholds.end(),
                                      [&](std::int64_t days) { return left <= std::chrono::days(days); });
    if (reached == thresholds.end() || left > expiry.notice) {
      continue;
    }
    const Key key{expiry.role, expiry.name, expiry.not_after};
    if (told.contains(key)) {
      continue;  // listed twice
    }
    const auto before = told_.find(key);
    const bool is_due = before == told_.end() || *reached < before->second.days ||
                        (*reached == thresholds.front() && now - before->second.when >= hourly);
    if (is_due) {
      result.push_back(expiry);
    }
    told.emplace(key, is_due ? Told{*reached, now} : before->second);
  }
  told_ = std::move(told);
  return result;
}

ExpiryWatch::ExpiryWatch(net::Loop& loop, std::shared_ptr<forward::Service> service, Clock clock)
    : service_(std::move(service)), clock_(std::move(clock)), timer_(net::Timer::create(loop, nullptr)) {}

void ExpiryWatch::look() {
  tell();
  timer_->start(interval, [this] {
    const forward::ReloadStatus status = service_->reload_status();
    if (status.newer_on_disk) {
      service_->logger().warn(
          "the files on disk are newer than those in use",
          {{"why", status.last_successful
                       ? "reload.watch is off: reload by SIGHUP, on Windows by persona service reload"
                       : "the last reload was refused: " + status.last_error}});
    }
    look();
  });
}

void ExpiryWatch::tell() {
  const TimePoint now = clock_();
  for (const Expiry& expiry : notices_.due(service_->expiries(), now)) {
    service_->logger().warn(expiry_sentence(expiry, now),
                            {{"days_left", x509::days_between(now, expiry.not_after)}});
  }
}

}  // namespace persona::reload
