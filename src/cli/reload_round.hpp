// One order to reload, which several services carry out.
#pragma once

#include <string>

#include "supervisor.hpp"

namespace persona::cli {

/// Tells the supervisor that it began, and when the last part of it holds it no longer (has ended, or is not
/// done any more) that it is over.
class ReloadRound {
 public:
  explicit ReloadRound(Supervisor& supervisor) : supervisor_(supervisor) { supervisor_.reloading(); }
  ~ReloadRound() { supervisor_.reloaded(refusal_); }
  ReloadRound(const ReloadRound&) = delete;
  ReloadRound& operator=(const ReloadRound&) = delete;

  /// A part of it is refused, and why; the first one is told.
  void refused(const std::string& why) {
    if (refusal_.empty()) {
      refusal_ = why;
    }
  }

 private:
  Supervisor& supervisor_;
  std::string refusal_;
};

}  // namespace persona::cli
