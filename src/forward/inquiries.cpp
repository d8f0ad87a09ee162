#include "persona/forward/inquiries.hpp"

#include <utility>

namespace persona::forward {

bool Inquiries::begin(const Endpoint& gateway) {
  asked_ = true;
  const std::lock_guard lock(mutex_);
  return answers_.try_emplace(gateway.to_string()).second;
}

void Inquiries::answered(const Endpoint& gateway, std::string sentence) {
  const std::lock_guard lock(mutex_);
  answers_[gateway.to_string()] = std::move(sentence);
}

void Inquiries::verified(const Endpoint& gateway) {
  if (asked_) {
    answered(gateway, "");
  }
}

std::string Inquiries::answer(const Endpoint& gateway) const {
  const std::lock_guard lock(mutex_);
  const auto found = answers_.find(gateway.to_string());
  return found != answers_.end() ? found->second : "";
}

}  // namespace persona::forward
