#include "persona/forward/failure_log.hpp"

#include <utility>

namespace persona::forward {

void FailureLog::report(const std::string& sentence, log::Fields fields, Milliseconds now) {
  {
    const std::lock_guard lock(mutex_);
    auto found = entries_.find(sentence);
    if (found != entries_.end() && now - found->second.logged < window) {
      ++found->second.suppressed;
      return;
    }
    if (found == entries_.end()) {
      if (entries_.size() >= most_sentences) {
        entries_.clear();  // at worst some sentences are logged again too early
      }
      found = entries_.emplace(sentence, Entry{}).first;
    }
    if (found->second.suppressed > 0) {
      fields.emplace_back("suppressed", found->second.suppressed);
    }
    found->second = Entry{now, 0};
  }
  logger_->warn(sentence, fields);
}

}  // namespace persona::forward
