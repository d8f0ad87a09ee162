// When to warn that certificates and CRLs expire.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <tuple>
#include <vector>

#include "persona/base/duration.hpp"
#include "persona/forward/expiry.hpp"
#include "persona/forward/service.hpp"
#include "persona/net/loop.hpp"
#include "persona/net/timer.hpp"

namespace persona::reload {

using forward::Expiry;

/// "certificate expires in 6 days (2026-12-03): CN=client"; a day or less is given in hours.
std::string expiry_sentence(const Expiry& expiry, x509::TimePoint now);

/// Remembers which warnings were given: for each certificate at 30, 7 and 1 days, then every hour; for each
/// CRL the same from Expiry::notice on. Not thread-safe.
class ExpiryNotices {
 public:
  /// Those of `expiries` to warn about now. A certificate that is no longer among them is forgotten.
  std::vector<Expiry> due(const std::vector<Expiry>& expiries, x509::TimePoint now);

 private:
  using Key = std::tuple<Expiry::Role, std::string, x509::TimePoint>;
  struct Told {
    std::int64_t days = 0;  // the last threshold reached
    x509::TimePoint when;   // time of the last warning
  };
  std::map<Key, Told> told_;
};

/// Warns in the service's log of certificates and CRLs that expire, on look() and then every hour; hourly
/// also of files on disk that are newer than what is in use. On the main loop; must be destroyed before that
/// can end.
class ExpiryWatch {
 public:
  static constexpr Milliseconds interval = std::chrono::hours(1);
  using Clock = std::function<x509::TimePoint()>;

  ExpiryWatch(net::Loop& loop, std::shared_ptr<forward::Service> service, Clock clock = &x509::now);

  /// Warns now, and again every hour.
  void look();

 private:
  void tell();

  std::shared_ptr<forward::Service> service_;
  Clock clock_;
  ExpiryNotices notices_;
  net::HandlePtr<net::Timer> timer_;
};

}  // namespace persona::reload
