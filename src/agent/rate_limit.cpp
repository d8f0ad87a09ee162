#include "persona/agent/rate_limit.hpp"

#include <algorithm>

namespace persona::agent {

RateLimit::Verdict RateLimit::take(net::UserId user, unsigned per_second, Milliseconds now) {
  constexpr std::uint64_t one = 1000;
  constexpr std::uint64_t most_milliseconds = 1000;  // a bucket is full by then
  const std::uint64_t full = one * per_second;
  const auto [found, is_new] = buckets_.try_emplace(user, Bucket{full, now});
  Bucket& bucket = found->second;
  const auto passed = static_cast<std::uint64_t>(std::max(now - bucket.filled, Milliseconds(0)).count());
  bucket.thousandths = std::min(full, bucket.thousandths + std::min(passed, most_milliseconds) * per_second);
  bucket.filled = std::max(bucket.filled, now);
  if (bucket.thousandths >= one) {
    bucket.thousandths -= one;
    bucket.refusing = false;
    return Verdict::granted;
  }
  const bool is_first = !bucket.refusing;
  bucket.refusing = true;
  return is_first ? Verdict::first_refused : Verdict::refused;
}

}  // namespace persona::agent
