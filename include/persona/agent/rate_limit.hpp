// How often each user may have something signed.
#pragma once

#include <cstdint>
#include <unordered_map>

#include "persona/base/duration.hpp"
#include "persona/net/users.hpp"

namespace persona::agent {

/// A token bucket for each user that has asked, of one second's worth. It is asked for users that may ask
/// alone, so they are few. One thread.
class RateLimit {
 public:
  enum class Verdict {
    granted,
    refused,        ///< and so was the last one of this user
    first_refused,  ///< somebody should hear of it
  };

  Verdict take(net::UserId user, unsigned per_second, Milliseconds now);

 private:
  struct Bucket {
    std::uint64_t thousandths = 0;  // of a signature
    Milliseconds filled{0};
    bool refusing = false;
  };
  std::unordered_map<net::UserId, Bucket> buckets_;
};

}  // namespace persona::agent
